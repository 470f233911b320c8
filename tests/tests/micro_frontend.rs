//! The integer front end against the C library and against TFLite Micro's operators, bit for bit.

use std::fs;
use std::path::{Path, PathBuf};

use kws_engine::{
    Cost, Design, DesignError, Element, Kind, Pipeline, Plan, Port, Registry, Role, Simple, Site,
};
use kws_stages::audio::micro_frontend::{Analyser, CHANNELS, Feature, Reference, Tables, WINDOW};
use kws_stages::nn::Model;
use kws_tests::skipped;

const HOPS_MS: [usize; 2] = [10, 20];

fn samples(path: &Path) -> Vec<i16> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    bytes.as_chunks().0.iter().map(|&pair| i16::from_le_bytes(pair)).collect()
}

fn features(samples: &[i16], hop: usize, reference: Reference) -> Vec<[u16; CHANNELS]> {
    let mut analyser = Analyser::new(Box::new(Tables::new(reference)));
    let windows = (0..samples.len()).step_by(hop).map_while(|start| samples[start..].first_chunk::<WINDOW>());
    windows
        .map(|window| {
            let mut frame = [0; CHANNELS];
            analyser.process(window, &mut frame);
            frame
        })
        .collect()
}

/// Compares everything in `folder` for which there is a `.samples`; returns the number of frames compared.
fn compare(folder: &Path) -> usize {
    let mut frames = 0;
    for entry in fs::read_dir(folder).expect("the folder was there a moment ago") {
        let path = entry.expect("a folder that can be read").path();
        if path.extension().is_none_or(|extension| extension != "samples") {
            continue;
        }
        let stream = samples(&path);
        for hop_ms in HOPS_MS {
            frames +=
                compare_with_c(&path, &stream, hop_ms) + compare_with_tflite_micro(&path, &stream, hop_ms);
        }
    }
    frames
}

fn compare_with_c(path: &Path, stream: &[i16], hop_ms: usize) -> usize {
    let expected = path.with_extension(format!("hop{hop_ms}"));
    let bytes = fs::read(&expected).unwrap_or_else(|error| panic!("`{}`: {error}", expected.display()));
    let found = features(stream, hop_ms * 16, Reference::CLibrary);
    assert_eq!(found.len() * CHANNELS * 2, bytes.len(), "`{}`: number of frames", expected.display());
    for (frame, (found, bytes)) in found.iter().zip(bytes.chunks_exact(2 * CHANNELS)).enumerate() {
        let wanted: Vec<u16> = bytes.as_chunks().0.iter().map(|&pair| u16::from_le_bytes(pair)).collect();
        assert_eq!(found[..], wanted[..], "`{}`, frame {frame}", expected.display());
    }
    found.len()
}

fn compare_with_tflite_micro(path: &Path, stream: &[i16], hop_ms: usize) -> usize {
    let expected = path.with_extension(format!("tflm{hop_ms}"));
    let bytes = fs::read(&expected).unwrap_or_else(|error| panic!("`{}`: {error}", expected.display()));
    let found = features(stream, hop_ms * 16, Reference::TfliteMicro);
    for (frame, (found, bytes)) in found.iter().zip(bytes.chunks_exact(CHANNELS)).enumerate() {
        let wanted: Vec<i8> = bytes.iter().map(|&byte| byte.cast_signed()).collect();
        assert_eq!(found.map(i8::encode)[..], wanted[..], "`{}`, frame {frame}", expected.display());
    }
    bytes.len() / CHANNELS
}

#[test]
fn equals_the_committed_vectors() {
    assert!(compare(&Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/micro_frontend")) > 100);
}

/// Minutes of real audio, which the project does not carry:
/// `python tests/oracle/micro_frontend.py ../shared/data target/vectors/micro_frontend`.
#[test]
fn equals_the_oracle_on_minutes_of_audio() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/vectors/micro_frontend"));
    if !folder.is_dir() {
        skipped("`target/vectors/micro_frontend` is missing; `.ci/oracles` writes it");
        return;
    }
    let frames = compare(&folder);
    println!("{frames} frames equal");
    assert!(frames > 0);
}

/// The four recordings of TFLite Micro's micro_speech example, classified by its model.
#[test]
fn micro_speech_hears_what_its_example_hears() {
    let models = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/models"));
    let Ok(bytes) = fs::read(models.join("micro_speech_quantized.tflite")) else {
        skipped("it needs `../shared/data/models/micro_speech_quantized.tflite`, which is missing");
        return;
    };
    let model = Model::open(&bytes).expect("a model that the runtime knows");
    for (name, label) in [("silence", 0), ("noise", 0), ("yes", 2), ("no", 3)] {
        let recording = samples(&models.join(format!("tflm_testdata/{name}_1000ms.wav")));
        // A WAV file's header is 44 bytes long. The model takes the noise for silence, in the example too.
        let features = features(&recording[22..], 320, Reference::TfliteMicro);
        let mut arena = model.arena();
        let input = &mut arena[model.inputs()[0].span.range()];
        assert_eq!(input.len(), features.len() * CHANNELS);
        input.iter_mut().zip(features.iter().flatten()).for_each(|(to, &value)| *to = i8::encode(value));
        model.run(&mut arena);
        let output = &arena[model.outputs()[0].span.range()];
        let heard = (0..output.len()).max_by_key(|&k| output[k]);
        assert_eq!(heard, Some(label), "`{name}`: {output:?}");
    }
}

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Microphone {
    rate: u32,
}

impl Kind for Microphone {
    const NAME: &'static str = "microphone";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let block = site.block.unwrap_or(512);
        let port = Port::source(Element::I16, vec![block as usize], Role::SAMPLES, self.rate, block);
        Ok(Simple::boxed(Some(port), Cost::default(), || unreachable!("planned only")))
    }
}

fn planned(rate: u32, params: &str) -> Result<Port, String> {
    let mut registry = Registry::new();
    kws_stages::register(&mut registry);
    registry.add::<Microphone>();
    let text = format!(
        "name = \"t\"\n[[stage]]\nkind = \"microphone\"\nrate = {rate}\n[[stage]]\nkind = \"micro_frontend\"\n{params}"
    );
    let plan = Pipeline::parse(&text, "t.toml", Path::new("."))
        .and_then(|pipeline| Plan::new(&pipeline, &registry))
        .map_err(|error| error.to_string())?;
    Ok(plan.stage("micro_frontend").and_then(|stage| stage.output.clone()).expect("it is no sink"))
}

#[test]
fn the_planner_knows_what_it_writes() {
    let port = planned(16_000, "").expect("defaults do");
    assert_eq!(
        port.to_string(),
        "features i8[40] (scale 0.101960786 zero point -128) every 320 of 16000 ticks/s"
    );
    assert_eq!(port.delay, 160);
    let port = planned(16_000, "hop_ms = 10\nencoding = \"raw\"\n").expect("microWakeWord's hop");
    assert_eq!(
        port.to_string(),
        "features i16[40] (scale 0.0390625 zero point 0) every 160 of 16000 ticks/s"
    );
    assert_eq!(port.delay, 0);
}

#[test]
fn another_rate_is_refused() {
    let error = planned(8_000, "").expect_err("the tables are made for one rate");
    assert!(error.contains("of 8000 ticks/s, expected one sample at each of 16000"), "{error}");
}
