//! Writes what `replay` reads: blocks, their ticks and the gaps before them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};
use kws_engine::{Event, Port};

use super::element::Kept;
use super::npy::{Number, Writer};
use super::recall::Moment;
use super::recording::{Files, Layout, Line, write_whole};

/// Where blocks are kept.
pub(crate) trait Keep<T>: Send {
    fn keep(&mut self, index: u64, at: u64, block: &[T]) -> Result<(), String>;
    /// Makes a whole file of what has been kept so far.
    fn save(&mut self) -> Result<(), String>;
}

/// The files of an edge that is being recorded.
pub(crate) struct Keeper<T> {
    blocks: Box<dyn Keep<T>>,
    ticks: Writer<u64>,
    index: u64,
}

impl<T: Kept> Keeper<T> {
    /// Makes the files.
    ///
    /// # Errors
    /// A text that names the file.
    pub(crate) fn create(port: &Port, files: &Files) -> Result<Self, String> {
        let path = files.blocks(Layout::of(port));
        let cannot = |path: PathBuf, text: String| format!("cannot write `{}`: {text}", path.display());
        let blocks = T::keep(port, &path).map_err(|text| cannot(path, text))?;
        let about = serde_json::to_string_pretty(port).map_err(|error| error.to_string());
        let ticks = Writer::create(&files.ticks(), &[2]);
        let ticks = ticks.map_err(|error| cannot(files.ticks(), error.to_string()))?;
        let about =
            about.and_then(|about| write_whole(&files.port(), &about).map_err(|error| error.to_string()));
        about.map_err(|text| cannot(files.port(), text))?;
        Ok(Keeper { blocks, ticks, index: 0 })
    }

    /// Blocks that were kept.
    pub(crate) fn kept(&self) -> u64 {
        self.index
    }

    /// Adds a block.
    pub(crate) fn keep(&mut self, moment: Moment, block: &[T]) -> Result<(), String> {
        self.blocks.keep(self.index, moment.tick, block)?;
        self.ticks.write(&[moment.tick, moment.lost]).map_err(|error| error.to_string())?;
        self.index += 1;
        Ok(())
    }

    /// Puts on disk what was kept so far.
    pub(crate) fn save(&mut self) -> Result<(), String> {
        // First the blocks: those without a tick do not count.
        self.blocks.save()?;
        self.ticks.flush().map_err(|error| error.to_string())
    }

    /// Ends the recording: only a whole one states how many ticks it has.
    pub(crate) fn finish(&mut self) -> Result<(), String> {
        self.blocks.save()?;
        self.ticks.state().map_err(|error| error.to_string())
    }
}

/// An array, one row for each block.
pub(super) fn array<T: Number + Send + 'static>(
    port: &Port,
    path: &Path,
) -> Result<Box<dyn Keep<T>>, String> {
    let writer = Writer::create(path, &port.shape).map_err(|error| error.to_string())?;
    Ok(Box::new(writer))
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
pub(super) struct Wav(WavWriter<BufWriter<File>>);

impl Wav {
    pub(super) fn create(port: &Port, path: &Path) -> Result<Self, String> {
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
pub(super) struct Lines {
    file: BufWriter<File>,
    labels: Vec<String>,
}

impl Lines {
    pub(super) fn create(port: &Port, path: &Path) -> Result<Self, String> {
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
