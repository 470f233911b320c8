//! `kws-lab new-word` in an empty folder.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod program;

use std::fs;

use kws_lab::audio::write_wav;
use program::{fail, folder, lab, succeed};

fn missing(engine: &str) -> bool {
    let missing = std::process::Command::new(engine).arg("--version").output().is_err();
    if missing {
        println!("SKIPPED: `{engine}` is not installed");
    }
    missing
}

#[test]
fn an_empty_folder_becomes_a_keyword_that_trains() {
    if missing("espeak-ng") {
        return;
    }
    let folder = folder("an_empty_folder_becomes_a_keyword_that_trains");
    let data = folder.join("data");
    fs::create_dir_all(data.join("noise")).unwrap();
    write_wav(&data.join("noise/hum.wav"), &vec![100; 32_000]).unwrap();
    let new_word = || {
        let mut command = lab();
        command.env("KWS_DATA", &data).current_dir(&folder).args([
            "new-word",
            "window",
            "--engine",
            "espeak-ng",
            "--near",
            "wind low",
        ]);
        command.args(["--near-count", "3", "--takes", "150", "--near-takes", "6"]);
        command.args(["--other-takes", "0", "--sentence-takes", "1"]);
        command
    };
    succeed(&mut new_word());
    let word = folder.join("window");
    let training = fs::read_to_string(word.join("train.toml")).unwrap();
    for expected in [
        "\"window\"",
        "\"wind_low\"",
        "\"widow\"",
        "\"./corpus\"",
        "\"./sentences\"",
        "model = \"encoder\"",
        "noise = [\"noise\"]",
        "music = []",
    ] {
        assert!(training.contains(expected), "{expected} is missing in {training}");
    }
    let manifest = fs::read_to_string(word.join("corpus/manifest.csv")).unwrap();
    assert_eq!(manifest.lines().filter(|line| line.contains(",window,")).count(), 150);
    succeed(lab().env("KWS_DATA", &data).current_dir(&folder).args(["train", "window", "--check"]));

    // Given again, it makes only what is missing and leaves the configuration alone.
    fs::write(word.join("train.toml"), training.replace("epochs = ", "epochs = 1")).unwrap();
    fs::remove_dir_all(word.join("sentences")).unwrap();
    succeed(&mut new_word());
    assert_eq!(fs::read_to_string(word.join("corpus/manifest.csv")).unwrap(), manifest);
    assert!(fs::read_to_string(word.join("train.toml")).unwrap().contains("epochs = 1"));
    assert!(word.join("sentences/manifest.csv").is_file());
}

#[test]
fn what_cannot_be_spoken_is_refused_before_anything_is_written() {
    let folder = folder("what_cannot_be_spoken_is_refused_before_anything_is_written");
    let mut sam = lab();
    sam.current_dir(&folder).args(["new-word", "window", "--engine", "sam"]);
    assert!(fail(&mut sam).contains("`sam` is no program that is known"));
    let mut nothing = lab();
    nothing.current_dir(&folder).args(["new-word", "window"]).env("PATH", "").env("HOME", &folder);
    let said = fail(&mut nothing);
    assert!(
        said.contains("no text-to-speech program was found") && said.contains("apt install espeak-ng"),
        "{said}"
    );
    let mut evaluate = lab();
    evaluate.current_dir(&folder).args(["evaluate", "."]);
    assert!(fail(&mut evaluate).contains("has no `pipeline.toml`"));
    assert!(!folder.join("window").exists());
}
