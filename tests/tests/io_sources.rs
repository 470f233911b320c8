//! Sources: every format, exact samples, gaps, and files that are missing, cut or damaged.
#![allow(clippy::unwrap_used)]

mod io;

use std::fs;
use std::path::Path;

use kws_engine::Plan;
use kws_engine::run::RunOptions;

use io::{noise, plan, refusal, run, run_to_fault, run_well, vector, write_wav};

fn play(params: &str) -> String {
    format!("[[stage]]\nkind = \"audio_file\"\n{params}\n[[stage]]\nkind = \"catch\"\n")
}

/// A folder with `noise.wav`: 16,100 samples of noise at 16 kHz.
fn folder() -> (tempfile::TempDir, Vec<i16>) {
    let dir = tempfile::tempdir().unwrap();
    let samples = noise(16_100);
    write_wav(&dir.path().join("noise.wav"), 16_000, 1, &samples);
    (dir, samples)
}

#[test]
fn wav_samples_come_through_exactly_and_whole_blocks_only() {
    let (dir, samples) = folder();
    let heard = run_well(dir.path(), &play("path = \"noise.wav\""));
    assert_eq!(heard.samples(), samples[..16_000]);
    assert_eq!(heard.ticks(), (1..=100).map(|block| block * 160).collect::<Vec<u64>>());
    let heard = run_well(dir.path(), &play("path = \"noise.wav\"\nblock = 700"));
    assert_eq!(heard.samples(), samples);
}

#[test]
fn a_flac_file_of_16_bits_comes_through_exactly() {
    let heard = run_well(Path::new(""), &play(&format!("path = {:?}\nblock = 100", vector("tone.flac"))));
    let wav = vector("tone.flac.s16le");
    let expected: Vec<i16> =
        fs::read(wav).unwrap().chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    assert_eq!(heard.samples(), expected);
}

/// Amplitude of 1 kHz, and of all else, in the middle of what is heard at 16 kHz.
fn tone_and_rest(samples: &[f32]) -> (f64, f64) {
    let middle = &samples[1600..3200];
    let (mut re, mut im, mut all) = (0.0, 0.0, 0.0);
    for (n, sample) in middle.iter().enumerate() {
        let angle = std::f64::consts::TAU * n as f64 / 16.0;
        let sample = f64::from(*sample);
        re += sample * angle.cos();
        im += sample * angle.sin();
        all += sample * sample;
    }
    let count = middle.len() as f64;
    let tone = 2.0 * re.hypot(im) / count;
    (tone, (all / count - tone * tone / 2.0).max(0.0).sqrt())
}

#[test]
fn every_format_is_heard_at_the_pipelines_rate() {
    for name in ["tone.flac", "tone.ogg", "tone.mp3", "untagged.mp3", "tone.m4a"] {
        let params = format!("path = {:?}\nformat = \"f32\"\nblock = 1", vector(name));
        let (heard, outcome) = run(Path::new(""), &play(&params));
        assert_eq!((outcome.fault, &outcome.gaps[..]), (None, &[][..]), "{name}");
        let samples = heard.singles();
        let (tone, rest) = tone_and_rest(&samples);
        // LAME turns down by 5 % what it encodes at few bits.
        assert!((tone - 0.5).abs() < 0.03 && rest < 0.01, "{name}: a tone of {tone} and {rest} else");
        // Longer than they were are an MP3 without its encoder's tag, and AAC, whose encoder's delay is kept.
        let expected = match name {
            "untagged.mp3" => 4800..7200,
            "tone.m4a" => 4800..5300,
            _ => 4800..4801,
        };
        assert!(expected.contains(&samples.len()), "{name}: {} samples", samples.len());
    }
}

