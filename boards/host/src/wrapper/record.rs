//! `record`: keeps what passes by an edge.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use kws_engine::{
    Block, Cost, Design, DesignError, Effect, Flow, Kind, Node, Opened, Port, Simple, Site, Stage,
    StageFault, Trace, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::element::{Kept, OfAny, of_any};
use super::keep::Keeper;
use super::recall::Moment;
use super::recording::{Files, Layout};

/// Records any edge, so that `replay` can play it again: same blocks, same ticks, same gaps.
///
/// # Reads, writes
/// Any blocks, passed on unchanged.
///
/// # Files
/// `<path>.wav` for 16-bit samples, `<path>.jsonl` for events, `<path>.npy` (one row for each block) for all else;
/// `<path>.port.json` says what the blocks mean, `<path>.ticks.npy` holds each block's tick and the ticks lost before
/// it. A stage hears that there was a gap, not how long it was: what is lost is reckoned from the ticks around it,
/// and so where blocks are not evenly spaced it is the most that can have been. What has passed is on disk within half a
/// second: a run that is killed, or a power cut, leaves a shorter recording.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "record"
/// path = "recorded/mfcc"
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RecordParams {
    /// Common stem of the files, relative to the pipeline's folder; the folder must exist.
    #[schemars(extend("format" = "path"))]
    path: PathBuf,
}

impl Kind for RecordParams {
    const NAME: &'static str = "record";
    const TRACE: Trace = Trace::Unseen;
    const EFFECT: Effect = Effect::Keeps;
    const WHOLE_CLIPS: bool = true;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let port = site.inputs[0].clone();
        let layout = Layout::of(&port);
        let files =
            Files::to_write(&site.path(&self.path), layout).map_err(|text| DesignError::of("path", text))?;
        let folder = files.port();
        if let Some(folder) =
            folder.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir())
        {
            return Err(DesignError::of("path", format!("the folder `{}` does not exist", folder.display())));
        }
        Ok(Simple::boxed(Some(port.clone()), Cost::default(), move || {
            Ok(of_any(port.element, Recorder { port: &port, files: &files }))
        }))
    }
}

/// How long blocks may wait for the disk.
const SAVE: Duration = Duration::from_millis(500);

/// Makes the stage that records an edge.
struct Recorder<'a> {
    port: &'a Port,
    files: &'a Files,
}

impl OfAny for Recorder<'_> {
    type Done = Box<dyn Node>;

    fn of<T: Kept>(self) -> Box<dyn Node> {
        let (port, files) = (self.port.clone(), self.files.clone());
        node(Opened::once(move || {
            let keeper = Keeper::<T>::create(&port, &files).map_err(StageFault::because)?;
            Ok(Record { keeper, period: port.period, last: 0, gap: false, saved: Instant::now() })
        }))
    }
}

struct Record<T> {
    keeper: Keeper<T>,
    period: u64,
    /// Tick of the last block.
    last: u64,
    /// The engine reported a gap since then.
    gap: bool,
    /// When blocks and ticks were last saved.
    saved: Instant,
}

impl<T: Kept> Stage for Record<T> {
    type In = T;
    type Out = T;
    const ACTS: bool = true;

    fn process(&mut self, block: Block<'_, T>, output: &mut [T]) -> Result<Flow, StageFault> {
        output.copy_from_slice(&block);
        let between = block.at.saturating_sub(self.last + self.period);
        // Even where ticks show none, there was a gap if the engine said so.
        let lost = if std::mem::take(&mut self.gap) { between.max(1) } else { 0 };
        self.last = block.at;
        self.keeper.keep(Moment { tick: block.at, lost }, &block).map_err(failed)?;
        if self.saved.elapsed() >= SAVE {
            self.keeper.save().map_err(failed)?;
            self.saved = Instant::now();
        }
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.gap = true;
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        self.keeper.finish().map_err(failed)
    }
}

fn failed(text: String) -> StageFault {
    StageFault::because(format!("cannot record: {text}"))
}
