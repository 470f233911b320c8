//! Firmware in the emulator against the host: the same events byte for byte, the same gaps, the same edges.
//!
//! Each test builds firmware, some of them for several machines, which takes minutes: `.ci/firmware` runs them, after
//! `boards/setup` has brought targets and emulators. What they measure is appended to the file that `KWS_FIGURES` names.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod cascade;
mod disturbances;
mod edges;
mod emulator;
mod enrolled;
mod host;
mod images;

use std::path::Path;

use emulator::{Emulation, M4F, MACHINES, SMALL, emulate};
use host::{folder, pipelines, recording, two_minutes, wake_word};

/// Runs a pipeline on a machine and here, and expects the same events.
fn same_events(machine: &str, pipeline: &Path, wav: &Path) -> Emulation {
    let emulation = emulate(machine, pipeline, wav, &[]);
    let heard = host::run(pipeline, wav);
    let name = pipeline.file_stem().unwrap().to_string_lossy();
    assert_eq!(emulation.events, heard.events, "`{name}` on {machine} over {}", wav.display());
    assert_eq!((emulation.gaps.len(), heard.gaps.len()), (0, 0));
    emulation
}

#[test]
#[ignore = "`.ci/firmware` runs it"]
fn the_tiny_pipeline_hears_on_every_machine_what_the_host_hears() {
    let pipeline = pipelines().join("yes_no_tiny.toml");
    let wav = recording("yes_no");
    for machine in MACHINES {
        let emulation = same_events(machine, &pipeline, &wav);
        assert!(emulation.events.lines().count() >= 5, "{}", emulation.events);
        emulation.record(machine, "yes_no_tiny");
        if machine == M4F {
            fits_a_small_board(&emulation, &wav);
        }
    }
}

/// A board of 64 kB of RAM and 256 kB of flash has room for as much again, and its Cortex-M4 of 64 MHz time to spare.
fn fits_a_small_board(emulation: &Emulation, wav: &Path) {
    assert!(emulation.figure("memory") + emulation.figure("stack") <= 32 * 1024);
    assert!(emulation.figure("flash") <= 128 * 1024);
    let samples = hound::WavReader::open(wav).unwrap().duration();
    let instructions = emulation.figure("mean") * emulation.figure("ticks");
    let share = instructions as f64 / (f64::from(samples) / 16_000.0 * 64e6);
    println!("yes_no_tiny takes {:.1} % of the instructions of a Cortex-M4 of 64 MHz", 100.0 * share);
    assert!(share < MOST_OF_A_CORE, "{share}");
}

/// The part of that core that the pipeline may take, at one instruction a cycle.
const MOST_OF_A_CORE: f64 = 0.10;

#[test]
#[ignore = "`.ci/firmware` runs it"]
fn every_pipeline_hears_on_a_cortex_m4f_what_the_host_hears() {
    let mut all = vec![
        (pipelines().join("yes_no.toml"), "yes_no"),
        (pipelines().join("commands.toml"), "commands"),
        (pipelines().join("yes_no_tiny.toml"), "yes_no"),
    ];
    all.extend(wake_word().map(|pipeline| (pipeline, "yes_no")));
    let stream = two_minutes();
    for (pipeline, recorded) in all {
        let emulation = same_events(M4F, &pipeline, &recording(recorded));
        assert!(!emulation.events.is_empty(), "{}", pipeline.display());
        let name = pipeline.file_stem().unwrap().to_string_lossy();
        if name != "yes_no_tiny" {
            emulation.record(M4F, &name);
        }
        if let Some(stream) = &stream {
            let events = same_events(M4F, &pipeline, stream).events;
            assert!(events.lines().count() >= 3, "`{name}` over two minutes: {events}");
        }
    }
}

#[test]
#[ignore = "`.ci/firmware` runs it"]
fn the_core_sleeps_between_blocks_and_hears_the_same() {
    let wav = recording("yes_no");
    // RISC-V without floating point is fast enough for the integer front end only.
    let tiny = (M4F, pipelines().join("yes_no_tiny.toml"));
    for (machine, pipeline) in
        [tiny].into_iter().chain(wake_word().map(|pipeline| ("riscv32-virt", pipeline)))
    {
        let emulation = emulate(machine, &pipeline, &wav, &["paced"]);
        assert_eq!(emulation.gaps, [""; 0], "{machine}");
        assert_eq!(emulation.events, host::run(&pipeline, &wav).events, "{machine}");
        let asleep = emulation.figure("asleep");
        println!("`{}` on {machine}: asleep {} % of the time", pipeline.display(), asleep / 10);
        assert!((100..1000).contains(&asleep), "asleep {asleep} per mille");
    }
}

#[test]
#[ignore = "`.ci/firmware` runs it"]
fn what_is_no_source_of_a_board_is_refused_where_the_pipeline_says_so() {
    let pipeline = folder().join("refused.toml");
    let text = "[[stage]]\nkind = \"mic\"\n\n[[stage]]\nkind = \"raw\"\npath = \"-\"\n";
    std::fs::write(&pipeline, text).unwrap();
    let refusal = emulator::refused(M4F, &pipeline);
    assert!(refusal.contains("refused.toml:5:"), "{refusal}");
}

#[test]
#[ignore = "`.ci/firmware` runs it"]
fn what_a_machine_has_no_room_for_is_refused_before_it_is_linked() {
    // Posteriors of ten seconds, which the board cannot keep.
    let text = std::fs::read_to_string(pipelines().join("commands.toml")).unwrap();
    let text = text.replace("\"models/", &format!("\"{}/models/", pipelines().display()));
    let pipeline = folder().join("roomy.toml");
    std::fs::write(&pipeline, text.replace("window_ms = 240", "window_ms = 10000")).unwrap();
    let refusal = emulator::refused(SMALL, &pipeline);
    assert!(refusal.contains("bytes of RAM") && refusal.contains("roomy.toml:"), "{refusal}");
}
