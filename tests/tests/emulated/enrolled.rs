//! Words and voices that were enrolled, on the board and here; words that are replaced without a new firmware.

use std::fs;
use std::path::{Path, PathBuf};

use kws_stages::decide::{EnrolledWord, page_of};
use kws_tests::root;

use super::emulator::{Emulation, M4F, emulate_settings};
use super::host::{self, folder, recording};
use super::same_events;

fn pipeline(name: &str) -> PathBuf {
    root().join("tests/pipelines").join(name).with_extension("toml")
}

#[test]
#[ignore = "`.ci/firmware` runs it"]
fn enrolled_words_and_voices_are_recognised_as_on_the_host() {
    let wav = recording("yes_no");
    for name in ["enrolled_word", "enrolled_voice"] {
        let emulation = same_events(M4F, &pipeline(name), &wav);
        assert!(emulation.events.lines().count() >= 2, "{name}: {}", emulation.events);
        emulation.record(M4F, name);
    }
}

/// The file of an enrolled word.
fn enrolled(word: &str) -> String {
    fs::read_to_string(root().join("tests/pipelines/enrolled").join(format!("{word}.toml"))).unwrap()
}

/// Runs the firmware whose word is `yes` with a file in its page.
fn with_page(wav: &Path, name: &str, page: &[u8]) -> Emulation {
    let file = folder().join(name).with_extension("bin");
    fs::write(&file, page).unwrap();
    let wav = format!("wav={}", wav.display());
    emulate_settings(M4F, &pipeline("replaceable_word"), &[&wav], &[("PAGE", file.to_str().unwrap())])
}

#[test]
#[ignore = "`.ci/firmware` runs it"]
fn a_page_of_flash_replaces_a_word_and_a_bad_one_does_not() {
    let wav = recording("yes_no");
    let built_in = same_events(M4F, &pipeline("replaceable_word"), &wav);
    assert_eq!(built_in.enrolled(), ["the words of the firmware: the page is empty"]);
    built_in.record(M4F, "replaceable_word");

    // The same pipeline on this computer, with the other word in the file.
    let other = enrolled("no").replace("word = \"no\"", "word = \"yes\"");
    fs::write(folder().join("other_word.toml"), &other).unwrap();
    let text = fs::read_to_string(pipeline("replaceable_word")).unwrap();
    let models = root().join("pipelines/models");
    let text =
        text.replace("../../pipelines/models", &std::path::absolute(models).unwrap().display().to_string());
    let here = folder().join("replaced_word.toml");
    fs::write(&here, text.replace("enrolled/yes.toml", "other_word.toml")).unwrap();
    let expected = host::run(&here, &wav).events;

    let other = EnrolledWord::parse(&other).unwrap();
    let page = page_of(std::slice::from_ref(&other)).unwrap();
    let replaced = with_page(&wav, "page", &page);
    assert_eq!(replaced.enrolled(), ["1 words of the page"]);
    assert_eq!(replaced.events, expected);
    assert!(expected.lines().count() >= 2 && expected != built_in.events, "{expected}");

    let mut damaged = page.clone();
    damaged[100] ^= 1;
    let mut stranger = other.clone();
    stranger.embedding.zero_point += 1;
    let two = [other.clone(), other];
    for (name, page, why) in [
        ("damaged", damaged, "the page is damaged: its checksum is wrong"),
        (
            "stranger",
            page_of(&[stranger]).unwrap(),
            "the page was enrolled with another embedding than the firmware's",
        ),
        ("two", page_of(&two).unwrap(), "the page has 2 words, expected 1, as the firmware has"),
    ] {
        let kept = with_page(&wav, name, &page);
        assert_eq!(kept.enrolled(), [format!("the words of the firmware: {why}")], "{name}");
        assert_eq!(kept.events, built_in.events, "{name}");
    }
}
