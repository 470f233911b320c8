//! Reads hostile text as what stands beside a model: microWakeWord's manifest, and `model.toml`.
#![no_main]

use kws_stages::nn::{Manifest, ModelInfo};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for refusal in [Manifest::parse(text).err(), ModelInfo::parse(text).err()].into_iter().flatten() {
        assert!(!refusal.is_empty());
    }
    if let Ok(manifest) = Manifest::parse(text) {
        let _ = manifest.cutoff();
        assert!((0.0..=1.0).contains(&manifest.probability_cutoff));
    }
});
