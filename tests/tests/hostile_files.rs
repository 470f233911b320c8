//! Files that cost hours, gigabytes or a panic once, from `../shared/data/hostile`.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod io;

use std::path::Path;

use io::{plan, refusal, run_plan};
use kws_tests::shared_data;

fn source(kind: &str, path: &Path) -> String {
    format!("[[stage]]\nkind = \"{kind}\"\npath = {path:?}\n[[stage]]\nkind = \"catch\"\n")
}

#[test]
fn each_is_refused_before_it_costs_anything() {
    let Some(hostile) = shared_data("hostile") else { return };
    for (kind, name, expected) in [
        ("image_files", "files/bomb_1025_bytes.jpg", "which take 805 MB to decode, expected at most 250 MB"),
        ("image_files", "files/bomb_1080_bytes.bmp", "which take 805 MB to decode, expected at most 250 MB"),
        ("image_files", "files/bomb_16384_1bit.png", "which take 268 MB to decode, expected at most 250 MB"),
        ("image_files", "files/bomb_16384_grey.png", "which take 268 MB to decode, expected at most 250 MB"),
        ("image_files", "files/cut_with_eoi.jpg", "it is truncated: the JPEG ends before its last row"),
        ("audio_file", "audio_HANG_1_11145.wav", "states a sample rate of 1 Hz"),
        ("audio_file", "audio_HANG_1_8007.wav", "states a sample rate of 1 Hz"),
        ("audio_file", "audio_HANG_1_9707.wav", "states a sample rate of 1 Hz"),
        ("audio_file", "files/rate767999.wav", "whose greatest common divisor is 1"),
        ("replay", "replay_shape_1T/x", "shape"),
        ("replay", "replay_shape_max/x", "no memory can hold a block"),
        ("replay", "replay_shape_ovf1/x", "no memory can hold a block"),
    ] {
        let text = refusal(Path::new(""), &source(kind, &hostile.join(name)));
        assert!(text.contains(expected), "{name}: {text}");
    }
}

#[test]
fn samples_that_are_no_numbers_are_reported() {
    let Some(hostile) = shared_data("hostile") else { return };
    let played = |name: &str| {
        let toml = source("audio_file", &hostile.join("files").join(name));
        run_plan(&plan(Path::new(""), &toml).unwrap()).1
    };
    let nan = played("nan44.wav");
    assert_eq!((nan.fault, nan.gaps.len()), (None, 1));
    let infinite = played("inf44.wav").fault.unwrap().to_string();
    assert!(infinite.contains("all that is left of it is damaged"), "{infinite}");
}
