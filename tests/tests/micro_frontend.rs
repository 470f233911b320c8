//! The integer front end against the C library and against TFLite Micro's operators, bit for bit.

use std::fs;
use std::path::{Path, PathBuf};

use kws_stages::audio::micro_frontend::{Analyser, CHANNELS, Feature, Reference, Tables, WINDOW};

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
        eprintln!("skipped: no `{}`; `tests/oracle/micro_frontend.py` makes it", folder.display());
        return;
    }
    let frames = compare(&folder);
    println!("{frames} frames equal");
    assert!(frames > 0);
}
