//! Training on images: what is learnt, what a kill leaves, and what cannot be used.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod program;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use image::{Rgb, RgbImage};
use kws_lab::bundle::ModelInfo;
use program::{fail, folder, lab, succeed, train};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Images of each label.
const EACH: u64 = 60;

/// A wall in some light; of a `person` with a figure, dark and upright, somewhere before it.
fn drawn(label: &str, seed: u64) -> RgbImage {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let light = rng.random_range(120..200);
    let mut image = RgbImage::from_fn(40, 30, |_, _| {
        let shade = light + rng.random_range(0..30);
        Rgb([shade, shade - 10, shade - 25])
    });
    if label == "person" {
        let (left, top) = (rng.random_range(2..32), rng.random_range(2..10));
        for y in top..top + 18 {
            (left..left + 6).for_each(|x| image.put_pixel(x, y, Rgb([40, 30, 60])));
        }
    }
    image
}

/// Writes a corpus with the labels `nobody` and `person` into `folder/corpus`; half of its files are JPEGs.
fn corpus(folder: &Path) -> PathBuf {
    let root = folder.join("corpus");
    fs::create_dir_all(&root).unwrap();
    let mut manifest = "path,label,split\n".to_owned();
    for (label, first) in [("nobody", 0), ("person", 1000)] {
        for number in 0..EACH {
            let split = match number % 6 {
                0 => "test",
                1 => "validation",
                _ => "train",
            };
            let path = format!("{label}-{number}.{}", if number % 2 == 0 { "png" } else { "jpg" });
            drawn(label, first + number).save(root.join(&path)).unwrap();
            writeln!(manifest, "{path},{label},{split}").unwrap();
        }
    }
    fs::write(root.join("manifest.csv"), manifest).unwrap();
    root
}

/// A configuration for such a corpus, in a folder of its own; a change is text and what takes its place.
fn configuration(folder: &Path, name: &str, changes: &[(&str, &str)]) -> PathBuf {
    let mut text = CONFIGURATION.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "`{from}` is not in the configuration");
        text = text.replace(from, to);
    }
    let folder = folder.join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("train.toml"), text).unwrap();
    folder
}

const CONFIGURATION: &str = r#"
name = "figures"
labels = ["nobody", "person"]
architecture = { kind = "separable", first = [8, 3, 2], layers = [[16, 2], [16, 1]] }
seed = 1

[data]
corpora = ["../corpus"]

[view]
width = 40
height = 30
fit = "stretch"

[[front_end]]
kind = "resize"
width = 24
height = 24

[[front_end]]
kind = "colour"
to = "grey"

[[front_end]]
kind = "normalise"

[augment_view]
zoom = [0.8, 1.0]
cut = 0.2

[fit]
epochs = 8
clips = 320
batch = 20
rate = 1e-2
dropout = 0.1
average = 0.9

[qat]
epochs = 2
clips = 100
batch = 20
rate = 1e-4
"#;

