//! `pipelines/person.toml` over the images that come with the project, whatever the source that shows them.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::fs;
use std::path::{Path, PathBuf};

use kws_engine::run::RunOptions;
use kws_engine::{Pipeline, Plan};
use kws_tests::{root, run, skipped};
use serde_json::{Value, json};

/// The pipeline, its events in a file; `None` where its model is not here.
fn person(name: &str) -> Option<(Pipeline, PathBuf)> {
    let path = root().join("pipelines/person.toml");
    let model = root().join("pipelines/models/person/model.tflite");
    if !model.exists() {
        skipped(format_args!("`{}` is missing", model.display()));
        return None;
    }
    let events = folder().join(format!("{name}.jsonl"));
    let mut pipeline = Pipeline::read(&path).unwrap();
    pipeline.replace("print", "jsonl", &json!({"path": events}), "a test's events");
    Some((pipeline, events))
}

fn folder() -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("person");
    fs::create_dir_all(&path).unwrap();
    path
}

fn drawn() -> PathBuf {
    fs::canonicalize(root().join("pipelines/images")).unwrap()
}

fn lines(events: &Path) -> Vec<Value> {
    let text = fs::read_to_string(events).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// When the light changed, and to what.
fn light(lines: &[Value]) -> Vec<(f64, &str)> {
    let of_light = lines.iter().filter(|line| line["stage"] == "light");
    of_light.map(|line| (line["time"].as_f64().unwrap(), line["label"].as_str().unwrap())).collect()
}

/// Two images in a row without light, numbers 12 and 13, and two into the lamp, 15 and 16, two in a second.
const LIGHT: [(f64, &str); 2] = [(7.0, "dark"), (8.5, "bright")];

#[test]
fn every_change_is_reported_in_a_line() {
    let Some((mut pipeline, events)) = person("changes") else { return };
    let shown = json!({"path": drawn(), "width": 320, "height": 240, "fps": 2});
    pipeline.replace("camera", "image_files", &shown, "a test's images");
    run(&pipeline, RunOptions::default());
    let lines = lines(&events);
    assert_eq!(light(&lines), LIGHT);
    let people: Vec<&str> = lines
        .iter()
        .filter(|line| line["stage"] == "person")
        .map(|line| {
            assert!(line["time"].as_f64().unwrap() > 0.0 && line["score"].as_f64().unwrap() >= 0.6, "{line}");
            line["label"].as_str().unwrap()
        })
        .collect();
    assert!(!people.is_empty() && people.windows(2).all(|pair| pair[0] != pair[1]), "{people:?}");
}

#[test]
fn images_of_other_channels_are_refused() {
    let Some((mut pipeline, _)) = person("channels") else { return };
    pipeline.set("camera.colour=\"grey\"").unwrap();
    let Err(error) = Plan::new(&pipeline, &kws_host::registry()) else { panic!("planned") };
    let text = error.to_string();
    assert!(text.contains("image i8[96×96×1]") && text.contains("[1, 96, 96, 3]"), "{text}");
}

/// The drawn images as an uncompressed video in grey, two frames a second.
fn film() -> PathBuf {
    let path = folder().join("drawn.y4m");
    let mut images: Vec<PathBuf> =
        fs::read_dir(drawn()).unwrap().map(|entry| entry.unwrap().path()).collect();
    images.retain(|path| path.extension().is_some_and(|ending| ending == "png"));
    images.sort();
    let file = fs::File::create(&path).unwrap();
    let rate = y4m::Ratio::new(2, 1);
    let grey = y4m::Colorspace::Cmono;
    let mut encoder = y4m::encode(160, 120, rate).with_colorspace(grey).write_header(file).unwrap();
    for image in images {
        let image = image::open(image).unwrap().into_luma8();
        // Limited range: black is 16, white is 235.
        let luma: Vec<u8> =
            image.as_raw().iter().map(|grey| (16 + u32::from(*grey) * 219 / 255) as u8).collect();
        encoder.write_frame(&y4m::Frame::new([&luma, &[], &[]], None)).unwrap();
    }
    path
}

#[test]
fn a_video_is_watched_as_images_are() {
    let Some((mut pipeline, events)) = person("video") else { return };
    let shown = json!({"path": film(), "width": 320, "height": 240});
    pipeline.replace("camera", "video_file", &shown, "a test's video");
    run(&pipeline, RunOptions::default());
    assert_eq!(light(&lines(&events)), LIGHT);
}
