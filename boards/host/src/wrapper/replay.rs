//! `replay`: plays what `record` kept.

use std::path::PathBuf;

use kws_engine::{Cost, Design, DesignError, Flow, Kind, Node, Port, Simple, Site, Stage, StageFault, node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::element::{Kept, OfAny, of_any};
use super::recall::{Extent, Recorded, read_port};
use super::recording::Files;

/// Replays a recording of `record`: the same blocks, at the same ticks, with the same gaps.
///
/// # Writes
/// What was recorded; the port, with its labels and its history, is the recorded edge's. Of a recording that was cut off, by
/// a power cut for instance, what is there is played, and a notice says how much. One whose files were edited so that they no
/// longer agree is refused.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "replay"
/// path = "recorded/mfcc"
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ReplayParams {
    /// Stem or any file of the recording, relative to the pipeline's folder.
    #[schemars(extend("format" = "path"))]
    path: PathBuf,
}

impl Kind for ReplayParams {
    const NAME: &'static str = "replay";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let files = Files::to_read(&site.path(&self.path));
        let port = read_port(&files.port()).map_err(|text| DesignError::of("path", text))?;
        // Whether all is there, and fits, is to be known before anything runs.
        let replayer = move |port: &Port| of_any(port.element, Replayer { port, files: &files });
        let (_, extent) = replayer(&port).map_err(|text| DesignError::of("path", text))?;
        if let Extent::Cut(blocks) = extent {
            let seconds = port.seconds(port.period * blocks as u64);
            let path = self.path.display();
            site.notice(format!(
                "the recording `{path}` was cut off: {blocks} blocks, {seconds:.1} s without gaps"
            ));
        }
        let output = Some(port.clone());
        Ok(Simple::boxed(output, Cost::default(), move || {
            replayer(&port).map(|(node, _)| node).map_err(StageFault::because)
        }))
    }
}

/// Makes the stage that replays a recording, and says how much there is of it.
struct Replayer<'a> {
    port: &'a Port,
    files: &'a Files,
}

impl OfAny for Replayer<'_> {
    type Done = Result<(Box<dyn Node>, Extent), String>;

    fn of<T: Kept>(self) -> Self::Done {
        let recorded = Recorded::<T>::open(self.port, self.files)?;
        let extent = recorded.extent();
        Ok((node(Replay { recorded, after_gap: None }), extent))
    }
}

struct Replay<T> {
    recorded: Recorded<T>,
    /// Tick of the block that follows the gap just reported.
    after_gap: Option<u64>,
}

impl<T: Kept> Stage for Replay<T> {
    type In = ();
    type Out = T;

    fn process(&mut self, (): (), block: &mut [T]) -> Result<Flow, StageFault> {
        if self.recorded.is_over() {
            return Ok(Flow::End);
        }
        let tick = match self.after_gap.take() {
            Some(tick) => tick,
            None => {
                let moment = self.recorded.moment().map_err(StageFault::because)?;
                if moment.lost > 0 {
                    self.after_gap = Some(moment.tick);
                    return Ok(Flow::Lost(moment.lost));
                }
                moment.tick
            }
        };
        self.recorded.block(block).map_err(StageFault::because)?;
        Ok(Flow::EmitAt(tick))
    }
}
