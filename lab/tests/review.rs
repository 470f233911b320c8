//! Reviewing kept clips by keys, as they come through a pipe.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod program;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use kws_lab::audio::write_wav;
use program::{fail, folder, lab, succeed};

/// What a sink `clips` leaves: a detection, a near miss and a veto.
fn kept(test: &str) -> PathBuf {
    let root = folder(test).join("kept");
    fs::create_dir_all(&root).unwrap();
    let manifest = "path,label,speaker,split,decision,guess,score,tick\n\
        a.wav,yes,,,confirmed,yes,0.91,16000\n\
        b.wav,_unknown_,,,near_miss,no,0.40,32000\n\
        c.wav,_unknown_,,,vetoed,,,48000\n";
    fs::write(root.join("manifest.csv"), manifest).unwrap();
    for name in ["a.wav", "b.wav", "c.wav"] {
        write_wav(&root.join(name), &[1000; 16_000]).unwrap();
    }
    root
}

fn review(folder: &Path, more: &[&str]) -> Command {
    let mut command = lab();
    command.arg("review").arg(folder).args(more);
    command
}

/// Reviews with keys and without sound; what it printed.
fn press(folder: &Path, keys: &str, more: &[&str]) -> Output {
    let mut command = review(folder, &[&["--no-play"], more].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(keys.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn verdicts(folder: &Path) -> String {
    fs::read_to_string(folder.join("review.csv")).unwrap_or_default()
}

#[test]
fn keys_label_clips_and_a_later_review_goes_on_where_the_first_stopped() {
    let kept = kept("keys_label_clips");
    press(&kept, "vq", &[]);
    assert_eq!(verdicts(&kept), "path,verdict,word\na.wav,valid,yes\n");
    // An unknown key shows the keys; back returns to a clip, and its verdict is the newer one.
    let output = press(&kept, "?ibvs", &["--json", "-"]);
    assert_eq!(verdicts(&kept), "path,verdict,word\na.wav,valid,yes\nb.wav,valid,no\n");
    let shown = String::from_utf8(output.stderr).unwrap();
    assert!(shown.contains("1 of 2  no           near_miss") && !shown.contains("a.wav"), "{shown}");
    assert!(shown.contains("1 valid as `no`, 2 valid as `yes`"), "{shown}");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["clips"], &summary["valid"], &summary["left"]), (&3.into(), &2.into(), &1.into()));
    let output = press(&kept, "v2", &[]);
    let shown = String::from_utf8(output.stderr).unwrap();
    assert!(shown.contains("of which word? press its digit"), "{shown}");
    assert!(verdicts(&kept).ends_with("c.wav,valid,yes\n"));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "3 clips: 3 valid, 0 invalid, 0 other, 0 left\n");
    press(&kept, "io", &["--again"]);
    assert_eq!(verdicts(&kept), "path,verdict,word\na.wav,invalid,yes\nb.wav,other,no\nc.wav,valid,yes\n");
}

#[test]
fn what_was_reviewed_is_imported_and_the_rest_is_not() {
    let kept = kept("what_was_reviewed_is_imported");
    press(&kept, "vi", &[]);
    let corpus = kept.with_file_name("corpus");
    succeed(lab().args(["corpus", "import", "folder"]).arg(&kept).arg("--output").arg(&corpus));
    let manifest = fs::read_to_string(corpus.join("manifest.csv")).unwrap();
    let labels: Vec<&str> = manifest.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(labels, ["yes", "not_no"], "{manifest}");
}

#[cfg(unix)]
#[test]
fn clips_are_played_by_the_program_that_is_named() {
    let kept = kept("clips_are_played");
    let list = kept.with_file_name("played");
    let mut command = review(&kept, &["--player", &format!("sh -c 'echo \"$0\" >> {}'", list.display())]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut keys = child.stdin.take().unwrap();
    // The next key would end what plays.
    for count in 1..=2 {
        while fs::read_to_string(&list).unwrap_or_default().lines().count() < count {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        keys.write_all(b"v").unwrap();
    }
    drop(keys);
    assert!(child.wait().unwrap().success());
    let played = fs::read_to_string(&list).unwrap();
    assert!(played.lines().next().unwrap().ends_with("a.wav"), "{played}");
}

#[test]
fn bad_input_is_reported() {
    let kept = kept("bad_input_is_reported");
    let error = fail(&mut review(&kept.join("none"), &["--no-play"]));
    assert!(error.contains("none` does not exist"), "{error}");
    let empty = kept.with_file_name("empty");
    fs::create_dir_all(&empty).unwrap();
    let error = fail(&mut review(&empty, &["--no-play"]));
    assert!(error.contains("has no clips: expected the folder of a sink `clips`"), "{error}");
    let error = fail(&mut review(&kept, &["--player", "no-such-player"]));
    assert!(error.contains("cannot run `no-such-player`") && error.contains("--no-play"), "{error}");
    let error = fail(&mut review(&kept, &["--player", "'"]));
    assert!(error.contains("expected a program"), "{error}");
    fs::write(kept.join("review.csv"), "path,verdict\na.wav,valid\n").unwrap();
    let error = fail(&mut review(&kept, &["--no-play"]));
    assert!(error.contains("review.csv") && error.contains("`word` is missing"), "{error}");
}
