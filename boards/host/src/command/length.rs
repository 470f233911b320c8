//! How long a stream will be, where its sources know.

use std::path::Path;

use kws_engine::{Plan, PlannedStage};
use serde_json::Value;

use crate::audio::{Channel, Decoder};
use crate::source::listed;

/// Bytes of a sample of `raw`.
const SAMPLE: u64 = 2;

/// Seconds until the longest source ends; `None` where one cannot tell.
pub(crate) fn seconds(plan: &Plan) -> Option<f64> {
    let sources = (0..plan.stages.len()).filter(|&stage| plan.inputs(stage).next().is_none());
    let lengths: Option<Vec<f64>> = sources.map(|stage| of_source(&plan.stages[stage], &plan.dir)).collect();
    lengths?.into_iter().reduce(f64::max)
}

fn of_source(stage: &PlannedStage, dir: &Path) -> Option<f64> {
    let number = |key: &str| stage.params.get(key).and_then(Value::as_f64);
    let path = stage.params.get("path").and_then(Value::as_str)?;
    match stage.kind.as_str() {
        "audio_file" => {
            let once = Decoder::open(&dir.join(path), Channel::default()).ok()?.length()?;
            let plays = number("repeat").filter(|plays| *plays > 0.0)?;
            Some(plays * (once + number("tail_ms").unwrap_or(0.0) / 1000.0))
        }
        "raw" if path != "-" => {
            let about = std::fs::metadata(dir.join(path)).ok().filter(|about| about.is_file())?;
            Some((about.len() / SAMPLE) as f64 / number("rate")?)
        }
        "image_files" => {
            let count = listed(&dir.join(path)).ok()?.len() as f64;
            let plays = number("repeat").filter(|plays| *plays > 0.0)?;
            Some(plays * count * number("frames")? / number("fps")?)
        }
        _ => None,
    }
}
