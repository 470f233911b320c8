//! The link of a place that is a board, as Rust source.

use std::fmt::Write as _;

use super::Board;
use crate::design::DesignError;
use crate::error::PlanError;
use crate::file::Pipeline;
use crate::firmware::lane::refused;
use crate::plan::{LinkPlan, Plan};

/// What the firmware must know of its link; nothing where the pipeline is no part of one with places.
///
/// # Errors
/// When there are links with several places, or the board has no serial port.
pub(super) fn source(pipeline: &Pipeline, plan: &Plan, board: &Board) -> Result<Option<String>, PlanError> {
    let Some(link) = plan.links.first() else { return Ok(None) };
    let refuse = |stage: usize, text: String, help: &str| {
        let writer = plan.inputs(stage).next().map_or(stage, |edge| edge.from);
        refused(pipeline, &plan.stages[writer], DesignError::new(text).help(help))
    };
    if let Some(other) = plan.links.get(1) {
        let text = format!("a board links with one place, found `{}` and `{}`", link.place, other.place);
        let stage = other.edges.first().map_or(0, |edge| edge.stage);
        return Err(refuse(stage, text, "let all of its edges go to one place, which may pass them on"));
    }
    if board.serial.is_none() {
        let text =
            format!("goes to the place `{}`, but the board `{}` has no serial port", link.place, board.name);
        let stage = link.edges.first().map_or(0, |edge| edge.stage);
        return Err(refuse(stage, text, "choose a board with `serial` in boards.toml"));
    }
    Ok(Some(written(link)))
}

fn written(link: &LinkPlan) -> String {
    let memory = |edge: &crate::plan::LinkEdge| kws_link::Outbox::room_for(edge.depth, edge.port.bytes());
    let edges: Vec<String> = link
        .edges
        .iter()
        .map(|edge| format!("({}, {}, {})", edge.edge, edge.port.bytes(), memory(edge)))
        .collect();
    let room: usize = link.edges.iter().map(memory).sum();
    let mut text = format!("// Written by the build: the link with the place `{}`.\n\n", link.place);
    let _ = writeln!(text, "/// What both places must agree about.");
    let _ = writeln!(text, "pub const PIPELINE: u64 = {};", link.pipeline);
    let _ = writeln!(
        text,
        "/// Each edge: its number, bytes of a block, bytes that hold what is not yet acknowledged."
    );
    let _ = writeln!(text, "pub const EDGES: [(u8, u32, usize); {}] = [{}];", edges.len(), edges.join(", "));
    let _ = writeln!(text, "/// Bytes of all edges.");
    let _ = writeln!(text, "pub const ROOM: usize = {room};");
    text
}
