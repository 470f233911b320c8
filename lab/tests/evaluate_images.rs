//! Vision models, measured and compared on images.
#![allow(clippy::unwrap_used, reason = "this is test code")]

#[allow(dead_code, reason = "other tests use the rest")]
mod program;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};
use program::{fail, folder, lab, succeed, train};
use serde_json::Value;

/// A wall in this light.
fn wall(light: u8, number: usize) -> RgbImage {
    RgbImage::from_fn(16, 12, |x, y| {
        let shade = light + ((x as usize * 5 + y as usize * 3 + number) % 16) as u8;
        Rgb([shade, shade, shade.saturating_sub(5)])
    })
}

/// What a corpus has in its manifest beside the path, and how light its images are.
struct Row {
    label: &'static str,
    split: &'static str,
    area: &'static str,
    light: u8,
}

/// Writes a corpus of images.
fn corpus(root: &Path, rows: impl IntoIterator<Item = Row>) -> PathBuf {
    fs::create_dir_all(root).unwrap();
    let mut manifest = "path,label,split,area,camera\n".to_owned();
    for (number, row) in rows.into_iter().enumerate() {
        wall(row.light, number).save(root.join(format!("{number}.png"))).unwrap();
        let camera = if number % 2 == 0 { "left" } else { "right" };
        writeln!(manifest, "{number}.png,{},{},{},{camera}", row.label, row.split, row.area).unwrap();
    }
    fs::write(root.join("manifest.csv"), manifest).unwrap();
    root.to_owned()
}

/// A model that takes what is light for a person, and no more than `model.tflite` and what a person must write beside it.
fn model(folder: &Path) -> PathBuf {
    let rows = (0..120).map(|number| {
        let split = ["train", "train", "train", "validation", "test", "test"][number / 2 % 6];
        let (label, light) = if number % 2 == 0 { ("person", 170) } else { ("nobody", 30) };
        Row { label, split, area: "", light: light + (number % 40) as u8 }
    });
    corpus(&folder.join("corpus"), rows);
    let run = folder.join("run");
    fs::create_dir_all(&run).unwrap();
    fs::write(run.join("train.toml"), TRAINING).unwrap();
    succeed(&mut train(&run));
    let made = folder.join("light");
    fs::create_dir_all(&made).unwrap();
    fs::copy(run.join("model.tflite"), made.join("model.tflite")).unwrap();
    fs::write(made.join("model.toml"), WRITTEN).unwrap();
    made
}

const TRAINING: &str = r#"
name = "light"
labels = ["nobody", "person"]
architecture = { kind = "separable", first = [8, 3, 2], layers = [[8, 1]] }
seed = 1
data = { corpora = ["../corpus"] }
view = { width = 16, height = 12, fit = "stretch" }
front_end = [{ kind = "resize", width = 12, height = 12 }, { kind = "normalise" }]

[augment_view]
zoom = [1.0, 1.0]
cut = 0.0

[fit]
epochs = 12
clips = 240
batch = 20
rate = 1e-2
dropout = 0.0
average = 0.9

[qat]
epochs = 1
clips = 100
batch = 20
rate = 1e-4
"#;

const WRITTEN: &str = r#"
labels = ["nobody", "person"]
view = { width = 16, height = 12, fit = "stretch" }
front_end = [{ kind = "resize", width = 12, height = 12 }, { kind = "normalise" }]
"#;

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The groups of a column: value, count, right ones, and whether it differs.
fn groups(report: &Value, column: &str) -> Vec<(String, u64, u64, bool)> {
    let columns = report["by_column"].as_array().unwrap();
    let found = columns.iter().find(|c| c["name"] == column).unwrap();
    let group = |g: &Value| {
        let count = |key: &str| g[key].as_u64().unwrap();
        (g["value"].as_str().unwrap().to_owned(), count("clips"), count("right"), g["differs"] == true)
    };
    found["groups"].as_array().unwrap().iter().map(group).collect()
}