#[test]
fn figures_are_learnt_and_the_card_says_from_how_few() {
    let folder = folder("figures_are_learnt_and_the_card_says_from_how_few");
    corpus(&folder);
    let run = configuration(&folder, "run", &[]);
    succeed(&mut train(&run));
    let card = ModelInfo::read(&run).unwrap();
    let figure = |name: &str| card.measured[name].as_float().unwrap();
    assert!(figure("top1") >= 0.9, "{:?}", card.measured);
    assert!((figure("top1") - figure("float_top1")).abs() <= 0.06, "{:?}", card.measured);
    assert_eq!(card.measured["clips"].as_integer(), Some(20));
    assert_eq!(card.training["images"].as_integer(), Some(80));
    assert_eq!(card.quantisation["input_zero_point"].as_integer(), Some(-128));
    assert_eq!((card.clock, card.view.unwrap().width), (1_000_000, 40));
    let text = fs::read_to_string(run.join("card.md")).unwrap();
    for part in ["images of 40 × 30 pixels", "from scratch on 80 images", "far too few", "20 images, split"]
    {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}

#[test]
fn mobilenet_loses_nothing_to_integers() {
    let folder = folder("mobilenet_loses_nothing_to_integers");
    let root = corpus(&folder);
    let separable = "separable\", first = [8, 3, 2], layers = [[16, 2], [16, 1]]";
    let changes = [
        (separable, "mobilenet_v1\", alpha = 0.25"),
        ("width = 24\nheight = 24", "width = 48\nheight = 48"),
        ("epochs = 8", "epochs = 16\nkeep = \"last\""),
        ("average = 0.9\n", "average = 0.98\n"),
    ];
    let run = configuration(&folder, "run", &changes);
    succeed(&mut train(&run));
    let mut compare = lab();
    compare.arg("compare").arg("--variants").arg(&run).arg("--corpus").arg(&root);
    let report = folder.join("forms.json");
    compare.args(["--at-most", "PTQ=1.0", "--at-most", "shipped=0.5", "--json"]).arg(&report);
    succeed(&mut compare);
    let report: serde_json::Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    let forms = report["forms"].as_array().unwrap();
    assert!(forms[0]["top1"].as_f64().unwrap() >= 0.95, "{forms:?}");
    for form in &forms[1..] {
        assert_eq!(form["agreement"]["beyond"], 0, "{form}");
    }
}

/// Trains until the history has two epochs, then kills the program; whether that was before its end.
fn train_and_kill(folder: &Path) -> bool {
    let mut child = train(folder).stderr(Stdio::null()).spawn().unwrap();
    let history = folder.join("work/figures/history.csv");
    while fs::read_to_string(&history).unwrap_or_default().lines().count() < 3 {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "the training failed before it was killed");
            return false;
        }
        sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    !folder.join("model.tflite").exists()
}

#[test]
fn a_killed_training_ends_as_an_uninterrupted_one() {
    let folder = folder("images_a_killed_training_ends_as_an_uninterrupted_one");
    corpus(&folder);
    let whole = configuration(&folder, "whole", &[]);
    succeed(&mut train(&whole));
    // Where the machine is so busy that a training has ended before it could be killed, another is begun.
    let mut tries = (0..20).map(|number| configuration(&folder, &format!("killed-{number}"), &[]));
    let killed = tries.find(|folder| train_and_kill(folder)).expect("every try was killed too late");
    let said = succeed(&mut train(&killed));
    assert!(said.contains("resuming after epoch"), "{said}");
    for file in ["float.bpk", "model.tflite"] {
        assert!(
            fs::read(whole.join(file)).unwrap() == fs::read(killed.join(file)).unwrap(),
            "`{file}` differs"
        );
    }
}

