//! Images through a pipeline with a camera, on the board and here: the same events and gaps, and the same posteriors.

use std::fs;
use std::path::{Path, PathBuf};

use kws_engine::Pipeline;
use kws_tests::{root, shared_data, skipped};
use serde_json::json;

use super::emulator::{Emulation, M4F, emulate_with};
use super::host::{self, Heard, folder, pipelines};

/// Photographs that are shown.
const PHOTOGRAPHS: usize = 48;
/// The most instructions that one may take. TFLite Micro takes 24.1 million for the model alone, with CMSIS-NN.
const MOST_INSTRUCTIONS: u64 = 20_000_000;

/// A list of photographs in which one file is damaged; `None` where the data is not here.
fn photographs() -> Option<PathBuf> {
    let entries = fs::read_dir(shared_data("person")?).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|ending| ending == "jpg"))
        .map(|path| fs::canonicalize(path).unwrap())
        .collect();
    paths.sort();
    paths.truncate(PHOTOGRAPHS);
    assert_eq!(paths.len(), PHOTOGRAPHS);
    let damaged = folder().join("damaged.jpg");
    let whole = fs::read(&paths[0]).unwrap();
    fs::write(&damaged, &whole[..whole.len() / 2]).unwrap();
    paths.insert(PHOTOGRAPHS / 3, fs::canonicalize(damaged).unwrap());
    let lines: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let list = folder().join("photographs.txt");
    fs::write(&list, lines.join("\n")).unwrap();
    Some(list)
}

/// A pipeline of `tests/pipelines` with a tap after its classifier and its paths absolute.
fn tapped(name: &str) -> PathBuf {
    let from = root().join("tests/pipelines");
    let text = fs::read_to_string(from.join(name)).unwrap();
    let absolute = fs::canonicalize(root()).unwrap();
    let text = text.replace("\"../../", &format!("\"{}/", absolute.display()));
    let tap = "\n[[stage]]\nkind = \"tap\"\ninput = \"classifier\"\n";
    let path = folder().join(format!("tapped_{name}"));
    fs::write(&path, text + tap).unwrap();
    path
}

/// The pipeline over these images; what its camera shows is recorded.
fn shown(pipeline: &Path, images: &Path, recording: &Path) -> Pipeline {
    let mut pipeline = Pipeline::read(pipeline).unwrap();
    let list = json!({"path": images, "width": 320, "height": 240, "fps": 2});
    pipeline.replace("camera", "image_files", &list, "a test's images");
    pipeline.attach("record", "record", "camera", &json!({"path": recording}), "a test's recording");
    if pipeline.stages.iter().any(|stage| stage.name == "print") {
        pipeline.replace("print", "jsonl", &json!({"path": host::events()}), "a test's events");
    }
    pipeline
}

/// The host's reports of gaps as lines.
fn lines(heard: &Heard) -> Vec<String> {
    let seconds = |ticks: u64| ticks as f64 / 1e6;
    let line = |lost, at| format!("gap: `camera` lost {:.3} s, until {:.3} s", seconds(lost), seconds(at));
    heard.gaps.iter().map(|gap| line(gap.lost, gap.at)).collect()
}

/// Runs a pipeline here over images, and there over what its camera showed here.
fn both(pipeline: &Path, images: &Path) -> (Emulation, Heard) {
    let recording = folder().join(format!("camera_of_{}", pipeline.file_stem().unwrap().display()));
    let heard = host::heard(&shown(pipeline, images, &recording));
    let emulation = emulate_with(M4F, pipeline, &[&format!("camera={}", recording.display())]);
    assert_eq!(emulation.events, heard.events, "{}", pipeline.display());
    assert_eq!(emulation.gaps, lines(&heard), "{}", pipeline.display());
    (emulation, heard)
}

#[test]
#[ignore = "`.ci/firmware` runs it"]
fn photographs_are_classified_as_on_the_host() {
    let Some(images) = photographs() else { return };
    let (emulation, heard) = both(&root().join("tests/pipelines/mlperf_person.toml"), &images);
    assert!(heard.events.lines().count() >= 8 && heard.gaps.len() == 1, "{}", heard.events);
    assert_eq!(emulation.figure("ticks"), PHOTOGRAPHS as u64);
    let worst = emulation.figure("worst");
    println!("a photograph takes {worst} instructions from the camera to the event");
    assert!(worst <= MOST_INSTRUCTIONS, "{worst}");
    emulation.record(M4F, "mlperf_person");
}

#[test]
#[ignore = "`.ci/firmware` runs it"]
fn posteriors_of_photographs_are_equal() {
    let Some(images) = photographs() else { return };
    let (pipeline, taps) = (tapped("mlperf_person.toml"), folder().join("image_taps"));
    fs::create_dir_all(&taps).unwrap();
    let recording = folder().join("tapped_camera");
    let here = host::edges(&shown(&pipeline, &images, &recording)).remove("classifier").unwrap();
    let arguments = [format!("camera={}", recording.display()), format!("taps={}", taps.display())];
    emulate_with(M4F, &pipeline, &arguments.each_ref().map(String::as_str));
    let there = fs::read(taps.join("classifier.raw")).unwrap();
    assert!(here.len() >= 2 * 40, "{} bytes", here.len());
    assert_eq!(here, there);
}

/// The shipped pipeline, over the images that come with it.
#[test]
#[ignore = "`.ci/firmware` runs it"]
fn drawn_images_are_classified_as_on_the_host() {
    let model = pipelines().join("models/person/model.tflite");
    if !model.exists() {
        skipped(format_args!("`{}` is missing", model.display()));
        return;
    }
    let images = fs::canonicalize(pipelines().join("images")).unwrap();
    let (emulation, heard) = both(&pipelines().join("person.toml"), &images);
    assert!(heard.events.lines().count() >= 2, "{}", heard.events);
    emulation.record(M4F, "person");
}
