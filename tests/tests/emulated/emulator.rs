//! Firmware, built and run.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;

use kws_tests::root;

/// The Cortex-M4F that most tests run on.
pub(crate) const M4F: &str = "mps2-an386";
/// The machines that have room for a model.
pub(crate) const MACHINES: [&str; 5] = [M4F, "stm32f405", "b-l475e-iot01a", "mps3-an547", "riscv32-virt"];
/// The one with 16 kB of memory.
pub(crate) const SMALL: &str = "microbit";

/// One at a time: they share a build folder.
static EMULATOR: Mutex<()> = Mutex::new(());

/// What a run of firmware printed.
pub(crate) struct Emulation {
    /// Its standard output.
    pub(crate) events: String,
    /// Its lines about gaps.
    pub(crate) gaps: Vec<String>,
    /// What it said of enrolled words.
    enrolled: Vec<String>,
    figures: BTreeMap<String, u64>,
}

fn command(machine: &str, pipeline: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let _alone = EMULATOR.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let mut command = Command::new(root().join("boards/qemu/run"));
    // What this test was started with is not meant for the firmware's cargo.
    command.env_remove("CARGO_TARGET_DIR").env("MACHINE", machine);
    command.env("PIPELINE", std::path::absolute(pipeline).unwrap());
    command.envs(settings.iter().copied());
    command.arg("pipeline").args(arguments).output().unwrap()
}

/// Runs a pipeline on a machine over a recording.
///
/// # Panics
/// When it cannot be built, or fails.
pub(crate) fn emulate(machine: &str, pipeline: &Path, wav: &Path, arguments: &[&str]) -> Emulation {
    let wav = format!("wav={}", wav.display());
    emulate_with(machine, pipeline, &[&[wav.as_str()], arguments].concat())
}

/// Runs a pipeline on a machine, its source and all else as the arguments say.
///
/// # Panics
/// When it cannot be built, or fails.
pub(crate) fn emulate_with(machine: &str, pipeline: &Path, arguments: &[&str]) -> Emulation {
    printed(machine, pipeline, command(machine, pipeline, arguments, &[]))
}

/// As [`emulate_with`], with settings of the environment.
///
/// # Panics
/// As [`emulate_with`].
pub(crate) fn emulate_settings(
    machine: &str,
    pipeline: &Path,
    arguments: &[&str],
    settings: &[(&str, &str)],
) -> Emulation {
    printed(machine, pipeline, command(machine, pipeline, arguments, settings))
}

/// As [`emulate_with`], for the part of one place, whose link is at a socket.
///
/// # Panics
/// As [`emulate_with`].
pub(crate) fn emulate_place(
    machine: &str,
    pipeline: &Path,
    place: &str,
    socket: &Path,
    arguments: &[&str],
) -> Emulation {
    let serial = format!("unix:{},server=on,wait=off", socket.display());
    let output = command(machine, pipeline, arguments, &[("PLACE", place), ("SERIAL", &serial)]);
    printed(machine, pipeline, output)
}

/// What a run of firmware printed that went well.
fn printed(machine: &str, pipeline: &Path, output: Output) -> Emulation {
    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "`{}` on {machine}: {printed}", pipeline.display());
    let figures = printed.lines().filter_map(|line| {
        let (name, value) = line.split_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    });
    Emulation {
        events: String::from_utf8(output.stdout).unwrap(),
        gaps: printed.lines().filter(|line| line.starts_with("gap: ")).map(str::to_owned).collect(),
        enrolled: printed
            .lines()
            .filter_map(|line| line.strip_prefix("enrolled: "))
            .map(str::to_owned)
            .collect(),
        figures: figures.collect(),
    }
}

/// Why a pipeline cannot be built for a machine.
///
/// # Panics
/// When it can.
pub(crate) fn refused(machine: &str, pipeline: &Path) -> String {
    let output = command(machine, pipeline, &[], &[]);
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

impl Emulation {
    /// What it said of enrolled words.
    pub(crate) fn enrolled(&self) -> &[String] {
        &self.enrolled
    }

    /// A figure of the run.
    ///
    /// # Panics
    /// When it was not printed.
    pub(crate) fn figure(&self, name: &str) -> u64 {
        *self.figures.get(name).unwrap_or_else(|| panic!("no figure `{name}`"))
    }

    /// Appends what is compared with the golden table: a line for a machine and a pipeline.
    pub(crate) fn record(&self, machine: &str, pipeline: &str) {
        let Some(path) = std::env::var_os("KWS_FIGURES") else { return };
        let figures = ["worst", "mean", "flash", "memory", "stack"].map(|name| self.figure(name));
        let [worst, mean, flash, memory, stack] = figures;
        let line = format!("{machine} {pipeline} pipeline {worst} {mean} {flash} {memory} {stack}\n");
        let file = OpenOptions::new().append(true).create(true).open(path);
        file.unwrap().write_all(line.as_bytes()).unwrap();
    }
}
