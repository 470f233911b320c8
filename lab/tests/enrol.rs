//! Enrolment: what is refused, and what is written.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod program;

use std::path::{Path, PathBuf};
use std::process::Command;

use kws_lab::audio::{RATE, write_wav};
use program::{fail, folder, lab, succeed};

/// The embedding that comes with the project.
fn embedding() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/models/embedding")
}

/// A voice: a pulse train of this pitch through two resonances that glide, in a quiet room.
fn word(pitch: f64, formants: [f64; 2], seed: u64, amplitude: f64) -> Vec<i16> {
    let mut noise = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = move || {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        (noise >> 40) as f64 / f64::from(1 << 24) - 0.5
    };
    let rate = f64::from(RATE);
    let (mut phase, mut past) = (0.0, [[0.0; 2]; 2]);
    let sample = |n: usize| {
        let t = n as f64 / rate;
        let inside = (0.4..0.9).contains(&t);
        phase += pitch * (1.0 + 0.1 * t) / rate;
        let pulse = if phase >= 1.0 {
            phase -= 1.0;
            1.0
        } else {
            0.0
        };
        let mut x = if inside { pulse + 0.02 * random() } else { 0.0 };
        for (state, formant) in past.iter_mut().zip(formants) {
            let (r, w) = (0.97, std::f64::consts::TAU * formant * (1.0 + 0.3 * t) / rate);
            let y = x + 2.0 * r * w.cos() * state[0] - r * r * state[1];
            *state = [y, state[0]];
            x = y * 0.2;
        }
        (amplitude * x + 6.0 * random()).clamp(-32_768.0, 32_767.0) as i16
    };
    (0..RATE as usize * 13 / 10).map(sample).collect()
}

const DEEP: (f64, [f64; 2]) = (100.0, [600.0, 1400.0]);
const HIGH: (f64, [f64; 2]) = (230.0, [850.0, 2600.0]);
const LOUD: f64 = 60_000.0;

fn clips(folder: &Path, name: &str, (pitch, formants): (f64, [f64; 2]), count: u64) -> Vec<PathBuf> {
    let clip = |number| {
        let path = folder.join(format!("{name}{number}.wav"));
        write_wav(&path, &word(pitch * (1.0 + 0.02 * number as f64), formants, number + 1, LOUD)).unwrap();
        path
    };
    (0..count).map(clip).collect()
}

fn enrol(folder: &Path, clips: &[PathBuf], more: &[&str]) -> Command {
    let mut command = lab();
    command.current_dir(folder).arg("enrol").args(clips).arg("--embedding").arg(embedding()).args(more);
    command
}

const ANNA: [&str; 4] = ["--speaker", "anna", "--consent", "yes"];

#[test]
fn a_voice_becomes_a_small_model_that_the_runtime_runs() {
    let folder = folder("a_voice_becomes_a_small_model");
    let clips = clips(&folder, "deep", DEEP, 5);
    succeed(&mut enrol(&folder, &clips, &ANNA));
    let bytes = std::fs::read(folder.join("anna/model.tflite")).unwrap();
    assert!(bytes.len() <= 2048, "{} bytes", bytes.len());
    kws_stages::nn::Model::open(&bytes).unwrap();
    let card = std::fs::read_to_string(folder.join("anna/model.toml")).unwrap();
    for text in
        ["labels = [\"anna\"]", "consent = \"yes\"", "speaker = \"anna\"", "clips = 5", "kind = \"stack\""]
    {
        assert!(card.contains(text), "`{text}` is not in {card}");
    }
}

#[test]
fn a_word_becomes_a_file_that_the_stage_reads() {
    let folder = folder("a_word_becomes_a_file");
    let clips = clips(&folder, "deep", DEEP, 4);
    succeed(&mut enrol(&folder, &clips, &[&ANNA[..], &["--word", "lumos", "--output", "l.toml"]].concat()));
    let text = std::fs::read_to_string(folder.join("l.toml")).unwrap();
    let word = kws_stages::decide::EnrolledWord::parse(&text).unwrap();
    assert_eq!((word.word.as_str(), word.direction.len()), ("lumos", 128));
    assert!(word.direction.iter().any(|d| d.unsigned_abs() == 127));
}

