//! A killed training ends with the weights of an uninterrupted one.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod program;
mod tones;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use program::{fail, folder, succeed, train};
use tones::{configuration, corpus};

/// Epochs of both phases.
const EPOCHS: usize = 5;
/// Where the machine is so busy that a training has ended before it could be killed, another is begun.
const TRIES: usize = 20;

/// Rows of the history, without the column of seconds.
fn history(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("work/tones/history.csv")).unwrap_or_default();
    text.lines().skip(1).map(|row| row.rsplit_once(',').unwrap().0.to_owned()).collect()
}

/// How long the last epoch took.
fn last_epoch(folder: &Path) -> Duration {
    let text = fs::read_to_string(folder.join("work/tones/history.csv")).unwrap();
    let seconds = text.lines().last().unwrap().rsplit_once(',').unwrap().1;
    Duration::from_secs_f64(seconds.parse().unwrap())
}

/// Where in an epoch to kill.
enum Moment {
    /// As soon as the epoch's row is in the history, while files of older epochs may still be there.
    End,
    /// Half an epoch later.
    Middle,
}

/// Trains until the history has so many rows, then kills the program. How many rows there were in the end: on a busy
/// machine some came before it was killed. `None` when it had trained all epochs by then.
fn train_and_kill(folder: &Path, rows: usize, moment: Moment) -> Option<usize> {
    let mut child = train(folder).stderr(Stdio::null()).spawn().unwrap();
    while history(folder).len() < rows {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "the training failed before it was killed");
            return None;
        }
        sleep(Duration::from_millis(1));
    }
    if let Moment::Middle = moment {
        sleep(last_epoch(folder) / 2);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    Some(history(folder).len()).filter(|rows| *rows < EPOCHS)
}

/// Trains and kills until one epoch is left. `None` when it was killed too late.
fn kill_often(folder: &Path) -> Option<()> {
    let mut rows = train_and_kill(folder, 1, Moment::End)?;
    // As if it had been killed while it wrote down the next epoch of its phase.
    let next = rows + 1;
    for half in [
        format!("float-000{next}.network.bpk").as_str(),
        format!("float-000{next}.average.bpk").as_str(),
        format!("float-000{next}.optimiser.bpk.new").as_str(),
        "history.csv.new",
    ] {
        fs::write(folder.join("work/tones").join(half), "half a file").unwrap();
    }
    while rows + 1 < EPOCHS {
        let moment = if rows % 2 == 0 { Moment::End } else { Moment::Middle };
        rows = train_and_kill(folder, rows + 1, moment)?;
    }
    Some(())
}

fn assert_same(a: &Path, b: &Path) {
    assert_eq!(history(a), history(b));
    for file in ["float.bpk", "model.tflite"] {
        assert!(fs::read(a.join(file)).unwrap() == fs::read(b.join(file)).unwrap(), "`{file}` differs");
    }
}

#[test]
fn a_killed_training_ends_as_an_uninterrupted_one() {
    let folder = folder("a_killed_training_ends_as_an_uninterrupted_one");
    corpus(&folder);
    // With everything that is kept between epochs.
    let all = [("dropout", "0.3\naverage = 0.9\nwords = 0.5"), ("seed", "1\nprior = \"validation\"")];
    let whole = configuration(&folder, "whole", &all);
    succeed(&mut train(&whole));
    assert_eq!(history(&whole).len(), EPOCHS);
    let killed = (0..TRIES).find_map(|number| {
        let killed = configuration(&folder, &format!("killed-{number}"), &all);
        kill_often(&killed).map(|()| killed)
    });
    let killed = killed.expect("every try was killed too late");
    let said = succeed(&mut train(&killed));
    assert!(said.contains("qat: resuming after epoch 1 of 2"), "{said}");
    assert_same(&whole, &killed);

    // What is finished is not trained again, but exported again.
    fs::remove_file(killed.join("model.tflite")).unwrap();
    succeed(&mut train(&killed));
    assert_same(&whole, &killed);
}

#[test]
fn a_seed_decides_a_run() {
    let folder = folder("a_seed_decides_a_run");
    corpus(&folder);
    let fast = [("epochs", "1"), ("clips", "100")];
    let first = configuration(&folder, "first", &fast);
    let same = configuration(&folder, "same", &fast);
    let other = configuration(&folder, "other", &[fast[0], fast[1], ("seed", "2")]);
    for folder in [&first, &same, &other] {
        succeed(&mut train(folder));
    }
    assert_same(&first, &same);
    let weights = |folder: &Path| fs::read(folder.join("float.bpk")).unwrap();
    assert!(weights(&first) != weights(&other), "another seed gave the same weights");
}

#[test]
fn an_early_stop_is_remembered() {
    let folder = folder("an_early_stop_is_remembered");
    corpus(&folder);
    // So large a rate never goes on to improve for thirty epochs.
    let changes = [("epochs", "30\npatience = 1"), ("clips", "50"), ("rate", "0.3")];
    let run = configuration(&folder, "run", &changes);
    let said = succeed(&mut train(&run));
    assert!(said.contains("float: no improvement in 1 epochs, stopping"), "{said}");
    let rows = history(&run);
    assert!(rows.len() < 60);
    succeed(&mut train(&run));
    assert_eq!(rows, history(&run));
}

#[test]
fn another_configuration_does_not_go_on_from_this_one() {
    let folder = folder("another_configuration_does_not_go_on_from_this_one");
    corpus(&folder);
    let fast = [("epochs", "1"), ("clips", "100")];
    let run = configuration(&folder, "run", &fast);
    succeed(&mut train(&run));
    configuration(&folder, "run", &[fast[0], fast[1], ("rate", "1e-3")]);
    let said = fail(&mut train(&run));
    assert!(said.contains("`fit.rate` (0.004 then, 0.001 now)") && said.contains("--restart"), "{said}");
    succeed(train(&run).arg("--restart"));

    // Other clips under the same names.
    fs::copy(folder.join("corpus/high-2.wav"), folder.join("corpus/low-2.wav")).unwrap();
    let said = fail(&mut train(&run));
    assert!(said.contains("its clips"), "{said}");
}
