//! `replay`: plays what `record` kept.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader};
use kws_engine::{
    Cost, Design, DesignError, Element, Event, Flow, Item, Kind, Node, Port, Simple, Site, Stage, StageFault,
    node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::npy::{Number, Reader};
use super::recording::{Files, Layout, Line};

/// Replays a recording of `record`: the same blocks, at the same ticks, with the same gaps.
///
/// # Writes
/// What was recorded; the port, with its labels and its history, is the recorded edge's.
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
        replayer(&port, &files).map_err(|text| DesignError::of("path", text))?;
        let output = Some(port.clone());
        Ok(Simple::boxed(output, Cost::default(), move || {
            replayer(&port, &files).map_err(StageFault::because)
        }))
    }
}

/// Bytes of the largest item of a block.
const LARGEST_ITEM: usize = size_of::<Event>();

fn read_port(path: &Path) -> Result<Port, String> {
    let name = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot open `{name}`: {error}, expected the port of a recording"))?;
    let port: Port =
        serde_json::from_str(&text).map_err(|error| format!("`{name}` is not a valid port: {error}"))?;
    let items = port.shape.iter().try_fold(1_usize, |all, &extent| all.checked_mul(extent));
    if items.is_none_or(|items| items > isize::MAX as usize / LARGEST_ITEM) {
        return Err(format!(
            "`{name}` is not a valid port: no memory can hold a block of shape {:?}",
            port.shape
        ));
    }
    if port.is_empty() || port.clock == 0 || port.period == 0 {
        return Err(format!("`{name}` is not a valid port: its blocks are empty or have no duration"));
    }
    Ok(port)
}

fn replayer(port: &Port, files: &Files) -> Result<Box<dyn Node>, String> {
    let layout = Layout::of(port);
    let (path, ticks) = (files.blocks(layout), files.ticks());
    let fault = |path: PathBuf, text: String| format!("cannot replay `{}`: {text}", path.display());
    let ticks = Reader::open(&ticks, &[2]).map_err(|error| fault(ticks.clone(), error.to_string()))?;
    let rows = ticks.rows();
    if rows == 0 {
        return Err(fault(path, "it contains no blocks; was the run that recorded it killed?".to_owned()));
    }
    let shape = &port.shape;
    let made = match (layout, port.element) {
        (Layout::Wav, _) => Wav::open(&path, port).map(|blocks| replay(blocks, ticks)),
        (_, Element::Event) => Lines::open(&path).map(|blocks| replay(blocks, ticks)),
        (_, Element::I8) => array::<i8>(&path, shape, rows).map(|blocks| replay(blocks, ticks)),
        (_, Element::U8) => array::<u8>(&path, shape, rows).map(|blocks| replay(blocks, ticks)),
        (_, Element::I16) => array::<i16>(&path, shape, rows).map(|blocks| replay(blocks, ticks)),
        (_, Element::F32) => array::<f32>(&path, shape, rows).map(|blocks| replay(blocks, ticks)),
    };
    made.map_err(|text| fault(path, text))
}

/// Where blocks come from, one after the other.
trait Recall<T>: Send {
    fn recall(&mut self, index: u64, block: &mut [T]) -> Result<(), String>;
}

fn replay<T: Item, R: Recall<T> + 'static>(blocks: R, ticks: Reader<u64>) -> Box<dyn Node> {
    node(Replay { blocks, ticks, index: 0, after_gap: None, items: std::marker::PhantomData::<fn(T)> })
}

struct Replay<T, R> {
    blocks: R,
    ticks: Reader<u64>,
    index: u64,
    /// Tick of the block that follows the gap just told.
    after_gap: Option<u64>,
    items: std::marker::PhantomData<fn(T)>,
}

impl<T: Item, R: Recall<T>> Stage for Replay<T, R> {
    type In = ();
    type Out = T;

    fn process(&mut self, (): (), block: &mut [T]) -> Result<Flow, StageFault> {
        let all = self.ticks.rows() as u64;
        if self.index == all {
            return Ok(Flow::End);
        }
        if let Some(tick) = self.after_gap.take() {
            return self.recall(block).map(|()| Flow::EmitAt(tick));
        }
        let mut row = [0; 2];
        self.ticks.read(&mut row).map_err(|error| self.broken(&error.to_string()))?;
        let [tick, lost] = row;
        if lost > 0 {
            self.after_gap = Some(tick);
            return Ok(Flow::Lost(lost));
        }
        self.recall(block).map(|()| Flow::EmitAt(tick))
    }
}

impl<T: Item, R: Recall<T>> Replay<T, R> {
    fn recall(&mut self, block: &mut [T]) -> Result<(), StageFault> {
        self.blocks.recall(self.index, block).map_err(|text| self.broken(&text))?;
        self.index += 1;
        Ok(())
    }

    fn broken(&self, why: &str) -> StageFault {
        let (next, all) = (self.index + 1, self.ticks.rows());
        StageFault::because(format!("the recording is truncated at block {next} of {all}: {why}"))
    }
}

fn array<T: Number>(path: &Path, shape: &[usize], rows: usize) -> Result<Reader<T>, String> {
    let reader = Reader::open(path, shape).map_err(|error| error.to_string())?;
    match reader.rows() {
        found if found == rows => Ok(reader),
        found => Err(format!("it contains {found} blocks, expected {rows}")),
    }
}

impl<T: Number + Send> Recall<T> for Reader<T> {
    fn recall(&mut self, _: u64, block: &mut [T]) -> Result<(), String> {
        self.read(block).map_err(|error| error.to_string())
    }
}

struct Wav(WavReader<BufReader<File>>);

impl Wav {
    fn open(path: &Path, port: &Port) -> Result<Self, String> {
        let reader = WavReader::open(path).map_err(|error| error.to_string())?;
        let spec = reader.spec();
        if (spec.channels, spec.bits_per_sample, spec.sample_format) != (1, 16, SampleFormat::Int) {
            return Err(format!(
                "it has {} channels of {} bits, expected one channel of 16 bits",
                spec.channels, spec.bits_per_sample
            ));
        }
        if spec.sample_rate != port.clock {
            return Err(format!("it has {} Hz, expected {} Hz", spec.sample_rate, port.clock));
        }
        Ok(Wav(reader))
    }
}

impl Recall<i16> for Wav {
    fn recall(&mut self, _: u64, block: &mut [i16]) -> Result<(), String> {
        let mut samples = self.0.samples::<i16>();
        for place in block {
            *place = samples.next().ok_or("it is too short")?.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

/// Events are few: they are read at once.
struct Lines(VecDeque<Line>);

impl Lines {
    fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let parse = |(index, line): (usize, std::io::Result<String>)| {
            let line = line.map_err(|error| error.to_string())?;
            serde_json::from_str(&line).map_err(|error| format!("line {}: {error}", index + 1))
        };
        BufReader::new(file).lines().enumerate().map(parse).collect::<Result<_, _>>().map(Lines)
    }
}

impl Recall<Event> for Lines {
    fn recall(&mut self, index: u64, block: &mut [Event]) -> Result<(), String> {
        block.fill(Event::NONE);
        while let Some(line) = self.0.front().filter(|line| line.block <= index) {
            let place = block.get_mut(line.place).ok_or("an event's place is outside its block")?;
            *place = line.event;
            self.0.pop_front();
        }
        Ok(())
    }
}