#[test]
fn an_enrolled_word_becomes_a_page_for_boards() {
    let folder = folder("an_enrolled_word_becomes_a_page");
    let clips = clips(&folder, "deep", DEEP, 4);
    succeed(&mut enrol(&folder, &clips, &[&ANNA[..], &["--word", "lumos", "--output", "l.toml"]].concat()));
    succeed(lab().current_dir(&folder).args(["enrol", "page", "l.toml", "--output", "page.bin"]));
    let page = std::fs::read(folder.join("page.bin")).unwrap();
    assert_eq!((&page[..8], page.len()), (&b"KWSM\x01\0\x01\0"[..], 16 + 128 + 129 + 4));
    std::fs::write(folder.join("bad.toml"), "word = 3").unwrap();
    let error = fail(lab().current_dir(&folder).args(["enrol", "page", "bad.toml", "--output", "no.bin"]));
    assert!(error.contains("`bad.toml` is no enrolled word") && !folder.join("no.bin").exists(), "{error}");
    let text = std::fs::read_to_string(folder.join("l.toml")).unwrap();
    std::fs::write(folder.join("other.toml"), text.replace("zero_point = -128", "zero_point = -127"))
        .unwrap();
    let command = ["enrol", "page", "l.toml", "other.toml", "--output", "no.bin"];
    let error = fail(lab().current_dir(&folder).args(command));
    assert!(error.contains("another embedding or bank"), "{error}");
}

/// Runs an enrolment that must be refused for this reason and write nothing.
fn refused(folder: &Path, clips: &[PathBuf], more: &[&str], why: &str) {
    let before = std::fs::read_dir(folder).unwrap().count();
    let error = fail(&mut enrol(folder, clips, more));
    assert!(error.contains(why) && error.contains("nothing was enrolled"), "expected `{why}`: {error}");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), before, "{why}");
}

#[test]
fn bad_clips_are_reported_and_nothing_is_written() {
    let folder = folder("bad_clips_are_reported");
    let good = clips(&folder, "deep", DEEP, 4);
    let with = |samples: &[i16]| {
        let path = folder.join("odd.wav");
        write_wav(&path, samples).unwrap();
        [&good[..3], &[path]].concat()
    };
    let plain = word(DEEP.0, DEEP.1, 9, LOUD);
    refused(&folder, &good, &["--speaker", "anna"], "no consent");
    refused(&folder, &good, &["--speaker", "anna", "--consent", " "], "no consent");
    refused(&folder, &good, &["--consent", "yes"], "`--speaker` is missing");
    write_wav(&folder.join("odd.wav"), &[0]).unwrap();
    refused(&folder, &with(&[0; 16_000]), &ANNA, "silent");
    refused(&folder, &with(&word(DEEP.0, DEEP.1, 9, 100.0 * LOUD)), &ANNA, "clipped");
    refused(&folder, &with(&plain[..3000]), &ANNA, "odd.wav");
    let noise: Vec<i16> = (0..20_000i32).map(|n| (n.wrapping_mul(7919) % 2400 - 1200) as i16).collect();
    let loud_room: Vec<i16> = plain.iter().zip(&noise).map(|(a, b)| a.saturating_add(*b)).collect();
    refused(&folder, &with(&loud_room), &ANNA, "different rooms");
    let other = clips(&folder, "high", HIGH, 1);
    refused(&folder, &[&good[..], &other[..]].concat(), &ANNA, "two speakers");
}

#[test]
fn too_few_clips_and_missing_files_are_reported() {
    let folder = folder("too_few_clips");
    let good = clips(&folder, "deep", DEEP, 2);
    let error = fail(&mut enrol(&folder, &good, &ANNA));
    assert!(error.contains("found 2 clips, expected at least 3"), "{error}");
    let error = fail(&mut enrol(&folder, &[folder.join("none.wav")], &ANNA));
    assert!(error.contains("does not exist"), "{error}");
}

#[test]
fn an_embedding_without_a_bank_is_reported() {
    let folder = folder("embedding_without_a_bank");
    let clips = clips(&folder, "deep", DEEP, 3);
    for name in ["model.tflite", "model.toml"] {
        std::fs::copy(embedding().join(name), folder.join(name)).unwrap();
    }
    let enrol = || fail(lab().arg("enrol").args(&clips).args(ANNA).arg("--embedding").arg(&folder));
    let error = enrol();
    assert!(error.contains("what `kws-run --unpack` writes has no bank"), "{error}");
    std::fs::copy(embedding().join("train.toml"), folder.join("train.toml")).unwrap();
    let error = enrol();
    assert!(error.contains("`kws-lab enrol bank ") && error.contains("makes it"), "{error}");
}

/// What pages tell words apart from is what the lab does. `KWS_ACCEPT=1` writes it anew.
#[test]
fn the_bank_of_pages_is_the_labs() {
    let ear = kws_lab::enrol::Ear::open(&embedding()).unwrap();
    let bank = kws_lab::enrol::Bank::open(&embedding(), &ear).unwrap().words();
    let path = embedding().join("words.bank");
    if std::env::var_os("KWS_ACCEPT").is_some() {
        std::fs::write(&path, bank.bytes()).unwrap();
    }
    let kept = kws_stages::enrol::WordBank::read(&std::fs::read(&path).unwrap()).unwrap();
    assert!(kept == bank, "`words.bank` is not what `bank.npy` says; `KWS_ACCEPT=1` writes it anew");
}
