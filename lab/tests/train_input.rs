//! What `kws-lab train` says of configurations and corpora that it cannot use, and of those that it could.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod program;
mod tones;

use std::fs;

use program::{fail, folder, lab, succeed, train};
use tones::{configuration, corpus};

#[test]
fn an_unknown_key_is_reported_with_its_line_and_the_nearest_one() {
    let folder = folder("an_unknown_key_is_reported_with_its_line_and_the_nearest_one");
    let run = configuration(&folder, "run", &[("decay", "1e-3\nsmothing = 0.1")]);
    let said = fail(&mut train(&run));
    for part in ["train.toml", "line 40", "unknown field `smothing`", "did you mean `smoothing`?"] {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
}

#[test]
fn a_missing_corpus_is_named_with_its_key() {
    let folder = folder("a_missing_corpus_is_named_with_its_key");
    let run = configuration(&folder, "run", &[]);
    let said = fail(&mut train(&run));
    assert!(said.contains("corpus`, named by `data.corpora`, does not exist"), "{said}");
    fs::create_dir(folder.join("corpus")).unwrap();
    let said = fail(&mut train(&run));
    assert!(said.contains("has no `manifest.csv`") && said.contains("kws-lab corpus import"), "{said}");
}

#[test]
fn a_label_with_three_clips_is_named_with_its_count() {
    let folder = folder("a_label_with_three_clips_is_named_with_its_count");
    let root = corpus(&folder);
    let manifest = fs::read_to_string(root.join("manifest.csv")).unwrap();
    let few = |row: &&str| {
        !row.contains(",high,") || row.contains("s2,") || row.contains("s3,") || row.contains("s4,")
    };
    fs::write(root.join("manifest.csv"), manifest.lines().filter(few).collect::<Vec<_>>().join("\n"))
        .unwrap();
    let run = configuration(&folder, "run", &[]);
    for said in [fail(&mut train(&run)), fail(train(&run).arg("--check"))] {
        for part in [
            "`high` has 3 training clips, expected at least 10",
            "`high` has no clips in split `test`",
            "record more",
        ] {
            assert!(said.contains(part), "`{part}` is not in:\n{said}");
        }
    }
}

#[test]
fn a_check_shows_layers_sizes_and_clips() {
    let folder = folder("a_check_shows_layers_sizes_and_clips");
    corpus(&folder);
    let run = configuration(&folder, "run", &[]);
    let json = folder.join("outline.json");
    let output = train(&run).arg("--check").arg("--json").arg(&json).output().unwrap();
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("convolution 10 × 8, stride 2 × 2"), "{said}");
    let outline: serde_json::Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    // 4 filters of 80 taps and a bias, 4 units over 25 × 20 × 4 inputs and a bias.
    assert_eq!(outline["parameters"], 4 * 81 + 4 * 2001);
    assert_eq!(outline["clips"]["labels"][2]["train"], 16);
    assert!(!run.join("model.tflite").exists());

    // The sizes that were foretold are those of the model.
    succeed(&mut train(&configuration(&folder, "run", &[("epochs", "1"), ("clips", "50")])));
    let size = fs::metadata(run.join("model.tflite")).unwrap().len();
    assert_eq!(outline["file_bytes"], size);
}

#[test]
fn a_new_keyword_begins_with_files_that_train() {
    let folder = folder("a_new_keyword_begins_with_files_that_train");
    corpus(&folder);
    let mut init = lab();
    init.current_dir(&folder).args(["init", "high", "low", "--folder", "mine"]);
    init.args(["--corpus", "corpus", "--near-miss", "whistle"]);
    succeed(&mut init);
    let said = fail(&mut init);
    assert!(said.contains("already exists; choose another `--folder`"), "{said}");
    let mine = folder.join("mine");
    succeed(train(&mine).arg("--check"));
    let phrases = fs::read_to_string(mine.join("phrases.txt")).unwrap();
    assert!(phrases.lines().count() > 100 && !phrases.contains("follow"), "a keyword is among the phrases");
    let pipeline = fs::read_to_string(mine.join("pipeline.toml")).unwrap();
    assert!(pipeline.contains("streaming = true\nhop = 2") && !pipeline.contains("stack"), "{pipeline}");
    let training = fs::read_to_string(mine.join("train.toml")).unwrap();
    assert!(training.contains("model = \"encoder\""), "a keyword starts from the encoder: {training}");
}

#[test]
fn a_model_that_goes_elsewhere_takes_its_configuration_along() {
    let folder = folder("a_model_that_goes_elsewhere_takes_its_configuration_along");
    corpus(&folder);
    let run = configuration(&folder, "run", &[("epochs", "1"), ("clips", "50")]);
    let there = folder.join("deep/there");
    fs::create_dir_all(&there).unwrap();
    succeed(train(&run).arg("--output").arg(&there));
    let text = fs::read_to_string(there.join("train.toml")).unwrap();
    assert!(text.contains("\"../../corpus\""), "{text}");
    succeed(train(&there).arg("--check"));
    fs::write(there.join("train.toml"), "mine").unwrap();
    let said = fail(train(&run).arg("--output").arg(&there));
    assert!(said.contains("already holds a configuration that differs"), "{said}");
}

#[test]
fn a_learning_curve_has_a_row_for_each_share() {
    let folder = folder("a_learning_curve_has_a_row_for_each_share");
    corpus(&folder);
    let run = configuration(&folder, "run", &[("epochs", "1"), ("clips", "50")]);
    let work = folder.join("work");
    let mut command = lab();
    command.arg("learning-curve").arg(&run).args(["--fractions", "0.5,1", "--work"]).arg(&work);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(table.contains("50 %") && table.contains("100 %"), "{table}");
    assert!(work.join("tones/learning_curve/learning_curve.html").is_file());
    assert!(!run.join("model.tflite").exists(), "the model beside the configuration stays as it was");
    let said = fail(lab().arg("learning-curve").arg(&run).args(["--fractions", "0.5,2"]));
    assert!(said.contains("fraction 2, expected more than 0 and at most 1"), "{said}");
}

#[test]
fn what_the_configuration_cannot_mean_is_reported_with_its_key() {
    let folder = folder("what_the_configuration_cannot_mean_is_reported_with_its_key");
    let cepstra = ("offset", "1e-6\n\n[[front_end]]\nkind = \"dct\"\ncoefficients = 10");
    let warp = ("smoothing", "0.05\n\n[augment]\nwarp = [0.9, 1.1]");
    let average = ("smoothing", "0.05\naverage = 1.0");
    for (changes, expected) in [
        (vec![average], "`fit.average` is 1, expected a share from 0 to less than 1"),
        (vec![("smoothing", "0.05\nwords = -1.0")], "`fit.words` is -1, expected a weight of 0 or more"),
        (vec![("seed", "1\nprior = \"test\"")], "unknown variant `test`, expected `mix` or `validation`"),
        (
            vec![cepstra, warp],
            "`augment.warp` shifts mel bands, but the output of the front end's `dct` has none",
        ),
    ] {
        let run = configuration(&folder, "run", &changes);
        let said = fail(&mut train(&run));
        assert!(said.contains(expected), "`{expected}` is not in:\n{said}");
    }
}