#[test]
fn an_image_that_breaks_off_is_left_out_and_named() {
    let folder = folder("an_image_that_breaks_off_is_left_out_and_named");
    let root = corpus(&folder);
    let whole = fs::read(root.join("person-5.jpg")).unwrap();
    fs::write(root.join("person-5.jpg"), &whole[..whole.len() / 2]).unwrap();
    fs::write(root.join("nobody-8.png"), "no image").unwrap();
    let short = [("epochs = 8", "epochs = 1"), ("clips = 320", "clips = 40")];
    let said = succeed(&mut train(&configuration(&folder, "run", &short)));
    for part in ["person-5.jpg`: it is truncated", "nobody-8.png`: it is not an image"] {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
}

#[test]
fn what_cannot_be_trained_is_named() {
    let folder = folder("what_cannot_be_trained_is_named");
    let root = corpus(&folder);
    let cases = [
        ("../corpus\"]", "../corpus\"]\nnoise = [\"../corpus\"]", "`data.noise` is audio"),
        ("zoom = [0.8, 1.0]", "zoom = [0.0, 1.0]", "`augment_view.zoom` is [0, 1]"),
        ("cut = 0.2", "cut = 2.0", "`augment_view.cut` is 2, expected a share from 0 to 1"),
        ("cut = 0.2", "paste_side = [0.5, 1.5]", "`augment_view.paste_side` is [0.5, 1.5]"),
        (
            "../corpus\"]",
            "../corpus\"]\nweights = { source = { here = -1.0 } }",
            "`data.weights.source.here` is -1",
        ),
        ("dropout = 0.1", "words = 0.5", "not supported with a `view`"),
        ("[view]\nwidth = 40\nheight = 30\nfit = \"stretch\"\n", "", "there is no `view`"),
        ("[[front_end]]\nkind = \"normalise\"", "", "end it with `normalise`"),
    ];
    for (from, to, expected) in cases {
        let said = fail(&mut train(&configuration(&folder, "run", &[(from, to)])));
        assert!(said.contains(expected), "`{expected}` is not in:\n{said}");
    }
    let manifest = fs::read_to_string(root.join("manifest.csv")).unwrap();
    let nobody: Vec<&str> = manifest.lines().filter(|row| !row.contains(",person,")).collect();
    fs::write(root.join("manifest.csv"), nobody.join("\n")).unwrap();
    let said = fail(&mut train(&configuration(&folder, "run", &[])));
    assert!(said.contains("`person` has 0 training images, expected at least 10"), "{said}");
}

#[test]
fn a_teacher_s_answers_are_learnt_where_no_label_helps() {
    let folder = folder("a_teacher_s_answers_are_learnt_where_no_label_helps");
    let root = corpus(&folder);
    succeed(&mut train(&configuration(&folder, "teacher", &[])));
    // Every training image has the wrong label, and half of them show a part of another one.
    let manifest = fs::read_to_string(root.join("manifest.csv")).unwrap();
    let other = |row: &str| match row.strip_suffix(",train") {
        Some(row) if row.contains(",person") => row.replace(",person", ",nobody,train"),
        Some(row) => row.replace(",nobody", ",person,train"),
        None => row.to_owned(),
    };
    let wrong: Vec<String> = manifest.lines().map(other).collect();
    fs::write(root.join("manifest.csv"), wrong.join("\n")).unwrap();
    for (name, model) in [("from_integers", "../teacher"), ("from_float", "../teacher/float.bpk")] {
        let teacher = format!("[teacher]\nmodel = \"{model}\"\nweight = 1.0\n\n[view]");
        let changes = [
            ("[view]", &teacher[..]),
            ("cut = 0.2", "paste = 0.5"),
            ("batch = 20\nrate = 1e-2", "coarse = 2\nbatch = 20\nrate = 1e-2"),
        ];
        let run = configuration(&folder, name, &changes);
        succeed(&mut train(&run));
        let top1 = ModelInfo::read(&run).unwrap().measured["top1"].as_float().unwrap();
        assert!(top1 >= 0.9, "{name}: {top1}");
    }
}

#[test]
fn a_teacher_that_cannot_teach_is_named() {
    let folder = folder("a_teacher_that_cannot_teach_is_named");
    corpus(&folder);
    let short = [("epochs = 8", "epochs = 1"), ("clips = 320", "clips = 40")];
    let teacher = configuration(&folder, "teacher", &short);
    succeed(&mut train(&teacher));
    let student = configuration(&folder, "student", &short);
    let taught = |model: &str| fail(train(&student).arg("--teacher").arg(folder.join(model)));
    let said = taught("none");
    assert!(said.contains("`teacher.model`") && said.contains("none"), "{said}");
    let card = fs::read_to_string(teacher.join("model.toml")).unwrap();
    fs::write(teacher.join("model.toml"), card.replace("\"nobody\"", "\"cat\"")).unwrap();
    let said = taught("teacher");
    assert!(said.contains("its labels are `cat`, `person`, expected `nobody`, `person`"), "{said}");
    fs::remove_file(teacher.join("model.toml")).unwrap();
    let said = taught("teacher/float.bpk");
    assert!(said.contains("`model.toml`"), "{said}");
    // Without a card its outputs are taken as they come.
    succeed(train(&student).arg("--teacher").arg(teacher.join("model.tflite")));
}

#[test]
fn a_learning_curve_has_shares_of_the_images() {
    let folder = folder("a_learning_curve_has_shares_of_the_images");
    corpus(&folder);
    let run = configuration(&folder, "run", &[("epochs = 8", "epochs = 1"), ("clips = 320", "clips = 40")]);
    succeed(&mut train(&run));
    let work = folder.join("work");
    let mut command = lab();
    command.arg("learning-curve").arg(&run).args(["--fractions", "0.5", "--seeds", "1,2", "--record"]);
    let said = succeed(command.arg("--work").arg(&work));
    assert!(said.contains("50 % of the training images, seed 2"), "{said}");
    assert!(work.join("figures/learning_curve/learning_curve.html").is_file());
    let card = ModelInfo::read(&run).unwrap();
    let shares = card.measured["learning_curve"]["shares"].as_array().unwrap();
    let seeds: Vec<_> = shares.iter().map(|share| share["seed"].as_integer().unwrap()).collect();
    assert_eq!(seeds, [1, 2]);
}
