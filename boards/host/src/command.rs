//! The command `kws-run`: one pipeline file, planned, shown or run.
//!
//! A program with kinds of its own is this command with another registry:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     let mut registry = kws_host::registry();
//!     // registry.add::<MyKind>();
//!     kws_host::command::run(&registry)
//! }
//! ```

mod arguments;
mod board;
mod check;
mod command_error;
mod dut;
mod enrol;
mod execute;
mod faults;
mod gaps;
mod graph;
mod interrupt;
mod journal;
#[cfg(test)]
mod kinds;
mod links;
mod listing;
mod overrides;
mod progress;
mod record;
mod service;
mod source;
mod stats;
mod table;
mod take;
mod tracing;
mod units;
mod unpack;
mod viewing;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use kws_engine::{Pipeline, Plan, Registry};

use arguments::{Arguments, Command, Format};
use command_error::CommandError;
use record::Recording;

/// Parses the command line, does what it says and tells how it went:
/// 0 when it is done or was interrupted, 1 when the pipeline cannot be planned or a stage failed, 2 on bad usage.
pub fn run(registry: &Registry) -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help that nobody reads to its end is no failure.
            let _ = error.print();
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    match perform(&arguments, registry) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn perform(arguments: &Arguments, registry: &Registry) -> Result<(), CommandError> {
    let mut stdout = anstream::stdout();
    if let Some(Command::Take(take)) = &arguments.command {
        return take::perform(take, registry, &mut stdout);
    }
    if arguments.schema {
        return Ok(listing::schema(registry, &mut stdout)?);
    }
    if let Some(shell) = arguments.completions {
        // It panics where it cannot write, for example into a pipe that nobody reads to its end.
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "kws-run", &mut text);
        stdout.write_all(&text)?;
        return Ok(stdout.flush()?);
    }
    if arguments.man {
        return Ok(clap_mangen::Man::new(Arguments::command()).render(&mut stdout)?);
    }
    if let Some(folder) = &arguments.unpack {
        return unpack::unpack(folder, &mut stdout);
    }
    if arguments.devices {
        return listing::devices(registry, &mut stdout);
    }
    if let Some(kind) = &arguments.stages {
        return listing::stages(registry, kind.as_deref(), arguments.format(), &mut stdout);
    }
    let Some(path) = &arguments.pipeline else { return Err(CommandError::usage("no PIPELINE given")) };
    if let Some(side) = &arguments.dut {
        return dut::perform(path, side, arguments, registry);
    }
    // A take is a folder.
    let mut pipeline = match path.join("pipeline.toml") {
        inner if path.is_dir() => Pipeline::read(&inner)?,
        _ => Pipeline::read(path)?,
    };
    overrides::apply(&mut pipeline, arguments, registry)?;
    if let Some(name) = &arguments.enrol {
        return enrol::enrol(pipeline, registry.clone(), arguments, name);
    }
    let mut registry = registry;
    let seen;
    match &arguments.place {
        Some(place) => {
            seen = pipeline.seen_from(registry, place)?;
            (pipeline, registry) = (seen.0, &seen.1);
        }
        // Without a place everything runs here.
        None if !arguments.check => pipeline.in_one_place(),
        None => {}
    }
    let recording = match &arguments.record {
        Some(dir) => Some(record(&pipeline, arguments, registry, dir)?),
        None => None,
    };
    if arguments.json && !arguments.check {
        overrides::events_as_json(&mut pipeline, arguments.place.as_deref(), registry)?;
    }
    if let Some(recording) = recording {
        recording.attach(&mut pipeline);
    }
    if let Some(board) = &arguments.board {
        board::write(
            &pipeline,
            registry,
            board,
            arguments.place.as_deref(),
            arguments.format(),
            &mut stdout,
        )?;
        return Ok(stdout.flush()?);
    }
    let whole = match Plan::new(&pipeline, registry) {
        Err(_) if arguments.check => return Err(CommandError::Plans(Plan::diagnose(&pipeline, registry))),
        plan => plan?,
    };
    let boards = links::boards(&pipeline, &whole)?;
    let part = arguments.place.as_ref().and_then(|place| whole.part(place));
    let plan = part.as_ref().unwrap_or(&whole);
    if arguments.check {
        check::write(plan, &pipeline.description, arguments.format(), &mut stdout)?;
        if arguments.format() == Format::Text {
            links::write(&pipeline, registry, &whole, &boards, &mut stdout)?;
        }
        stdout.flush()?;
        return Ok(());
    }
    if let Some(format) = arguments.graph {
        return Ok(graph::write(plan, format, &mut stdout)?);
    }
    if arguments.place.is_some() {
        links::match_places(plan, arguments)?;
    }
    execute::execute(plan, arguments)
}

/// Makes the folder of a recording.
fn record(
    pipeline: &Pipeline,
    arguments: &Arguments,
    registry: &Registry,
    dir: &Path,
) -> Result<Recording, CommandError> {
    let plan = Plan::new(pipeline, registry)?;
    let recording = Recording::new(&plan, pipeline, registry, dir, &arguments.edges)?;
    recording.prepare(pipeline, registry)?;
    Ok(recording)
}