fn run(arguments: &[&str], paths: [&Path; 3]) -> String {
    let mut command = lab();
    command.args(arguments).args(["--corpus"]).arg(paths[0]).arg("--json").arg(paths[1]);
    command.arg("--html").arg(paths[2]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_hand_made_folder_is_measured_by_size_and_light_and_compared() {
    let folder = folder("a_hand_made_folder_is_measured_by_size_and_light_and_compared");
    let made = model(&folder);
    // People in the dark are small, and not seen by a model that goes by the light.
    let row = |label, area, light| {
        move |number: usize| Row { label, split: "test", area, light: light + (number % 30) as u8 }
    };
    let rows = (0..30).map(row("person", "0.4", 180));
    let rows =
        rows.chain((0..15).map(row("person", "0.012", 30))).chain((0..15).map(row("nobody", "0.0", 30)));
    let photos = corpus(&folder.join("photos"), rows);
    fs::write(photos.join("0.png"), "no image").unwrap();
    let (figures, page) = (folder.join("figures.json"), folder.join("page.html"));
    let arguments = ["evaluate", "--model", made.to_str().unwrap()];
    let text = run(&arguments, [&photos, &figures, &page]);
    let report = json(&figures);
    assert_eq!((report["model"].as_str(), report["medium"].as_str()), (Some("light"), Some("images")));
    assert_eq!(report["confusion"], serde_json::json!([[15, 0], [15, 29]]));
    let interval = &report["top1_interval"];
    assert!(
        interval["low"].as_f64().unwrap() < 44.0 / 59.0 && interval["high"].as_f64().unwrap() > 44.0 / 59.0
    );
    let named = |name: &str, clips, right, differs| (name.to_owned(), clips, right, differs);
    assert_eq!(
        groups(&report, "brightness"),
        [named("0 to 0.25", 30, 15, true), named("0.55 and more", 29, 29, false)]
    );
    assert_eq!(
        groups(&report, "area"),
        [
            named("0.005 to 0.02", 15, 0, true),
            named("0.3 and more", 29, 29, false),
            named("(no person)", 15, 15, false)
        ]
    );
    for part in [
        "`light` on 59 images, all splits",
        "true label, recognised label",
        "by area",
        "by brightness",
        "groups differ: `brightness` = `0 to 0.25` has top-1 0.5000 on 30 images, the others 1.0000",
        "1 unusable images",
        "0.png`: it is not an image",
    ] {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
    let html = fs::read_to_string(&page).unwrap();
    for text in [&text, &html] {
        assert!(!text.contains("clip") && !text.contains("speaker") && !text.contains("said"), "{text}");
    }
    assert!(html.contains("other images accepted") && html.contains("By brightness"));

    // A column is asked for by its name.
    run(&[&arguments[..], &["--split", "test", "--by", "camera"]].concat(), [&photos, &figures, &page]);
    assert_eq!(groups(&json(&figures), "camera").len(), 2);

    // The model with its float twin, beside the bare one: not one answer differs.
    let trained = folder.join("run");
    let arguments = ["compare", trained.to_str().unwrap(), made.to_str().unwrap()];
    let text = run(&arguments, [&photos, &figures, &page]);
    assert!(text.contains("59 images") && text.contains("no significant difference"), "{text}");
    let clips = &json(&figures)["clips"];
    assert_eq!((&clips["only"], &clips["p"]), (&serde_json::json!([0, 0]), &serde_json::json!(1.0)));
    assert!(!fs::read_to_string(&page).unwrap().contains("clip"));

    assert_refusals(&folder, &made, &photos);
}

/// What cannot be measured is said with what to do.
fn assert_refusals(folder: &Path, made: &Path, photos: &Path) {
    let hearing = concat!(env!("CARGO_MANIFEST_DIR"), "/../pipelines/models/yes_no");
    let evaluate = |model: &Path, corpus: &Path| {
        fail(lab().args(["evaluate", "--model"]).arg(model).arg("--corpus").arg(corpus))
    };
    let error = evaluate(Path::new(hearing), photos);
    assert!(
        error.contains("contains images, but `yes_no` is an audio model") && error.contains("[view]"),
        "{error}"
    );
    let sound = folder.join("sound");
    fs::create_dir_all(&sound).unwrap();
    fs::write(sound.join("a.wav"), "").unwrap();
    fs::write(sound.join("manifest.csv"), "path,label,speaker,split\na.wav,person,x,test\n").unwrap();
    let error = evaluate(made, &sound);
    assert!(error.contains("contains audio, but `light` is an image model"), "{error}");
    let others = corpus(&folder.join("others"), [Row { label: "dog", split: "test", area: "", light: 9 }]);
    let error = evaluate(made, &others);
    assert!(error.contains("expected one of `nobody`, `person`"), "{error}");
    let error = fail(
        lab()
            .args(["evaluate", "--by", "colour", "--model"])
            .arg(made)
            .arg("--corpus")
            .arg(folder.join("corpus")),
    );
    assert!(error.contains("no manifest has a column `colour`") && error.contains("`brightness`"), "{error}");
    fs::write(made.join("model.toml"), WRITTEN.replace("width = 12", "width = 10")).unwrap();
    let error = evaluate(made, photos);
    assert!(error.contains("model.tflite") && error.contains("front_end"), "{error}");
}

#[test]
fn mlperf_s_model_tells_as_many_photographs_as_through_the_pipeline() {
    let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"));
    let (model, photos) = (shared.join("models/mlperf_vww_96_int8.tflite"), shared.join("person"));
    if !model.is_file() || !photos.is_dir() {
        // Past the harness, which shows what a test prints only when the test fails.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: mlperf_s_model_tells_as_many_photographs_as_through_the_pipeline: `{}` is missing",
            shared.display()
        );
        return;
    }
    let folder = folder("mlperf_s_model_tells_as_many_photographs_as_through_the_pipeline");
    let made = folder.join("mlperf");
    fs::create_dir_all(&made).unwrap();
    fs::copy(model, made.join("model.tflite")).unwrap();
    // As in `tests/pipelines/mlperf_vww.toml`.
    let written = WRITTEN.replace("width = 16, height = 12", "width = 288, height = 192");
    fs::write(made.join("model.toml"), written.replace("12", "96")).unwrap();
    let corpus = folder.join("person");
    succeed(lab().args(["corpus", "import", "images"]).arg(photos).arg("--output").arg(&corpus));
    let (figures, page) = (folder.join("figures.json"), folder.join("page.html"));
    let text = run(&["evaluate", "--model", made.to_str().unwrap()], [&corpus, &figures, &page]);
    println!("{text}");
    let report = json(&figures);
    assert_eq!(report["clips"], 608);
    // 500 of 608, as `tests/tests/reference_images.rs` prints of the pipeline.
    assert!((report["top1"].as_f64().unwrap() - 500.0 / 608.0).abs() < 1e-9, "{}", report["top1"]);
    assert_eq!(groups(&report, "area").last().map(|g| (g.0.as_str(), g.1)), Some(("(no person)", 335)));
}
