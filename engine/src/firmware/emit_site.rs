//! Where a stage's code stands.

use super::Board;
use super::words::constant_name;
use crate::port::Port;

/// Where a stage's code stands.
pub struct EmitSite<'a> {
    /// The stage's name.
    pub name: &'a str,
    /// The board.
    pub board: &'a Board,
    /// What each input carries.
    pub inputs: &'a [Port],
    /// The stages that the inputs come from.
    pub from: &'a [String],
    /// The stage's name as Rust has names: that of its module of items, and of a device that it is.
    pub(super) ident: &'a str,
    /// The part of the stage, which begins the names of its items and memory.
    pub(super) part: String,
}

impl<'a> EmitSite<'a> {
    pub(super) fn new(
        name: &'a str,
        ident: &'a str,
        board: &'a Board,
        inputs: &'a [Port],
        from: &'a [String],
    ) -> Self {
        EmitSite { name, board, inputs, from, ident, part: String::new() }
    }

    /// The same place for a stage that reads other ports there: those within clips.
    pub(crate) fn reading<'b>(&'b self, inputs: &'b [Port]) -> EmitSite<'b> {
        EmitSite { inputs, part: self.part.clone(), ..*self }
    }

    /// The same place for a part of the stage: names of its items and memory begin with the part's name besides.
    pub fn part(&self, name: &str) -> EmitSite<'a> {
        EmitSite { part: constant_name(&[&self.part, name]).to_lowercase(), ..*self }
    }
}