#[test]
fn channels_are_mixed_or_picked() {
    let dir = tempfile::tempdir().unwrap();
    write_wav(&dir.path().join("two.wav"), 16_000, 2, &[[100, 300], [-5, -6]].concat());
    let of = |channel: &str| {
        let params = format!("path = \"two.wav\"\nblock = 2\nchannel = {channel}");
        run_well(dir.path(), &play(&params)).samples()
    };
    assert_eq!(of("\"mix\""), [200, -6]);
    assert_eq!(of("0"), [100, -5]);
    assert_eq!(of("1"), [300, -6]);
    let text = refusal(dir.path(), &play("path = \"two.wav\"\nchannel = 2"));
    assert!(text.contains("has 2 channels"), "{text}");
}

#[test]
fn normalising_divides_by_the_signed_maximum() {
    let dir = tempfile::tempdir().unwrap();
    write_wav(&dir.path().join("clip.wav"), 16_000, 1, &[-3000, 1500, 700, 0]);
    let params = "path = \"clip.wav\"\nblock = 4\nformat = \"f32\"\nnormalise = \"maximum\"\nrepeat = 2";
    let heard = run_well(dir.path(), &play(params)).singles();
    let once = [-2.0, 1.0, 700.0 / 1500.0, 0.0];
    assert_eq!(heard, [once, once].concat());
    let text = refusal(dir.path(), &play("path = \"clip.wav\"\nnormalise = \"maximum\""));
    assert!(text.contains("add `format = \"f32\"`"), "{text}");
}

#[test]
fn repeats_follow_each_other_with_silence_between() {
    let dir = tempfile::tempdir().unwrap();
    write_wav(&dir.path().join("clip.wav"), 16_000, 1, &noise(90));
    let params = "path = \"clip.wav\"\nblock = 106\nrepeat = 3\ntail_ms = 1";
    let heard = run_well(dir.path(), &play(params)).samples();
    let once = [&noise(90)[..], &[0; 16]].concat();
    assert_eq!(heard, [once.clone(), once.clone(), once].concat());
}

#[test]
fn a_file_that_cannot_be_played_is_refused_when_planned() {
    let (dir, _) = folder();
    let write = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
    write("empty.wav", b"");
    write("text.wav", b"this is not audio at all, whatever its name may say. ".repeat(40).as_slice());
    write("header.wav", &fs::read(dir.path().join("noise.wav")).unwrap()[..30]);
    write_wav(&dir.path().join("silent.wav"), 16_000, 1, &[]);
    write_wav(&dir.path().join("slow.wav"), 1, 1, &noise(16_000));
    for (name, expected) in [
        ("missing.wav", "cannot open"),
        ("empty.wav", "is not a supported audio file"),
        ("text.wav", "is not a supported audio file"),
        ("header.wav", "is not a supported audio file"),
        ("silent.wav", "contains no samples"),
        ("slow.wav", "states a sample rate of 1 Hz, expected 1000 to 768000 Hz"),
        ("", "is a folder"),
    ] {
        let text = refusal(dir.path(), &play(&format!("path = \"{name}\"")));
        assert!(text.starts_with("`path` of `audio_file`: ") && text.contains(expected), "{name}: {text}");
        assert!(text.contains("--> test.toml:3:8"), "{name}: {text}");
    }
}

#[test]
fn a_file_that_breaks_off_plays_what_there_is_and_then_fails() {
    let (dir, samples) = folder();
    let cut = |name: &str, from: &Path, keep: usize| {
        let bytes = fs::read(from).unwrap();
        fs::write(dir.path().join(name), &bytes[..keep.min(bytes.len() - 1)]).unwrap();
    };
    cut("cut.wav", &dir.path().join("noise.wav"), 44 + 2 * 8000);
    let (heard, fault) = run_to_fault(dir.path(), &play("path = \"cut.wav\""));
    assert!(
        fault.starts_with("stage `audio_file` failed: ") && fault.contains("cut.wav` is truncated at "),
        "{fault}"
    );
    assert!(fault.contains("states 1.006 s"), "{fault}");
    let heard = heard.samples();
    assert!(heard.len() > 6000 && heard == samples[..heard.len()], "{} samples", heard.len());
    for (name, tenths) in [("tone.flac", 6), ("pages.ogg", 9), ("tone.mp3", 6)] {
        cut(name, &vector(name), fs::read(vector(name)).unwrap().len() * tenths / 10);
        let (heard, fault) = run_to_fault(dir.path(), &play(&format!("path = \"{name}\"\nblock = 16")));
        assert!(fault.contains("is truncated at "), "{name}: {fault}");
        assert!(heard.samples().len() > 1000, "{name}: {} samples", heard.samples().len());
    }
}

