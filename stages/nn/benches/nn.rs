//! Time of one inference, for each reference model that is at hand and each kernel set of this computer.
//!
//! `cargo bench -p kws-nn --bench nn`

use std::fs;
use std::path::PathBuf;

use divan::Bencher;
use kws_nn::Model;
use kws_nn::kernels::KernelSet;

fn main() {
    divan::main();
}

fn models() -> Vec<String> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/models"));
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("skipped: no models in `{}`", folder.display());
        return Vec::new();
    };
    let mut models: Vec<String> = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let Ok(bytes) = fs::read(&path) else { continue };
        if path.extension().is_some_and(|e| e == "tflite") && Model::open(&bytes).is_ok() {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            models.extend(KernelSet::all().iter().map(|set| format!("{name} {}", set.name())));
        }
    }
    models.sort();
    models
}

/// What MLPerf's streaming wakeword takes every 32 ms: its window recomputed, and the frame that is new.
fn ways() -> Vec<String> {
    let sets = KernelSet::all();
    let of = |way: &str| sets.iter().map(|set| format!("{way} {}", set.name())).collect::<Vec<_>>();
    if fs::exists(path(WAKEWORD)).is_ok_and(|is| is) {
        [of("recomputed"), of("streamed")].concat()
    } else {
        Vec::new()
    }
}

const WAKEWORD: &str = "mlperf_streaming_wakeword_int8";

fn path(model: &str) -> PathBuf {
    PathBuf::from(format!("{}/../../../shared/data/models/{model}.tflite", env!("CARGO_MANIFEST_DIR")))
}

#[divan::bench(args = ways())]
fn wakeword_hop(bencher: Bencher<'_, '_>, case: &str) {
    let (way, kernels) = case.split_once(' ').expect("a way and a kernel set");
    let bytes = fs::read(path(WAKEWORD)).expect("a model that was there a moment ago");
    let kernels = KernelSet::named(kernels).expect("a kernel set of this computer");
    let model = match way {
        "streamed" => Model::open_streaming_for(&bytes, 40, Some(1), kernels),
        _ => Model::open_for(&bytes, kernels),
    };
    let model = model.expect("a model that opens");
    let mut arena = model.arena();
    bencher.bench_local(move || {
        model.run(&mut arena);
        divan::black_box(&mut arena);
    });
}

#[divan::bench(args = models())]
fn inference(bencher: Bencher<'_, '_>, case: &str) {
    let (name, kernels) = case.split_once(' ').expect("a model and a kernel set");
    let bytes = fs::read(path(name)).expect("a model that was there a moment ago");
    let kernels = KernelSet::named(kernels).expect("a kernel set of this computer");
    let model = Model::open_for(&bytes, kernels).expect("a model that opened a moment ago");
    let mut arena = model.arena();
    bencher.bench_local(move || {
        model.run(&mut arena);
        divan::black_box(&mut arena);
    });
}
