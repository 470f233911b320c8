//! The same pipelines and recordings on this computer.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

use kws_engine::run::GapReport;
use kws_engine::{
    Block, Cost, Design, DesignError, Element, Event, Flow, Item, Kind, Pipeline, Plan, Simple, Site, Stage,
    StageFault, node,
};
use kws_tests::{over_recording, root, shared_data};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The shipped pipelines.
pub(crate) fn pipelines() -> PathBuf {
    root().join("pipelines")
}

/// A folder of these tests' own.
pub(crate) fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("emulated");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// One of the shipped recordings as a WAV file.
pub(crate) fn recording(name: &str) -> PathBuf {
    written(name, || samples(&root().join("pipelines/recordings").join(name).with_extension("flac")))
}

/// Two minutes of spoken words, of which some are commands; `None` where the data is not here.
pub(crate) fn two_minutes() -> Option<PathBuf> {
    let words = ["yes", "cat", "no", "up", "down", "left", "dog", "right", "on", "off", "stop", "go"];
    let clips = shared_data("speech_commands")?;
    let sound = || {
        let of = |word: &str| -> Vec<PathBuf> {
            let listed = fs::read_dir(clips.join(word)).unwrap().map(|entry| entry.unwrap().path());
            let mut listed: Vec<PathBuf> = listed.collect();
            listed.sort();
            listed
        };
        let clips: Vec<Vec<PathBuf>> = words.into_iter().map(of).collect();
        let one_each = |number: usize| clips.iter().map(move |of_word| &of_word[number]);
        let spoken = (0..8).flat_map(one_each).flat_map(|clip| {
            let mut spoken = samples(clip);
            spoken.resize(20_000, 0);
            spoken
        });
        spoken.collect()
    };
    Some(written("two_minutes", sound))
}

/// The wake word pipeline with the reference models, which also tells of any voice: nobody says its word here.
pub(crate) fn wake_word() -> Option<PathBuf> {
    const VOICE: &str =
        "[[stage]]\nname = \"voice\"\nkind = \"wake_word\"\ninputs = [\"vad\"]\nwarm_up = 50\n";
    let models = std::path::absolute(shared_data("models")?).unwrap();
    let text = fs::read_to_string(pipelines().join("wake_word.toml")).unwrap();
    let text = text.replace("wake_words/", &format!("{}/", models.display()));
    let print = "[[stage]]\nkind = \"print\"";
    assert!(text.contains(print));
    let text = text.replace(print, &format!("{VOICE}\n{print}\ninputs = [\"wake_word\", \"voice\"]"));
    let path = folder().join("wake_word.toml");
    fs::write(&path, text).unwrap();
    Some(path)
}

/// A WAV file of these tests, made once.
pub(crate) fn written(name: &str, samples: impl FnOnce() -> Vec<i16>) -> PathBuf {
    static MAKING: Mutex<()> = Mutex::new(());
    let _alone = MAKING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let path = folder().join(name).with_extension("wav");
    if !path.exists() {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let unfinished = path.with_extension("part");
        let mut writer = hound::WavWriter::create(&unfinished, spec).unwrap();
        samples().into_iter().for_each(|sample| writer.write_sample(sample).unwrap());
        writer.finalize().unwrap();
        fs::rename(unfinished, &path).unwrap();
    }
    path
}

/// The samples of any recording.
pub(crate) fn samples(recording: &Path) -> Vec<i16> {
    let toml = format!(
        "[[stage]]\nkind = 'audio_file'\nname = 'sound'\npath = '{}'\nblock = 1\n[[stage]]\nkind = 'tap'\n",
        std::path::absolute(recording).unwrap().display()
    );
    let pipeline = Pipeline::parse(&toml, "samples.toml", Path::new(".")).unwrap();
    let bytes = edges(&pipeline).remove("sound").unwrap();
    bytes.as_chunks().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
}

/// What a run printed.
pub(crate) struct Heard {
    pub(crate) events: String,
    pub(crate) gaps: Vec<GapReport>,
}

