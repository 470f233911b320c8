//! `wav`: the sound around detections.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};
use kws_engine::{
    Block, Cost, Design, DesignError, Effect, Element, Event, Flow, Kind, Read, Role, Simple, Site, Stage,
    StageFault, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::Names;
use super::stem::{file_stem, make_folder};

/// Writes the audio around each event to its own WAV file.
///
/// # Reads
/// Samples (`i16`) and events, in this order.
///
/// # Files
/// `<tick>-<label>-<point>.wav` in the folder, of the samples from `before_ms` before the event's tick to `after_ms`
/// after it, as far as the stream goes. An event during a capture extends it, up to `longest_ms`; one after it begins
/// a new file, which again has its whole pre-roll. A gap in the stream ends a capture, and nothing from before a gap
/// is in a pre-roll. A file of the same name is written over.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "wav"
/// inputs = ["mic", "trigger"]
/// folder = "captured"
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct WavParams {
    /// Output folder, relative to the pipeline's; created if missing.
    #[schemars(extend("format" = "path"))]
    folder: PathBuf,
    /// Audio before an event.
    #[serde(default = "default_before")]
    #[schemars(range(min = 0, max = 60_000), extend("unit" = "ms"))]
    before_ms: f64,
    /// Audio after an event.
    #[serde(default = "default_after")]
    #[schemars(range(min = 0, max = 60_000), extend("unit" = "ms"))]
    after_ms: f64,
    /// Maximum length of a file with several events.
    #[serde(default = "default_longest")]
    #[schemars(range(min = 1, max = 3_600_000), extend("unit" = "ms"))]
    longest_ms: f64,
}

fn default_before() -> f64 {
    1500.0
}

fn default_after() -> f64 {
    500.0
}

fn default_longest() -> f64 {
    30_000.0
}

impl Kind for WavParams {
    const NAME: &'static str = "wav";
    const EFFECT: Effect = Effect::Keeps;
    const INPUTS: std::ops::RangeInclusive<usize> = 2..=2;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let samples = site.input_as(&[Element::I16], &[Role::SAMPLES])?;
        let events = &site.inputs[1];
        let names = Names::of(events, &site.from[1])?;
        if events.clock != samples.clock || samples.len() as u64 != samples.period {
            let found = format!("`{}` writes {samples} and `{}` writes {events}", site.from[0], site.from[1]);
            return Err(DesignError::of("input", format!("{found}, expected one tick for each sample")));
        }
        let extent = Extent {
            before: samples.ticks(self.before_ms),
            after: samples.ticks(self.after_ms),
            longest: samples.ticks(self.longest_ms).max(1),
        };
        let folder = site.path(&self.folder);
        let (clock, block) = (samples.clock, samples.len());
        let past = extent.before as usize + block;
        let cost = Cost { state: 2 * past, ..Cost::default() };
        Ok(Simple::boxed(None, cost, move || {
            let past = Past::new(past);
            let (folder, names) = (folder.clone(), names.clone());
            Ok(node(Capture { folder, names, clock, extent, past, seen: None, running: None, cut: false }))
        }))
    }
}

/// How far a capture goes, in ticks.
#[derive(Clone, Copy)]
struct Extent {
    before: u64,
    after: u64,
    longest: u64,
}

/// The newest samples of the stream.
struct Past {
    ring: Box<[i16]>,
    /// Where the next sample goes.
    next: usize,
    held: usize,
}

impl Past {
    fn new(capacity: usize) -> Self {
        Past { ring: vec![0; capacity].into(), next: 0, held: 0 }
    }

    fn push(&mut self, samples: &[i16]) {
        let (first, second) = samples.split_at(samples.len().min(self.ring.len() - self.next));
        self.ring[self.next..][..first.len()].copy_from_slice(first);
        self.ring[..second.len()].copy_from_slice(second);
        self.next = (self.next + samples.len()) % self.ring.len();
        self.held = (self.held + samples.len()).min(self.ring.len());
    }

    /// The newest samples, as many as asked for and held, oldest first.
    fn newest(&self, count: usize) -> impl Iterator<Item = i16> {
        let count = count.min(self.held);
        let begin = self.next + self.ring.len() - count;
        (begin..begin + count).map(|place| self.ring[place % self.ring.len()])
    }
}

