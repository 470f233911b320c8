//! TFLite Micro's audio preprocessor, a `.tflite` of signal operators, in our runtime: its published features, and ours of
//! `micro_frontend`, which are the same arithmetic.
//!
//! `.ci/oracles` compares the file with TFLite Micro itself (`stages/nn/tests/parity.rs`).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use kws_stages::audio::micro_frontend::{Analyser, CHANNELS, Feature, Reference, Tables, WINDOW};
use kws_stages::nn::Model;
use kws_tests::shared_data;

/// What TFLite Micro's `audio_preprocessor_test.py` expects of 30 ms of "yes".
const YES: [i8; CHANNELS] = [
    124, 105, 126, 103, 125, 101, 123, 100, 116, 98, 115, 97, 113, 90, 91, 82, 104, 96, 117, 97, 121, 103,
    126, 101, 125, 104, 126, 104, 125, 101, 116, 90, 81, 74, 80, 71, 83, 76, 82, 71,
];
/// And of "no".
const NO: [i8; CHANNELS] = [
    126, 103, 124, 102, 124, 102, 123, 100, 118, 97, 118, 100, 118, 98, 121, 100, 121, 98, 117, 91, 96, 74,
    54, 87, 100, 87, 109, 92, 91, 80, 64, 55, 83, 74, 74, 78, 114, 95, 101, 81,
];

/// The model with the estimate of the noise that it keeps.
struct Preprocessor {
    model: Model,
    arena: Vec<i8>,
}

impl Preprocessor {
    fn open(models: &Path) -> Self {
        let bytes = fs::read(models.join("audio_preprocessor_int8.tflite")).unwrap();
        let model = Model::open(&bytes).unwrap_or_else(|error| panic!("{error}"));
        Self { arena: model.arena(), model }
    }

    fn features(&mut self, window: &[i16; WINDOW]) -> [i8; CHANNELS] {
        let input = self.model.plan().input_mut(&mut self.arena);
        let bytes = window.iter().flat_map(|sample| sample.to_le_bytes());
        input.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte as i8);
        self.model.run(&mut self.arena);
        *self.model.plan().output(&self.arena).as_array().unwrap()
    }
}

fn samples(recording: &Path) -> Vec<i16> {
    // A WAV file's header is 44 bytes long.
    let bytes = fs::read(recording).unwrap();
    bytes[44..].as_chunks().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
}

#[test]
fn its_features_are_those_that_tflite_micro_publishes() {
    let Some(models) = shared_data("models") else { return };
    for (name, published) in [("yes", YES), ("no", NO)] {
        let window = samples(&models.join(format!("tflm_testdata/{name}_30ms.wav")));
        let features = Preprocessor::open(&models).features(window.first_chunk().unwrap());
        assert_eq!(features, published, "`{name}_30ms.wav`");
    }
}

#[test]
fn its_features_are_those_of_micro_frontend() {
    let Some(models) = shared_data("models") else { return };
    let mut stream = spikes();
    for name in ["silence", "noise", "yes", "no"] {
        stream.extend(samples(&models.join(format!("tflm_testdata/{name}_1000ms.wav"))));
    }
    stream.extend(noise());
    let (mut preprocessor, tables) = (Preprocessor::open(&models), Tables::new(Reference::TfliteMicro));
    let (mut analyser, mut frames) = (Analyser::new(&tables), 0);
    for window in stream.windows(WINDOW).step_by(320) {
        let (window, mut features) = (window.first_chunk().unwrap(), [0; CHANNELS]);
        analyser.process(window, &mut features);
        assert_eq!(preprocessor.features(window), features.map(i8::encode), "frame {frames}");
        frames += 1;
    }
    println!("{frames} frames equal");
    assert!(frames >= 390, "{frames} frames");
}

/// Two seconds that swell from silence to full scale.
fn noise() -> Vec<i16> {
    let mut state = 1_u32;
    let samples = (0..32_000).map(|i| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 16) as i16) >> (15 - i / 2_000)
    });
    samples.collect()
}

/// Two seconds of near silence with a lowest sample in the middle of each window, where the weight is 1: what follows
/// decides how far TFLite Micro scales it.
fn spikes() -> Vec<i16> {
    (0..32_000)
        .map(|i| if i % 320 == 239 { i16::MIN } else { (i / 320 % 40 * (i % 3)) as i16 - 20 })
        .collect()
}
