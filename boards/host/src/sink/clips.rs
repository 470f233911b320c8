//! `clips`: what a second stage judged, kept with its verdict.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
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

/// Keeps the clips of a `capture` with what was decided on them: a corpus to learn from.
///
/// # Reads
/// Clips of samples (`i16`), the events of the `trigger` that judges them, and, if there is a third input, those of a `trigger`
/// with lower thresholds: its finds that the first one did not confirm are near misses.
///
/// # Files
/// A WAV file for each clip, and a line for it in `manifest.csv`, which `kws-lab corpus import folder` reads: `path`, `label`,
/// `speaker`, `split`, `decision` (`confirmed`, `near_miss` or `vetoed`), `guess`, `score` and `tick`. The label of a confirmed clip
/// is the word; of any other it is `_unknown_`, and `guess` the word that it came near to: `kws-lab review` plays them and sorts them
/// before you train with them.
/// Nothing is written over: a later run adds to the folder.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "clips"
/// inputs = ["clip", "verdict"]
/// folder = "kept"
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ClipsParams {
    /// Output folder, relative to the pipeline's; created if missing.
    #[schemars(extend("format" = "path"))]
    folder: PathBuf,
    /// Which clips to keep.
    #[serde(default)]
    keep: Kept,
}

/// Which clips are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// All clips.
    #[default]
    All,
    /// Those that were confirmed.
    Confirmed,
    /// Those that were not: near misses and vetoes.
    Rejected,
}

impl Kind for ClipsParams {
    const NAME: &'static str = "clips";
    const EFFECT: Effect = Effect::Keeps;
    const INPUTS: std::ops::RangeInclusive<usize> = 2..=3;
    const WHOLE_CLIPS: bool = true;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let clips = site.input_as(&[Element::I16], &[Role::SAMPLES])?;
        if clips.clip.is_none() {
            let message = format!("`{}` writes {clips}, expected clips as the first input", site.from[0]);
            return Err(DesignError::of("input", message).help("make the first input a `capture`"));
        }
        let names = site.inputs.iter().zip(site.from).skip(1).map(|(port, from)| Names::of(port, from));
        let names: Vec<Names> = names.collect::<Result<_, _>>()?;
        let keeper = Keeper {
            folder: site.path(&self.folder),
            keep: self.keep,
            clock: clips.clock,
            names,
            manifest: None,
        };
        Ok(Simple::boxed(None, Cost::default(), move || {
            let keeper = keeper.again();
            Ok(if keeper.names.len() == 1 { node(Judged(keeper)) } else { node(JudgedTwice(keeper)) })
        }))
    }
}

/// Keeps clips that one trigger judges.
struct Judged(Keeper);

/// Keeps clips that two triggers judge.
struct JudgedTwice(Keeper);

struct Keeper {
    folder: PathBuf,
    keep: Kept,
    clock: u32,
    /// Of the events of each trigger.
    names: Vec<Names>,
    manifest: Option<File>,
}

