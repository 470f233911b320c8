//! What the boards of a cascade take from their batteries.

use std::path::Path;

use anyhow::{Result, anyhow};
use kws_engine::firmware::{Board, Firmware};
use kws_engine::{Pipeline, Plan};

use crate::features::kinds;

/// The boards of a plan's places.
pub(super) fn boards(plan: &Plan) -> Result<Vec<Option<Board>>> {
    let board = |place: &kws_engine::Place| -> Result<Option<Board>> {
        let Some(name) = &place.board else { return Ok(None) };
        let path = Path::new(name);
        let found = if path.extension().is_some() {
            Board::of_file(path, kws_devices::BOARDS)
        } else {
            Board::list(kws_devices::BOARDS).and_then(|boards| Board::named(boards, name))
        };
        found.map(Some).map_err(|error| anyhow!("`board` of `{}`: {error}", place.name))
    };
    plan.places.iter().map(board).collect()
}

/// The share of the time that the core of each board works, as `kws-run --check --board` estimates it; none for a computer, and
/// where the board cannot have that part as it is.
pub(super) fn awake(pipeline: &Pipeline, plan: &Plan, boards: &[Option<Board>]) -> Vec<Option<f64>> {
    let mut registry = kinds();
    kws_devices::bind(&mut registry);
    kws_devices::register(&mut registry);
    let share = |(place, board): (&kws_engine::Place, &Option<Board>)| {
        let firmware = Firmware::at(pipeline, board.as_ref()?, &registry, Some(&place.name)).ok()?;
        Some(firmware.budget.core_share.min(1.0))
    };
    plan.places.iter().zip(boards).map(share).collect()
}
