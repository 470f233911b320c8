//! Synthesis by programs that are made here.
#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use kws_lab::audio::read_16k;
use kws_lab::corpus::synth::{ESPEAK, Sweep, Template, Text, synthesise};
use kws_lab::corpus::{Build, Corpus, Existing, Made, Ratios, word};

use crate::sound::{put, word_at};

fn strings(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn sweep() -> Sweep {
    Sweep {
        voices: strings(&["ann", "bob"]),
        speeds: strings(&["1", "2"]),
        pitches: strings(&["5"]),
        takes: 10,
    }
}

/// A program that gives the sound of a file; `{` in its text makes it fail.
fn program(folder: &Path, body: &str) -> String {
    let path = folder.join("say");
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

fn made(folder: &Path, template: &str, texts: &[Text]) -> anyhow::Result<Made> {
    let mut build = Build::begin(&folder.join("corpus"), Existing::Refuse).unwrap();
    let template = Template::parse(template)?;
    synthesise(&template, texts, &sweep(), Ratios::default(), &mut build)?;
    build.finish()
}

#[test]
fn a_sweep_becomes_clips_with_the_word_in_the_middle() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("sound.wav"), &word_at(1, 500, 6000, 30_000));
    let log = folder.path().join("log");
    let say = program(
        folder.path(),
        &format!(
            "echo \"$1|$2|$3|$5\" >> {}; cp {}/sound.wav \"$4\"",
            log.display(),
            folder.path().display()
        ),
    );
    let texts = [Text::Word("hey you".to_owned()), Text::Sentence("it's $HOME; fine".to_owned())];
    let made =
        made(folder.path(), &format!("'{say}' {{voice}} {{speed}} {{pitch}} {{output}} {{text}}"), &texts)
            .unwrap();
    assert_eq!((made.added, made.excluded.len()), (8, 0));
    let corpus = Corpus::open(&folder.path().join("corpus")).unwrap();
    for clip in &corpus.clips {
        let samples = read_16k(&clip.path).unwrap();
        if clip.label == "hey_you" {
            let found = word(&samples);
            assert!(
                samples.len() == 16_000 && ((found.start + found.end) / 2).abs_diff(8000) < 400,
                "{found:?}"
            );
        } else {
            assert_eq!((clip.label.as_str(), samples.len()), ("_speech_", 30_000));
        }
        assert_eq!(clip.speaker, format!("say:{}", clip.columns["voice"]));
        assert_eq!(clip.columns["pitch"], "5");
    }
    let said = fs::read_to_string(log).unwrap();
    assert!(said.contains("ann|2|5|hey you\n") && said.contains("bob|1|5|it's $HOME; fine\n"), "{said}");
}

#[test]
fn a_program_may_read_its_input_and_write_its_output() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("sound.wav"), &word_at(1, 500, 6000, 9000));
    let say = program(
        folder.path(),
        &format!("read text; [ \"$text\" = yes ] && cat {}/sound.wav", folder.path().display()),
    );
    let made = made(folder.path(), &format!("'{say}' {{voice}}"), &[Text::Word("yes".to_owned())]).unwrap();
    // Speed and pitch are not in the template: one clip for each voice.
    assert_eq!(made.added, 2);
}

#[test]
fn what_a_program_says_when_it_fails_is_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("sound.wav"), &word_at(1, 500, 6000, 9000));
    let body = format!(
        "[ \"$1\" = bob ] && {{ echo 'no such voice' >&2; exit 3; }}; cp {}/sound.wav \"$2\"",
        folder.path().display()
    );
    let say = program(folder.path(), &body);
    let made = made(folder.path(), &format!("'{say}' {{voice}} {{output}}"), &[Text::Word("yes".to_owned())])
        .unwrap();
    assert_eq!((made.added, made.excluded.len()), (1, 1));
    assert!(made.excluded[0].reason.contains("no such voice"), "{:?}", made.excluded);
}

#[test]
fn espeak_speaks_a_keyword() {
    if let Err(why) = Template::parse(ESPEAK) {
        // Past the harness, which shows what a test prints only when the test fails.
        let _ = writeln!(std::io::stderr(), "SKIPPED: espeak_speaks_a_keyword: {why}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut build = Build::begin(&folder.path().join("corpus"), Existing::Refuse).unwrap();
    let sweep = Sweep { takes: 12, ..Sweep::english() };
    let texts = [Text::Word("marvin".to_owned())];
    synthesise(&Template::parse(ESPEAK).unwrap(), &texts, &sweep, Ratios::default(), &mut build).unwrap();
    let made = build.finish().unwrap();
    assert_eq!(made.added + made.excluded.len(), 12);
    assert!(made.added >= 9, "{:?}", made.excluded);
}