#[test]
fn damage_in_the_middle_becomes_a_gap_of_whole_blocks() {
    let dir = tempfile::tempdir().unwrap();
    let mut bytes = fs::read(vector("tone.flac")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8].fill(0x55);
    fs::write(dir.path().join("damaged.flac"), bytes).unwrap();
    let (heard, outcome) = run(dir.path(), &play("path = \"damaged.flac\"\nblock = 160"));
    assert_eq!(outcome.fault, None);
    assert_eq!(outcome.gaps.len(), 1, "{:?}", outcome.gaps);
    let lost = outcome.gaps[0].lost;
    assert!(lost >= 576 && lost % 160 == 0, "{lost} ticks lost");
    assert_eq!(heard.samples().len() as u64 + lost, 4800);
    let whole = run_well(dir.path(), &play(&format!("path = {:?}", vector("tone.flac"))));
    for came in &heard.i16 {
        let same = whole.i16.iter().find(|block| block.at == came.at).unwrap();
        assert_eq!(came.items, same.items, "at {}", came.at);
    }
    assert_eq!(heard.i16.iter().filter(|came| came.reset).count(), 1);
}

/// Writes singles as a WAV file.
fn write_singles(path: &Path, rate: u32, samples: &[f32]) {
    let sample_format = hound::SampleFormat::Float;
    let spec = hound::WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 32, sample_format };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    samples.iter().for_each(|sample| writer.write_sample(*sample).unwrap());
    writer.finalize().unwrap();
}

#[test]
fn samples_that_are_no_numbers_become_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("singles.wav");
    for (rate, wrong) in [(16_000, f32::NAN), (44_100, f32::INFINITY), (48_000, f32::MAX)] {
        let mut samples = vec![0.25; rate as usize];
        samples[rate as usize / 2] = wrong;
        write_singles(&file, rate, &samples);
        let (heard, outcome) = run(dir.path(), &play("path = \"singles.wav\"\nformat = \"f32\""));
        assert_eq!((outcome.fault, outcome.gaps.len()), (None, 1), "{wrong} at {rate} Hz");
        assert!(heard.singles().iter().all(|sample| sample.abs() < 1.0), "{wrong} at {rate} Hz");
        // Nothing but such samples is no recording.
        write_singles(&file, rate, &vec![wrong; rate as usize]);
        let (_, fault) = run_to_fault(dir.path(), &play("path = \"singles.wav\"\nformat = \"f32\""));
        assert!(fault.contains("all that is left of it is damaged"), "{wrong} at {rate} Hz: {fault}");
    }
}

#[test]
fn no_damage_anywhere_hangs_or_panics() {
    let dir = tempfile::tempdir().unwrap();
    write_wav(&dir.path().join("noise.wav"), 16_000, 1, &noise(4000));
    let wav = dir.path().join("noise.wav");
    for from in [&wav, &vector("tone.flac"), &vector("tone.ogg"), &vector("tone.mp3"), &vector("tone.m4a")] {
        let whole = fs::read(from).unwrap();
        let name = format!("damaged.{}", from.extension().unwrap().to_str().unwrap());
        for place in (0..whole.len()).step_by(whole.len() / 24) {
            let mut bytes = whole.clone();
            let end = (place + 5).min(bytes.len());
            bytes[place..end].iter_mut().for_each(|byte| *byte ^= 0xa5);
            fs::write(dir.path().join(&name), bytes).unwrap();
            let Ok(plan) = plan(dir.path(), &play(&format!("path = \"{name}\""))) else { continue };
            let (_, outcome) = io::run_plan(&plan);
            let fault = outcome.fault.map(|fault| fault.to_string()).unwrap_or_default();
            assert!(!fault.contains("panicked"), "{name} damaged at {place}: {fault}");
        }
    }
}

