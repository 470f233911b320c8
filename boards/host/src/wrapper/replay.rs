//! `replay`: plays what `record` kept.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
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
        let (_, extent) = replayer(&port, &files).map_err(|text| DesignError::of("path", text))?;
        if let Extent::Cut(blocks) = extent {
            let seconds = port.seconds(port.period * blocks as u64);
            let path = self.path.display();
            site.notice(format!(
                "the recording `{path}` was cut off: {blocks} blocks, {seconds:.1} s without gaps"
            ));
        }
        let output = Some(port.clone());
        Ok(Simple::boxed(output, Cost::default(), move || {
            replayer(&port, &files).map(|(node, _)| node).map_err(StageFault::because)
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

/// How much there is of a recording, in blocks.
#[derive(Clone, Copy, Debug)]
enum Extent {
    /// It was finished, with so many.
    Whole(usize),
    /// Nobody finished it; so many have a tick.
    Cut(usize),
}

fn replayer(port: &Port, files: &Files) -> Result<(Box<dyn Node>, Extent), String> {
    let layout = Layout::of(port);
    let (path, ticks) = (files.blocks(layout), files.ticks());
    let fault = |path: PathBuf, text: String| format!("cannot replay `{}`: {text}", path.display());
    let ticks = Reader::open(&ticks, &[2]).map_err(|error| fault(ticks.clone(), error.to_string()))?;
    let extent = match ticks.rows() {
        0 => Extent::Cut(ticks.held()),
        stated if stated == ticks.held() => Extent::Whole(stated),
        stated => {
            let text = format!("it states {stated} blocks and holds {}: {EDITED}", ticks.held());
            return Err(fault(files.ticks(), text));
        }
    };
    let shape = &port.shape;
    let made = match (layout, port.element) {
        (Layout::Wav, _) => Wav::open(&path, port).and_then(|blocks| replay(blocks, ticks, extent)),
        (_, Element::Event) => Lines::open(&path, extent).and_then(|blocks| replay(blocks, ticks, extent)),
        (_, Element::I8) => array::<i8>(&path, shape).and_then(|blocks| replay(blocks, ticks, extent)),
        (_, Element::U8) => array::<u8>(&path, shape).and_then(|blocks| replay(blocks, ticks, extent)),
        (_, Element::I16) => array::<i16>(&path, shape).and_then(|blocks| replay(blocks, ticks, extent)),
        (_, Element::F32) => array::<f32>(&path, shape).and_then(|blocks| replay(blocks, ticks, extent)),
    };
    made.map_err(|text| fault(path, text))
}

/// What to do with files that do not agree.
const EDITED: &str = "was it edited? `audio_file` plays a WAV file without a recording's ticks";

/// Where blocks come from, one after the other.
trait Recall<T>: Send {
    /// Whole blocks that there are, and items beyond the last; none where any number may be.
    fn held(&self) -> Option<(usize, usize)>;
    fn recall(&mut self, index: u64, block: &mut [T]) -> Result<(), String>;
}

fn replay<T: Item, R: Recall<T> + 'static>(
    blocks: R,
    ticks: Reader<u64>,
    extent: Extent,
) -> Result<(Box<dyn Node>, Extent), String> {
    let extent = match (extent, blocks.held()) {
        (Extent::Whole(stated), Some(held)) if held != (stated, 0) => {
            let (blocks, more) = held;
            let more = if more > 0 { format!(" and {more} items") } else { String::new() };
            return Err(format!(
                "it holds {blocks} blocks{more}, expected {stated}, as in `.ticks.npy`: {EDITED}"
            ));
        }
        (Extent::Cut(ticks), Some((held, _))) => Extent::Cut(ticks.min(held)),
        (extent, _) => extent,
    };
    let (Extent::Whole(all) | Extent::Cut(all)) = extent;
    if all == 0 {
        return Err("it holds no block: the run that recorded it ended before the first".to_owned());
    }
    let items = std::marker::PhantomData::<fn(T)>;
    Ok((node(Replay { blocks, ticks, all: all as u64, index: 0, after_gap: None, items }), extent))
}

struct Replay<T, R> {
    blocks: R,
    ticks: Reader<u64>,
    /// Blocks in all.
    all: u64,
    index: u64,
    /// Tick of the block that follows the gap just told.
    after_gap: Option<u64>,
    items: std::marker::PhantomData<fn(T)>,
}

impl<T: Item, R: Recall<T>> Stage for Replay<T, R> {
    type In = ();
    type Out = T;

    fn process(&mut self, (): (), block: &mut [T]) -> Result<Flow, StageFault> {
        if self.index == self.all {
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
        let (next, all) = (self.index + 1, self.all);
        StageFault::because(format!("the recording is truncated at block {next} of {all}: {why}"))
    }
}

fn array<T: Number>(path: &Path, shape: &[usize]) -> Result<Reader<T>, String> {
    Reader::open(path, shape).map_err(|error| error.to_string())
}

impl<T: Number + Send> Recall<T> for Reader<T> {
    fn held(&self) -> Option<(usize, usize)> {
        Some((Reader::held(self), 0))
    }

    fn recall(&mut self, _: u64, block: &mut [T]) -> Result<(), String> {
        self.read(block).map_err(|error| error.to_string())
    }
}

struct Wav {
    /// From its first sample on.
    file: BufReader<File>,
    /// Samples that the header states and the file holds.
    samples: usize,
    /// Samples of a block.
    block: usize,
}

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
        let stated = reader.len() as usize;
        let mut file = reader.into_inner();
        let begin = file.stream_position().map_err(|error| error.to_string())?;
        let length = file.get_ref().metadata().map_err(|error| error.to_string())?.len();
        let there = (length.saturating_sub(begin) / 2) as usize;
        Ok(Wav { file, samples: stated.min(there), block: port.len() })
    }
}

impl Recall<i16> for Wav {
    fn held(&self) -> Option<(usize, usize)> {
        Some((self.samples / self.block, self.samples % self.block))
    }

    fn recall(&mut self, _: u64, block: &mut [i16]) -> Result<(), String> {
        for place in block {
            let mut bytes = [0; 2];
            self.file.read_exact(&mut bytes).map_err(|error| error.to_string())?;
            *place = i16::from_le_bytes(bytes);
        }
        Ok(())
    }
}

/// Events are few: they are read at once.
struct Lines(VecDeque<Line>);

impl Lines {
    fn open(path: &Path, extent: Extent) -> Result<Self, String> {
        let mut text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        if matches!(extent, Extent::Cut(_)) {
            // A line that was being written when the run was cut.
            text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
        }
        let parse = |(index, line): (usize, &str)| {
            serde_json::from_str(line).map_err(|error| format!("line {}: {error}", index + 1))
        };
        text.lines().enumerate().map(parse).collect::<Result<_, _>>().map(Lines)
    }
}

impl Recall<Event> for Lines {
    fn held(&self) -> Option<(usize, usize)> {
        None
    }

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
