//! `--check --board`: what a pipeline takes of a board.

use std::io::{self, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use kws_engine::firmware::{self, Board, Budget, Firmware, Share};
use kws_engine::{Pipeline, Registry};
use serde_json::{Value, json};

use super::arguments::Format;
use super::command_error::CommandError;
use super::table::{Side, Table};
use super::units;

/// The boards that are known.
const BOARDS: &str = kws_devices::BOARDS;

const TITLE: Style = Style::new().bold();
const NOTICE: Style = AnsiColor::Yellow.on_default();

/// Plans a pipeline for a board with the kinds that it has, and writes what it takes as text or as one JSON document.
pub(crate) fn write(
    pipeline: &Pipeline,
    registry: &Registry,
    board: &str,
    place: Option<&str>,
    format: Format,
    to: &mut impl Write,
) -> Result<(), CommandError> {
    let unknown = |failure: firmware::BuildError| CommandError::usage(failure.to_string());
    let board = find(board).map_err(unknown)?;
    let mut registry = registry.clone();
    kws_devices::bind(&mut registry);
    kws_devices::register(&mut registry);
    let Firmware { budget, misfit, late, notices, .. } = Firmware::at(pipeline, &board, &registry, place)?;
    match format {
        Format::Json => writeln!(to, "{:#}", as_json(&budget, &notices))?,
        Format::Text => as_text(pipeline, &board, &budget, &notices, to)?,
    }
    to.flush()?;
    misfit.or(late).map_or(Ok(()), |error| Err(error.into()))
}

/// The board of a name or of a file.
pub(crate) fn find(board: &str) -> Result<Board, firmware::BuildError> {
    let path = Path::new(board);
    // A name has no ending; what has one, or stands in a folder, is a file.
    if path.extension().is_some() || path.components().count() > 1 {
        Board::of_file(path, BOARDS)
    } else {
        Board::list(BOARDS).and_then(|boards| Board::named(boards, board))
    }
}

fn as_text(
    pipeline: &Pipeline,
    board: &Board,
    budget: &Budget,
    notices: &[String],
    to: &mut impl Write,
) -> io::Result<()> {
    writeln!(to, "{TITLE}{}{TITLE:#} on {TITLE}{}{TITLE:#}: {}", pipeline.name, board.name, board.about)?;
    for notice in notices {
        writeln!(to, "{NOTICE}notice:{NOTICE:#} {notice}")?;
    }
    writeln!(to)?;
    table(budget).write(to, "  ")?;
    writeln!(to, "\n{budget}")
}

fn table(budget: &Budget) -> Table {
    use Side::{Left, Right};
    let mut table = Table::new(
        1,
        &[
            ("stage", Left),
            ("kind", Left),
            ("blocks", Right),
            ("state", Right),
            ("tables", Right),
            ("MACs/s", Right),
            ("instructions/s", Right),
            ("of the core", Right),
        ],
    );
    let bytes = |count: usize| if count > 0 { units::bytes(count) } else { String::new() };
    let rate = |rate: f64| if rate > 0.0 { units::count(rate) } else { String::new() };
    let macs = |share: &Share| match share.macs_per_event {
        macs if macs > 0.0 => format!("{} each", units::count(macs)),
        _ => rate(share.macs_per_second),
    };
    for share in &budget.stages {
        let core = share.instructions_per_second / f64::from(budget.clock_hz.max(1));
        table.row([
            share.stage.clone(),
            share.kind.clone(),
            bytes(share.blocks),
            bytes(share.state),
            bytes(share.tables),
            macs(share),
            rate(share.instructions_per_second),
            if core > 0.0 { units::percent(core) } else { String::new() },
        ]);
    }
    table
}

fn as_json(budget: &Budget, notices: &[String]) -> Value {
    let mut value = json!(budget);
    value["ram"]["used"] = json!(budget.ram.used());
    value["flash"]["used"] = json!(budget.flash.used());
    value["notices"] = json!(notices);
    value
}