#[test]
fn raw_samples_come_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let samples = noise(1000);
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    fs::write(dir.path().join("noise.raw"), &bytes).unwrap();
    fs::write(dir.path().join("odd.raw"), &bytes[..999]).unwrap();
    fs::write(dir.path().join("empty.raw"), b"").unwrap();
    let of = |params: &str| format!("[[stage]]\nkind = \"raw\"\n{params}\n[[stage]]\nkind = \"catch\"\n");
    let heard = run_well(dir.path(), &of("path = \"noise.raw\"\nrate = 8000"));
    assert_eq!(heard.samples(), samples[..960]);
    assert_eq!(heard.ticks()[..2], [80, 160]);
    for (name, expected) in [
        ("odd.raw", "has 999 bytes"),
        ("empty.raw", "is empty"),
        ("missing.raw", "cannot open"),
        (".", "is a folder"),
    ] {
        let text = refusal(dir.path(), &of(&format!("path = \"{name}\"")));
        assert!(text.contains(expected), "{name}: {text}");
    }
}

#[test]
fn a_microphone_falls_back_to_a_recording_and_says_so() {
    let (dir, samples) = folder();
    let of = |params: &str| format!("[[stage]]\nkind = \"mic\"\n{params}\n[[stage]]\nkind = \"catch\"\n");
    // Nothing takes the place of a microphone that is named.
    let named = "device = \"no such device\"\nfallback = \"noise.wav\"\non_fault = \"end\"";
    let named = io::plan(dir.path(), &of(named)).unwrap();
    let fault = |plan: &Plan| match plan.start_with(RunOptions::default(), |_, node| node) {
        Ok(running) => running.wait().fault.expect("another source runs in the place of a microphone"),
        // This computer has no library for microphones.
        Err(error) => error,
    };
    assert_eq!(fault(&named).stage, "mic");
    let text = refusal(dir.path(), &of("fallback = true"));
    assert!(text.contains("`fallback` of `mic`"), "{text}");
    if io::has_device("mic") {
        kws_tests::skipped("this computer has a microphone");
        return;
    }
    let plan = plan(dir.path(), &of("fallback = \"noise.wav\"")).unwrap();
    let [notice] = &plan.notices[..] else { panic!("{:?}", plan.notices) };
    assert!(notice.contains("replaying `noise.wav`"), "{notice}");
    assert_eq!(io::run_plan(&plan).0.samples(), samples[..16_000]);
    let ending = io::plan(dir.path(), &of("fallback = false\non_fault = \"end\"")).unwrap();
    assert_eq!(fault(&ending).stage, "mic");
    let text = refusal(dir.path(), &of("fallback = \"missing.wav\""));
    assert!(text.contains("`fallback` of `mic`: cannot open"), "{text}");
}

#[test]
fn a_wav_file_of_unknown_length_plays_to_its_end() {
    let (dir, samples) = folder();
    let mut bytes = fs::read(dir.path().join("noise.wav")).unwrap();
    // As programs write it into a pipe: the lengths of the file and of its data are not known.
    bytes[4..8].fill(0xff);
    bytes[40..44].fill(0xff);
    fs::write(dir.path().join("piped.wav"), &bytes[..44 + 2 * 11_520]).unwrap();
    let heard = run_well(dir.path(), &play("path = \"piped.wav\"")).samples();
    assert_eq!(heard, samples[..11_520]);
}