/// A file being written.
struct Running {
    writer: WavWriter<BufWriter<File>>,
    /// Tick of its first sample, less one.
    begin: u64,
    /// Tick of its last sample.
    end: u64,
}

struct Capture {
    folder: PathBuf,
    names: Names,
    clock: u32,
    extent: Extent,
    past: Past,
    /// Tick of the newest block of events that was looked at.
    seen: Option<u64>,
    running: Option<Running>,
    /// The stream had a gap since the last block.
    cut: bool,
}

impl Stage for Capture {
    type In = (i16, Event);
    type Out = ();

    fn start(&mut self) -> Result<(), StageFault> {
        make_folder(&self.folder)
    }

    fn process(&mut self, (samples, events): Read<'_, Self::In>, (): ()) -> Result<Flow, StageFault> {
        if std::mem::take(&mut self.cut) {
            self.close()?;
        }
        self.past.push(&samples);
        self.write(&samples)?;
        let new = events.filter(|events| self.seen != Some(events.at));
        if let Some(events) = new {
            self.seen = Some(events.at);
            if let Some(event) = events.iter().find(|event| event.is_some()) {
                self.notice(events.at, event, samples.at)?;
            }
        }
        if self.running.as_ref().is_some_and(|running| running.end <= samples.at) {
            self.close()?;
        }
        Ok(Flow::Skip)
    }

    fn reset(&mut self) {
        self.past.held = 0;
        self.cut = true;
    }

    // What the samples brought is whole, whatever happened to the events.
    fn reset_beside(&mut self) {}

    /// The file that could not be written remains as it is; the next event begins another.
    fn recover(&mut self) -> Result<(), StageFault> {
        self.running = None;
        self.past.held = 0;
        make_folder(&self.folder)
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        self.close()
    }
}

impl Capture {
    /// Writes as much of a block as belongs to the running capture.
    fn write(&mut self, samples: &Block<'_, i16>) -> Result<(), StageFault> {
        let Some(running) = &mut self.running else { return Ok(()) };
        let begin = samples.at - samples.len() as u64;
        let wanted = running.end.saturating_sub(begin).min(samples.len() as u64) as usize;
        write(&mut running.writer, samples[..wanted].iter().copied())
    }