/// What was decided on a clip: its name, and the event that says so.
type Decision<'a> = (&'static str, Option<(&'a Names, Event)>);

const HEADER: &str = "path,label,speaker,split,decision,guess,score,tick\n";

impl Keeper {
    fn again(&self) -> Keeper {
        let Keeper { folder, names, .. } = self;
        Keeper { folder: folder.clone(), names: names.clone(), manifest: None, ..*self }
    }

    fn start(&mut self) -> Result<(), StageFault> {
        make_folder(&self.folder)?;
        let path = self.folder.join("manifest.csv");
        let opened = || -> std::io::Result<File> {
            let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
            if file.metadata()?.len() == 0 {
                file.write_all(HEADER.as_bytes())?;
            }
            Ok(file)
        };
        self.manifest = Some(opened().map_err(|error| failed(&path, &error))?);
        Ok(())
    }

    /// Keeps a clip, of which each trigger's newest events may say something.
    fn take(
        &mut self,
        clip: &Block<'_, i16>,
        events: &[Option<Block<'_, Event>>],
    ) -> Result<Flow, StageFault> {
        let of_clip = |which: usize| {
            let newest = events[which].as_ref().filter(|events| events.at == clip.at)?;
            let best =
                newest.iter().filter(|event| event.is_some()).max_by(|a, b| a.score.total_cmp(&b.score))?;
            Some((&self.names[which], *best))
        };
        let decision: Decision<'_> = match of_clip(0) {
            Some(event) => ("confirmed", Some(event)),
            None => match (1..events.len()).find_map(of_clip) {
                Some(event) => ("near_miss", Some(event)),
                None => ("vetoed", None),
            },
        };
        let wanted = match self.keep {
            Kept::All => true,
            Kept::Confirmed => decision.0 == "confirmed",
            Kept::Rejected => decision.0 != "confirmed",
        };
        if wanted {
            let name = self.write(clip, &decision)?;
            let line = line(&name, clip.at, &decision);
            if let Some(manifest) = &mut self.manifest {
                manifest.write_all(line.as_bytes()).map_err(|error| failed(&self.folder, &error))?;
            }
        }
        Ok(Flow::Skip)
    }

    /// Writes the sound to a file of a name that is free, and tells the name.
    fn write(&self, clip: &Block<'_, i16>, (decision, event): &Decision<'_>) -> Result<String, StageFault> {
        let stem = match event {
            Some((names, event)) => format!("{}-{decision}", file_stem(clip.at, names, event)),
            None => format!("{:012}-{decision}", clip.at),
        };
        for count in 1_u32.. {
            let name = if count == 1 { format!("{stem}.wav") } else { format!("{stem}-{count}.wav") };
            let path = self.folder.join(&name);
            match File::create_new(&path) {
                Ok(file) => {
                    self.sound(file, clip).map_err(|error| failed(&path, &error))?;
                    return Ok(name);
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&path, &error)),
            }
        }
        Err(StageFault::new("no name is free for a clip"))
    }

    fn sound(&self, file: File, clip: &Block<'_, i16>) -> Result<(), hound::Error> {
        let spec = WavSpec {
            channels: 1,
            sample_rate: self.clock,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut writer = WavWriter::new(BufWriter::new(file), spec)?;
        clip.iter().try_for_each(|sample| writer.write_sample(*sample))?;
        writer.finalize()
    }
}

/// The line of a clip in the manifest.
fn line(name: &str, tick: u64, (decision, event): &Decision<'_>) -> String {
    let (guess, score) = match event {
        Some((names, event)) => (names.label(event).to_string(), format!("{:.4}", event.score)),
        None => (String::new(), String::new()),
    };
    let label = if *decision == "confirmed" { guess.as_str() } else { "_unknown_" };
    format!("{},{},,,{decision},{},{score},{tick}\n", cell(name), cell(label), cell(&guess))
}

/// A cell of a CSV file.
fn cell(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> StageFault {
    StageFault::because(format!("cannot write a clip to `{}`: {error}", path.display()))
}

impl Stage for Judged {
    type In = (i16, Event);
    type Out = ();

    fn start(&mut self) -> Result<(), StageFault> {
        self.0.start()
    }

    fn process(&mut self, (clip, verdict): Read<'_, Self::In>, (): ()) -> Result<Flow, StageFault> {
        self.0.take(&clip, &[verdict])
    }

    fn recover(&mut self) -> Result<(), StageFault> {
        self.0.start()
    }
}

impl Stage for JudgedTwice {
    type In = (i16, Event, Event);
    type Out = ();

    fn start(&mut self) -> Result<(), StageFault> {
        self.0.start()
    }

    fn process(&mut self, (clip, verdict, near): Read<'_, Self::In>, (): ()) -> Result<Flow, StageFault> {
        self.0.take(&clip, &[verdict, near])
    }

    fn recover(&mut self) -> Result<(), StageFault> {
        self.0.start()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kws_engine::Port;

    fn keeper(folder: &Path, keep: Kept) -> Keeper {
        let mut port = Port::source(Element::Event, vec![1], Role::EVENTS, 1000, 20);
        port.labels = vec!["y,s".to_owned()];
        port.points = vec!["wake".to_owned()];
        let names = vec![Names::of(&port, "verdict").unwrap(), Names::of(&port, "near").unwrap()];
        let mut keeper = Keeper { folder: folder.to_owned(), keep, clock: 1000, names, manifest: None };
        keeper.start().unwrap();
        keeper
    }

    /// Three clips: one that is confirmed, one that comes near, one that is nothing; old events stand beside the last.
    fn feed(keeper: &mut Keeper) {
        let event = [Event { label: 0, point: 0, score: 0.9, start: 0, end: 90 }];
        let events = |at| Some(Block { at, items: &event[..] });
        for (at, verdict, near) in [
            (100, events(100), events(100)),
            (200, events(100), events(200)),
            (300, events(100), events(200)),
        ] {
            let clip = Block { at, items: &[1_i16, 2, 3][..] };
            assert_eq!(keeper.take(&clip, &[verdict, near]), Ok(Flow::Skip));
        }
    }

    #[test]
    fn each_clip_has_a_file_and_a_line_with_what_was_decided() {
        let dir = tempfile::tempdir().unwrap();
        feed(&mut keeper(dir.path(), Kept::All));
        let manifest = std::fs::read_to_string(dir.path().join("manifest.csv")).unwrap();
        let expected = "path,label,speaker,split,decision,guess,score,tick\n\
                        000000000100-y_s-wake-confirmed.wav,\"y,s\",,,confirmed,\"y,s\",0.9000,100\n\
                        000000000200-y_s-wake-near_miss.wav,_unknown_,,,near_miss,\"y,s\",0.9000,200\n\
                        000000000300-vetoed.wav,_unknown_,,,vetoed,,,300\n";
        assert_eq!(manifest, expected);
        let mut reader = hound::WavReader::open(dir.path().join("000000000300-vetoed.wav")).unwrap();
        assert_eq!(reader.samples::<i16>().map(Result::unwrap).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn a_later_run_adds_to_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        feed(&mut keeper(dir.path(), Kept::Rejected));
        feed(&mut keeper(dir.path(), Kept::Rejected));
        let manifest = std::fs::read_to_string(dir.path().join("manifest.csv")).unwrap();
        assert_eq!(manifest.matches("path,label").count(), 1);
        assert!(
            manifest.contains("000000000300-vetoed-2.wav") && !manifest.contains("confirmed"),
            "{manifest}"
        );
    }
}