/// Runs a pipeline over a recording.
pub(crate) fn run(pipeline: &Path, wav: &Path) -> Heard {
    heard(&with_sinks(pipeline, wav))
}

/// Runs a pipeline over a recording that a `fault` stage of these parameters disturbs.
pub(crate) fn run_with(pipeline: &Path, wav: &Path, fault: &str) -> Heard {
    let sound = with_sinks(pipeline, wav);
    let text = sound.to_toml();
    let mut stages: Vec<&str> = text.split("\n[[stage]]\n").collect();
    let fault = format!("kind = \"fault\"\nname = \"mic with disturbances\"\n{fault}\n");
    // The first piece is what stands before all stages.
    stages.insert(2, &fault);
    let text = stages.join("\n[[stage]]\n");
    heard(&Pipeline::parse(&text, "disturbed.toml", &pipelines()).unwrap())
}

/// Where the events of a run on this computer go.
pub(crate) fn events() -> PathBuf {
    folder().join(format!("{:?}.jsonl", std::thread::current().id()))
}

fn with_sinks(pipeline: &Path, wav: &Path) -> Pipeline {
    let pipeline = std::path::absolute(pipeline).unwrap();
    over_recording(&pipeline.to_string_lossy(), wav, 1, &events())
}

/// Runs a pipeline whose sink writes to [`events`].
pub(crate) fn heard(pipeline: &Pipeline) -> Heard {
    let plan = Plan::new(pipeline, &kws_host::registry()).unwrap_or_else(|error| panic!("{error}"));
    let outcome = plan.run_here(|_, node| node).unwrap_or_else(|fault| panic!("{fault}"));
    Heard { events: fs::read_to_string(events()).unwrap(), gaps: outcome.gaps }
}

/// What stages of the kind `tap` have read, by the stage that wrote it, items one after the other, lowest byte first.
pub(crate) fn edges(pipeline: &Pipeline) -> BTreeMap<String, Vec<u8>> {
    static TAPPING: Mutex<()> = Mutex::new(());
    let _alone = TAPPING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let mut registry = kws_host::registry();
    registry.add::<TapParams>();
    let plan = Plan::new(pipeline, &registry).unwrap_or_else(|error| panic!("{error}"));
    plan.run_here(|_, node| node).unwrap_or_else(|fault| panic!("{fault}"));
    std::mem::take(&mut *TAPPED.lock().unwrap())
}

static TAPPED: LazyLock<Mutex<BTreeMap<String, Vec<u8>>>> = LazyLock::new(Mutex::default);

/// The firmware's `tap` on this computer: keeps what it reads.
#[derive(Serialize, Deserialize, JsonSchema)]
struct TapParams {}

impl Kind for TapParams {
    const NAME: &'static str = "tap";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let (element, from) = (site.inputs[0].element, site.from[0].clone());
        Ok(Simple::boxed(None, Cost::default(), move || {
            let from = from.clone();
            Ok(match element {
                Element::I8 => node(Tap { from, put: |item: i8| item.to_le_bytes().into() }),
                Element::U8 => node(Tap { from, put: |item: u8| item.to_le_bytes().into() }),
                Element::I16 => node(Tap { from, put: |item: i16| item.to_le_bytes().into() }),
                Element::F32 => node(Tap { from, put: |item: f32| item.to_le_bytes().into() }),
                Element::Event => node(Tap { from, put: |_: Event| Vec::new() }),
            })
        }))
    }
}

struct Tap<T> {
    from: String,
    put: fn(T) -> Vec<u8>,
}

impl<T: Item> Stage for Tap<T> {
    type In = T;
    type Out = ();

    fn process(&mut self, block: Block<'_, T>, (): ()) -> Result<Flow, StageFault> {
        let mut tapped = TAPPED.lock().unwrap();
        tapped.entry(self.from.clone()).or_default().extend(block.iter().copied().flat_map(self.put));
        Ok(Flow::Skip)
    }
}