    /// Begins a capture, or extends the running one. `now` is the tick of the newest sample.
    fn notice(&mut self, at: u64, event: &Event, now: u64) -> Result<(), StageFault> {
        let Extent { before, after, longest } = self.extent;
        if let Some(running) = &mut self.running {
            let end = (at + after).min(running.begin + longest);
            // What is written cannot be taken back.
            let missing = end.min(now).saturating_sub(running.end) as usize;
            let behind = (now - end.min(now)) as usize;
            write(&mut running.writer, self.past.newest(missing + behind).take(missing))?;
            running.end = running.end.max(end);
            return Ok(());
        }
        let path = self.folder.join(format!("{}.wav", file_stem(at, &self.names, event)));
        let spec = WavSpec {
            channels: 1,
            sample_rate: self.clock,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut writer = WavWriter::create(&path, spec).map_err(|error| failed(&path, &error))?;
        let oldest = now - (self.past.held as u64).min(now);
        let begin = at.saturating_sub(before).max(oldest);
        let end = (at + after).min(begin + longest);
        let (back, ready) = ((now - begin) as usize, (end.min(now) - begin) as usize);
        write(&mut writer, self.past.newest(back).take(ready))?;
        self.running = Some(Running { writer, begin, end });
        Ok(())
    }

    fn close(&mut self) -> Result<(), StageFault> {
        let Some(running) = self.running.take() else { return Ok(()) };
        running.writer.finalize().map_err(|error| failed(&self.folder, &error))
    }
}

fn write(
    writer: &mut WavWriter<BufWriter<File>>,
    mut samples: impl Iterator<Item = i16>,
) -> Result<(), StageFault> {
    samples
        .try_for_each(|sample| writer.write_sample(sample))
        .map_err(|error| StageFault::because(format!("cannot write a capture: {error}")))
}

fn failed(path: &Path, error: &hound::Error) -> StageFault {
    StageFault::because(format!("cannot write a capture to `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kws_engine::Port;

    const CLOCK: u32 = 1000;

    fn capture(folder: &Path, before: u64, after: u64, longest: u64) -> Capture {
        let mut port = Port::source(Element::Event, vec![1], Role::EVENTS, CLOCK, 20);
        port.labels = vec!["y/s".to_owned()];
        port.points = vec!["wake".to_owned()];
        Capture {
            folder: folder.to_owned(),
            names: Names::of(&port, "trigger").unwrap(),
            clock: CLOCK,
            extent: Extent { before, after, longest },
            past: Past::new(before as usize + 10),
            seen: None,
            running: None,
            cut: false,
        }
    }

    /// Feeds samples that bear their own ticks, in blocks of 10, with events at some ticks.
    fn feed(stage: &mut Capture, blocks: std::ops::Range<u64>, events: &[u64]) {
        let event = [Event { label: 0, point: 0, score: 1.0, start: 0, end: 0 }];
        for block in blocks {
            let samples: Vec<i16> = (block * 10 + 1..=block * 10 + 10).map(|tick| tick as i16).collect();
            let at = block * 10 + 10;
            let latest = events.iter().rev().find(|event| **event <= at);
            let latest = latest.map(|at| Block { at: *at, items: &event[..] });
            let _ = stage.process((Block { at, items: &samples }, latest), ()).unwrap();
        }
    }

    /// First and last sample of every file; the samples between must be consecutive.
    fn files(folder: &Path) -> Vec<(String, i16, i16)> {
        let mut found: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let mut reader = hound::WavReader::open(&path).unwrap();
                let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
                assert!(samples.windows(2).all(|pair| pair[1] == pair[0] + 1), "{samples:?}");
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, samples[0], samples[samples.len() - 1])
            })
            .collect();
        found.sort();
        found
    }

    fn captured(extent: (u64, u64, u64), events: &[u64]) -> Vec<(i16, i16)> {
        let dir = tempfile::tempdir().unwrap();
        let mut stage = capture(dir.path(), extent.0, extent.1, extent.2);
        feed(&mut stage, 0..50, events);
        stage.finish().unwrap();
        files(dir.path()).into_iter().map(|(_, first, last)| (first, last)).collect()
    }

    #[test]
    fn a_capture_goes_from_before_to_after() {
        assert_eq!(captured((25, 37, 1000), &[200]), [(176, 237)]);
        assert_eq!(captured((25, 0, 1000), &[200]), [(176, 200)]);
        // An event whose tick lies within a block.
        assert_eq!(captured((25, 3, 1000), &[204]), [(180, 207)]);
        assert_eq!(captured((25, 37, 1000), &[204]), [(180, 241)]);
    }

    #[test]
    fn it_goes_no_further_than_the_stream() {
        assert_eq!(captured((100, 50, 1000), &[30]), [(1, 80)]);
        assert_eq!(captured((20, 50, 1000), &[480]), [(461, 500)]);
    }

    #[test]
    fn an_event_during_a_capture_extends_it() {
        assert_eq!(captured((20, 40, 1000), &[100, 130, 160]), [(81, 200)]);
        assert_eq!(captured((20, 40, 70), &[100, 130]), [(81, 150)]);
        assert_eq!(captured((20, 40, 1000), &[100, 200]), [(81, 140), (181, 240)]);
        // The first one ends within the block in which the second event lies.
        assert_eq!(captured((20, 44, 1000), &[100, 148]), [(81, 192)]);
    }

    #[test]
    fn a_gap_ends_it_and_its_pre_roll() {
        let dir = tempfile::tempdir().unwrap();
        let mut stage = capture(dir.path(), 50, 100, 1000);
        feed(&mut stage, 0..12, &[100]);
        stage.reset();
        feed(&mut stage, 30..45, &[320]);
        stage.finish().unwrap();
        let expected = [("000000000100-y_s-wake.wav", 51, 120), ("000000000320-y_s-wake.wav", 301, 420)];
        assert_eq!(files(dir.path()), expected.map(|(name, first, last)| (name.to_owned(), first, last)));
    }
}
