//! `record`: keeps what passes by an edge.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use hound::{SampleFormat, WavSpec, WavWriter};
use kws_engine::{
    Block, Cost, Design, DesignError, Effect, Element, Event, Flow, Item, Kind, Node, Opened, Port, Simple,
    Site, Stage, StageFault, Trace, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::npy::{Number, Writer};
use super::recording::{Files, Layout, Line, write_whole};

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
        Ok(Simple::boxed(Some(port.clone()), Cost::default(), move || recorder(&port, &files)))
    }
}

fn recorder(port: &Port, files: &Files) -> Result<Box<dyn Node>, StageFault> {
    match (Layout::of(port), port.element) {
        (Layout::Wav, _) => recording(port, files, Wav::create),
        (_, Element::Event) => recording(port, files, Lines::create),
        (_, Element::I8) => recording::<i8, _>(port, files, array),
        (_, Element::U8) => recording::<u8, _>(port, files, array),
        (_, Element::I16) => recording::<i16, _>(port, files, array),
        (_, Element::F32) => recording::<f32, _>(port, files, array),
    }
}

/// Where blocks are kept.
trait Keep<T>: Send {
    fn keep(&mut self, index: u64, at: u64, block: &[T]) -> Result<(), String>;
    /// Makes a whole file of what has been kept so far.
    fn save(&mut self) -> Result<(), String>;
}

/// How long blocks may wait for the disk.
const SAVE: Duration = Duration::from_millis(500);

fn recording<T: Item, K: Keep<T> + 'static>(
    port: &Port,
    files: &Files,
    create: fn(&Port, PathBuf) -> Result<K, String>,
) -> Result<Box<dyn Node>, StageFault> {
    let (port, files) = (port.clone(), files.clone());
    Ok(node(Opened::once(move || begun::<T, K>(&port, &files, create))))
}

/// A recording with its files.
fn begun<T: Item, K: Keep<T>>(
    port: &Port,
    files: &Files,
    create: fn(&Port, PathBuf) -> Result<K, String>,
) -> Result<Record<T, K>, StageFault> {
    let path = files.blocks(Layout::of(port));
    let cannot = |path: PathBuf, text: String| {
        StageFault::because(format!("cannot write `{}`: {text}", path.display()))
    };
    let blocks = create(port, path.clone()).map_err(|text| cannot(path, text))?;
    let about = serde_json::to_string_pretty(port).map_err(|error| error.to_string());
    let ticks = Writer::create(&files.ticks(), &[2]);
    let ticks = ticks.map_err(|error| cannot(files.ticks(), error.to_string()))?;
    let about = about.and_then(|about| write_whole(&files.port(), &about).map_err(|error| error.to_string()));
    about.map_err(|text| cannot(files.port(), text))?;
    let (period, items) = (port.period, std::marker::PhantomData::<fn(T)>);
    let saved = Instant::now();
    Ok(Record { blocks, ticks, period, last: 0, index: 0, gap: false, saved, items })
}

struct Record<T, K> {
    blocks: K,
    ticks: Writer<u64>,
    period: u64,
    /// Tick of the last block.
    last: u64,
    index: u64,
    /// The engine told of a gap since then.
    gap: bool,
    /// When blocks and ticks were last saved.
    saved: Instant,
    items: std::marker::PhantomData<fn(T)>,
}

impl<T: Item, K: Keep<T>> Stage for Record<T, K> {
    type In = T;
    type Out = T;
    const ACTS: bool = true;

    fn process(&mut self, block: Block<'_, T>, output: &mut [T]) -> Result<Flow, StageFault> {
        output.copy_from_slice(&block);
        let between = block.at.saturating_sub(self.last + self.period);
        // Even where ticks show none, there was a gap if the engine said so.
        let lost = if std::mem::take(&mut self.gap) { between.max(1) } else { 0 };
        self.last = block.at;
        self.blocks.keep(self.index, block.at, &block).map_err(failed)?;
        self.ticks.write(&[block.at, lost]).map_err(|error| failed(error.to_string()))?;
        self.index += 1;
        if self.saved.elapsed() >= SAVE {
            // First the blocks: those without a tick do not count.
            self.blocks.save().map_err(failed)?;
            self.ticks.flush().map_err(|error| failed(error.to_string()))?;
            self.saved = Instant::now();
        }
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.gap = true;
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        self.blocks.save().map_err(failed)?;
        // Only a whole recording states how many ticks it has.
        self.ticks.state().map_err(|error| failed(error.to_string()))
    }
}

fn failed(text: String) -> StageFault {
    StageFault::because(format!("cannot record: {text}"))
}

/// An array, one row for each block.
fn array<T: Number>(port: &Port, path: PathBuf) -> Result<Writer<T>, String> {
    Writer::create(&path, &port.shape).map_err(|error| error.to_string())
}

impl<T: Number + Send> Keep<T> for Writer<T> {
    fn keep(&mut self, _: u64, _: u64, block: &[T]) -> Result<(), String> {
        self.write(block).map_err(|error| error.to_string())
    }

    fn save(&mut self) -> Result<(), String> {
        self.state().map_err(|error| error.to_string())
    }
}

/// Samples as a WAV file.
struct Wav(WavWriter<BufWriter<File>>);

impl Wav {
    fn create(port: &Port, path: PathBuf) -> Result<Self, String> {
        let spec = WavSpec {
            channels: 1,
            sample_rate: port.clock,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        WavWriter::create(path, spec).map(Wav).map_err(|error| error.to_string())
    }
}

impl Keep<i16> for Wav {
    fn keep(&mut self, _: u64, _: u64, block: &[i16]) -> Result<(), String> {
        let mut samples = self.0.get_i16_writer(block.len() as u32);
        block.iter().for_each(|sample| samples.write_sample(*sample));
        samples.flush().map_err(|error| error.to_string())
    }

    fn save(&mut self) -> Result<(), String> {
        self.0.flush().map_err(|error| error.to_string())
    }
}

/// Events as lines of JSON.
struct Lines {
    file: BufWriter<File>,
    labels: Vec<String>,
}

impl Lines {
    fn create(port: &Port, path: PathBuf) -> Result<Self, String> {
        let file = File::create(path).map_err(|error| error.to_string())?;
        Ok(Lines { file: BufWriter::new(file), labels: port.labels.clone() })
    }
}

impl Keep<Event> for Lines {
    fn keep(&mut self, index: u64, at: u64, block: &[Event]) -> Result<(), String> {
        for (place, event) in block.iter().enumerate().filter(|(_, event)| event.is_some()) {
            let name = self.labels.get(usize::from(event.label)).cloned().unwrap_or_default();
            let line = Line { block: index, place, tick: at, name, event: *event };
            serde_json::to_writer(&mut self.file, &line).map_err(|error| error.to_string())?;
            self.file.write_all(b"\n").map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn save(&mut self) -> Result<(), String> {
        self.file.flush().map_err(|error| error.to_string())
    }
}
