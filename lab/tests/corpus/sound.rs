//! Clips, and corpora of them.

use std::fs;
use std::path::Path;

use kws_lab::audio::write_wav;
use kws_lab::corpus::{MANIFEST, Table};

/// A second of faint noise with a gliding tone from 0.3 to 0.7 s; every seed sounds different.
pub(crate) fn word(seed: u32) -> Vec<i16> {
    word_at(seed, 4800, 6400, 16_000)
}

/// Faint noise with a gliding, trembling tone of `length` samples from `start` on.
pub(crate) fn word_at(seed: u32, start: usize, length: usize, whole: usize) -> Vec<i16> {
    let mut state = seed.wrapping_mul(2_654_435_761).max(1);
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        f64::from(state) / f64::from(u32::MAX)
    };
    let (mut phase, mut hz) = (0.0, 120.0 + 100.0 * random());
    (0..whole)
        .map(|i| {
            let noise = 16.0 * random() - 8.0;
            if i % 500 == 0 {
                hz = (hz * (0.8 + 0.5 * random())).clamp(90.0, 380.0);
            }
            phase += std::f64::consts::TAU * hz / 16_000.0;
            let voice: f64 = (1..20).map(|k| (phase * f64::from(k)).sin() / f64::from(k)).sum();
            let heard = if (start..start + length).contains(&i) { 4000.0 * voice } else { 0.0 };
            (heard + noise) as i16
        })
        .collect()
}

/// Writes a clip, with the folders above it.
pub(crate) fn put(path: &Path, samples: &[i16]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_wav(path, samples).unwrap();
}

/// Writes a WAV file at another rate, of two channels.
pub(crate) fn put_stereo(path: &Path, rate: u32, frames: usize, sample: impl Fn(usize) -> [f32; 2]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let sample_format = hound::SampleFormat::Float;
    let spec = hound::WavSpec { channels: 2, sample_rate: rate, bits_per_sample: 32, sample_format };
    let mut file = hound::WavWriter::create(path, spec).unwrap();
    (0..frames).flat_map(sample).for_each(|s| file.write_sample(s).unwrap());
    file.finalize().unwrap();
}

/// Frames of an MP3 file that is silent: 128 kbit/s at 44.1 kHz, 1152 samples each.
pub(crate) fn silent_mp3(frames: usize) -> Vec<u8> {
    let mut frame = vec![0u8; 417];
    frame[..4].copy_from_slice(&[0xff, 0xfb, 0x90, 0x64]);
    frame.repeat(frames)
}

/// A corpus of clips `(path, label, speaker, split)`, each a different word.
pub(crate) fn corpus(root: &Path, rows: &[(&str, &str, &str, &str)]) {
    for (seed, (path, ..)) in rows.iter().enumerate() {
        put(&root.join(path), &word(seed as u32 + 1));
    }
    manifest(root, rows);
}

/// The manifest of such a corpus.
pub(crate) fn manifest(root: &Path, rows: &[(&str, &str, &str, &str)]) {
    let mut table = Table::new(["path", "label", "speaker", "split"]);
    for (path, label, speaker, split) in rows {
        table.push([("path", *path), ("label", *label), ("speaker", *speaker), ("split", *split)]);
    }
    table.write(&root.join(MANIFEST)).unwrap();
}

/// A column of a table.
pub(crate) fn column(table: &Table, name: &str) -> Vec<String> {
    (0..table.len()).map(|row| table.get(row, name).to_owned()).collect()
}
