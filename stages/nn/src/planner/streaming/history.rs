//! Rows that are kept from one run to the next.

use crate::error::{ModelError, ModelErrorKind};
use crate::op::{Fill, Move, Op};
use crate::planner::{Lowering, Source, Unplaced};

/// The newest bytes of a stream, of which an operator needs another number than one run computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct History {
    /// The tensor that holds what the run at hand computed.
    pub(super) from: usize,
    /// The tensor that holds the newest bytes, from this run and those before it.
    pub(super) to: usize,
    /// How many bytes `to` holds.
    pub(super) len: usize,
}

impl Lowering<'_, '_> {
    /// Fills a tensor with the newest bytes of a stream. Where that is more than one run brings, the tensor is a
    /// variable: what it holds moves to its front, and what is new follows.
    pub(super) fn history(&mut self, history: &History) -> Result<(), ModelError> {
        let Some(from) = self.span(history.from) else {
            let found = format!("tensor {}, which nothing computes, as part of a stream", history.from);
            return Err(ModelError::new(ModelErrorKind::Shape, "model", found, "a tensor that is computed"));
        };
        let (len, fresh) = (history.len as u32, from.len);
        let value = self.value(history.len);
        let to = Unplaced { value: value as u32, len };
        let shifted = |from: (Unplaced, u32), at, run| {
            Op::Move(Move::of_run((Source::Arena(from.0), from.1), (to, at), run))
        };
        if let Some(kept) = len.checked_sub(fresh) {
            self.values[value].variable = true;
            self.fills.push(Op::Fill(Fill { to, value: 0 }));
            self.ops.push(shifted((to, fresh), 0, kept));
            self.ops.push(shifted((from, 0), kept, fresh));
        } else {
            self.ops.push(shifted((from, fresh - len), 0, len));
        }
        self.tensors[history.to] = Some(value);
        Ok(())
    }
}
