//! Reads what `record` kept: its blocks, their ticks and the gaps before them.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader};
use kws_engine::{Event, Port};

use super::element::Kept;
use super::npy::{Number, Reader};
use super::recording::{Files, Layout, Line};

/// Bytes of the largest item of a block.
const LARGEST_ITEM: usize = size_of::<Event>();

pub(crate) fn read_port(path: &Path) -> Result<Port, String> {
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
pub(crate) enum Extent {
    /// It was finished, with so many.
    Whole(usize),
    /// Nobody finished it; so many have a tick.
    Cut(usize),
}

/// What to do with files that do not agree.
const EDITED: &str = "was it edited? `audio_file` plays a WAV file without a recording's ticks";

/// Where blocks come from, one after the other.
pub(crate) trait Recall<T>: Send {
    /// Whole blocks that there are, and items beyond the last; none where any number may be.
    fn held(&self) -> Option<(usize, usize)>;
    fn recall(&mut self, index: u64, block: &mut [T]) -> Result<(), String>;
}

/// When a block came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The block's tick.
    pub(crate) tick: u64,
    /// Ticks that were lost before it.
    pub(crate) lost: u64,
}

/// A recording of one edge, read from its first block on.
pub(crate) struct Recorded<T> {
    blocks: Box<dyn Recall<T>>,
    ticks: Reader<u64>,
    extent: Extent,
    index: u64,
}

impl<T: Kept> Recorded<T> {
    /// Opens a recording whose files agree; all that they hold is known before anything is read.
    ///
    /// # Errors
    /// A text that names the file.
    pub(crate) fn open(port: &Port, files: &Files) -> Result<Self, String> {
        let (path, ticks) = (files.blocks(Layout::of(port)), files.ticks());
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
        let blocks = T::recall(&path, port, extent).map_err(|text| fault(path.clone(), text))?;
        let extent = agreed(extent, blocks.held()).map_err(|text| fault(path, text))?;
        Ok(Recorded { blocks, ticks, extent, index: 0 })
    }

    /// Blocks in all.
    pub(crate) fn all(&self) -> u64 {
        let (Extent::Whole(all) | Extent::Cut(all)) = self.extent;
        all as u64
    }

    pub(super) fn extent(&self) -> Extent {
        self.extent
    }

    /// Whether every block was read.
    pub(crate) fn is_over(&self) -> bool {
        self.index == self.all()
    }

    /// When the next block came: to be asked once for each.
    pub(crate) fn moment(&mut self) -> Result<Moment, String> {
        let mut row = [0; 2];
        self.ticks.read(&mut row).map_err(|error| self.broken(&error.to_string()))?;
        let [tick, lost] = row;
        Ok(Moment { tick, lost })
    }

    /// The next block.
    pub(crate) fn block(&mut self, block: &mut [T]) -> Result<(), String> {
        self.blocks.recall(self.index, block).map_err(|text| self.broken(&text))?;
        self.index += 1;
        Ok(())
    }

    fn broken(&self, why: &str) -> String {
        format!("the recording is truncated at block {} of {}: {why}", self.index + 1, self.all())
    }
}

/// How many blocks there are by the ticks and by what is held.
fn agreed(extent: Extent, held: Option<(usize, usize)>) -> Result<Extent, String> {
    let extent = match (extent, held) {
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
    Ok(extent)
}

/// An array, one row for each block.
pub(super) fn array<T: Number + Send + 'static>(
    path: &Path,
    port: &Port,
) -> Result<Box<dyn Recall<T>>, String> {
    let reader = Reader::open(path, &port.shape).map_err(|error| error.to_string())?;
    Ok(Box::new(reader))
}

impl<T: Number + Send> Recall<T> for Reader<T> {
    fn held(&self) -> Option<(usize, usize)> {
        Some((Reader::held(self), 0))
    }

    fn recall(&mut self, _: u64, block: &mut [T]) -> Result<(), String> {
        self.read(block).map_err(|error| error.to_string())
    }
}

/// Samples of a WAV file.
pub(super) struct Wav {
    /// From its first sample on.
    file: BufReader<File>,
    /// Samples that the header states and the file holds.
    samples: usize,
    /// Samples of a block.
    block: usize,
}

impl Wav {
    pub(super) fn open(path: &Path, port: &Port) -> Result<Self, String> {
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
pub(super) struct Lines(VecDeque<Line>);

impl Lines {
    pub(super) fn open(path: &Path, extent: Extent) -> Result<Self, String> {
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
