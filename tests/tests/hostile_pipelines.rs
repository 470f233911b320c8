//! Pipelines that lost words in silence once, from `../shared/data/hostile/pipelines`.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::process::Command;

use kws::Plan;
use kws_tests::listening::{detections, missed, recording, samples};
use kws_tests::{root, shared_data, skipped};

/// A pipeline of the folder, its paths those of this repository and of the data; `None` where the data are not here.
fn hostile(name: &str) -> Option<String> {
    let (folder, models) = (shared_data("hostile/pipelines")?, shared_data("models")?);
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let models = models.canonicalize().unwrap().display().to_string();
    let pipelines = root().canonicalize().unwrap().join("pipelines").display().to_string();
    let text = text.replace("../../kws/", "../kws/");
    // What the model's thresholds are calibrated for, today.
    let text = text.replace("window_ms = 480", "window_ms = 240");
    // The commands are heard in mel bands, today.
    let text = text
        .replace("[[stage]]\nkind = \"dct\"\n\n[[stage]]\nkind = \"stack\"", "[[stage]]\nkind = \"stack\"");
    Some(text.replace("../kws/pipelines/wake_words", &models).replace("../kws/pipelines", &pipelines))
}

fn plan(toml: &str) -> Plan {
    kws::parse(toml, root()).unwrap_or_else(|error| panic!("{error}"))
}

/// What `pipelines/yes_no.toml` finds in the repository's recording.
fn words() -> Vec<(String, f64)> {
    let toml = root().join("pipelines/yes_no.toml");
    detections(&kws::read(toml).unwrap_or_else(|error| panic!("{error}")), &recording())
}

/// The gate stands before the large model: what that found before the gate closed does not count afterwards.
#[test]
fn cascade() {
    let Some(toml) = hostile("cascade.toml") else { return };
    let found = detections(&plan(&toml), &recording());
    let yes: Vec<(String, f64)> = words().into_iter().filter(|(label, _)| label == "yes").collect();
    assert_eq!((yes.len(), missed(&yes, &found)), (6, Vec::new()), "{found:?}");
}

/// The gate stands before the samples. It opens in the middle of a word, which the model does not find unless it is
/// given what came before.
#[test]
fn gate_samples() {
    let Some(toml) = hostile("gate_samples.toml") else { return };
    let words = words();
    let found = detections(&plan(&toml), &recording());
    assert!(!found.is_empty() && missed(&found, &words).is_empty(), "{found:?} of {words:?}");
    let early = toml.replace("within_ms = 300", "within_ms = 300\nbefore_ms = 1000");
    // Everything passes a second later.
    let found = detections(&plan(&early), &[recording(), vec![0; 16_000]].concat());
    let found: Vec<(String, f64)> = found.into_iter().map(|(label, at)| (label, at - 1.0)).collect();
    assert_eq!((words.len(), missed(&words, &found)), (12, Vec::new()), "{found:?}");
}

/// The gate stands before events, which are sparse themselves.
#[test]
fn vadgate() {
    let Some(toml) = hostile("vadgate.toml") else { return };
    assert_eq!(detections(&plan(&toml), &recording()), words());
}

/// "Alexa", spoken by espeak-ng; `None` where that is not installed.
fn alexa() -> Option<Vec<i16>> {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("alexa.wav");
    let speak =
        Command::new("espeak-ng").args(["-v", "en-us", "-s", "140", "Alexa", "-w"]).arg(&path).status();
    if !speak.is_ok_and(|status| status.success()) {
        skipped("it needs `espeak-ng`, which is missing");
        return None;
    }
    Some(samples(&path))
}

/// Commands count for five seconds after the wake word, and not otherwise.
#[test]
fn wake_then_command() {
    let Some(toml) = hostile("wake_then_command.toml") else { return };
    let Some(alexa) = alexa() else { return };
    let commands = &recording()[..16_000 * 9];
    let mut noise = 1_u32;
    let pause: Vec<i16> = (0..32_000)
        .map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 26) as i16 - 32
        })
        .collect();
    let all = [&pause, commands, &alexa, commands, &pause].concat();
    let woken = 2.0 + 9.0 + alexa.len() as f64 / 16_000.0;

    // All that the file could say before: for some time after a high posterior of the wake word.
    let ungated = toml.replace(
        "kind = \"gate\"\ninputs = [\"trigger\", \"alexa\"]\nlabel = \"Alexa\"\nwithin_ms = 4000",
        "",
    );
    let ungated = ungated.replace("[[stage]]\n\n\n[[stage]]", "[[stage]]");
    assert_ne!(ungated, toml);
    let commands = detections(&plan(&ungated), &all);
    assert_eq!(detections(&plan(&toml), &all).iter().filter(|(_, at)| *at < 11.0).count(), 0);

    // What it means: the wake word itself opens the gate.
    let (front, _) = toml.split_once("[[stage]]\nkind = \"gate\"").unwrap();
    let by_event = format!(
        "{front}[[stage]]\nname = \"wake\"\nkind = \"wake_word\"\ninput = \"alexa\"\ncutoff = 0.6\n\n\
         [[stage]]\nkind = \"gate\"\ninputs = [\"trigger\", \"wake\"]\nlabel = \"Alexa\"\nopens_for_ms = 5000\n\n\
         [[stage]]\nkind = \"print\"\ninputs = [\"gate\", \"wake\"]\n"
    );
    let (wakes, found): (Vec<_>, Vec<_>) =
        detections(&plan(&by_event), &all).into_iter().partition(|(label, _)| label == "Alexa");
    let [(_, wake)] = &wakes[..] else { panic!("{wakes:?}") };
    assert!((wake - woken).abs() < 1.0, "{wake}, {woken}");
    let expected: Vec<(String, f64)> =
        commands.iter().filter(|(_, at)| (*wake..=wake + 5.0).contains(at)).cloned().collect();
    assert_eq!(found, expected, "of {commands:?}");
    assert!(!expected.is_empty() && expected.len() < commands.len(), "{commands:?}");
}
