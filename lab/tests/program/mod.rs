//! Runs the program under test in folders of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An empty folder for the test of this name.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("train").join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The program under test.
pub(crate) fn lab() -> Command {
    Command::new(env!("CARGO_BIN_EXE_kws-lab"))
}

/// `kws-lab train FOLDER --work FOLDER/work`.
#[allow(dead_code, reason = "not every test that includes this file trains")]
pub(crate) fn train(folder: &Path) -> Command {
    let mut command = lab();
    command.arg("train").arg(folder).arg("--work").arg(folder.join("work"));
    command
}

/// Runs a command that must succeed, and gives its standard error.
pub(crate) fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?} failed:\n{text}");
    text
}

/// Runs a command that must fail, and gives its standard error.
pub(crate) fn fail(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{command:?} succeeded");
    String::from_utf8_lossy(&output.stderr).into_owned()
}
