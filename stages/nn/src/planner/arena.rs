//! Where each value lies in the arena.

use super::{Unplaced, UnplacedOp};
use crate::op::{Access, Op, Table};

/// Every value starts at a multiple of this, so that a kernel may load whole vectors.
const ALIGNMENT: u32 = 16;

/// A run of bytes of the arena that one or several tensors share.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Value {
    pub(crate) len: u32,
    /// First and last operation that needs it; nothing for a value that none needs.
    pub(crate) life: Option<(usize, usize)>,
    /// Whether it is a variable, which keeps its place at the arena's head between runs.
    pub(crate) variable: bool,
    /// Offset in the arena, once it is solved.
    pub(crate) at: u32,
}

impl Value {
    fn needed(&mut self, op: usize) {
        let (first, last) = self.life.unwrap_or((op, op));
        self.life = Some((first.min(op), last.max(op)));
    }

    fn meets(&self, other: &Value) -> bool {
        match (self.life, other.life) {
            (Some(a), Some(b)) => a.0 <= b.1 && b.0 <= a.1,
            _ => false,
        }
    }

    fn end(&self) -> u32 {
        self.at + self.len.next_multiple_of(ALIGNMENT)
    }
}

/// Finds when each value is needed. Inputs are needed from before the first operation of a run, number `start`, on;
/// outputs until after the last; variables always.
pub(crate) fn lifetimes(
    values: &mut [Value],
    ops: &mut [UnplacedOp],
    start: usize,
    inputs: &[Unplaced],
    outputs: &[Unplaced],
) {
    for (number, op) in ops.iter_mut().enumerate() {
        op.visit(|access, span| {
            // A scratch of no bytes is nobody's value.
            if access != Access::Scratch || span.len > 0 {
                values[span.value as usize].needed(number);
            }
        });
    }
    for input in inputs {
        values[input.value as usize].needed(start);
    }
    for output in outputs {
        values[output.value as usize].needed(ops.len());
    }
    for variable in values.iter_mut().filter(|value| value.variable) {
        variable.life = Some((0, ops.len()));
    }
}

/// Lets an operation that may work in place do so, where its input is needed no longer.
pub(crate) fn unite(values: &mut [Value], ops: &mut [UnplacedOp], outputs: &mut [Unplaced]) {
    for number in 0..ops.len() {
        let Op::Table(Table { input, output, .. }) = ops[number] else { continue };
        let (from, to) = (values[input.value as usize], values[output.value as usize]);
        let ends = from.life.is_some_and(|life| life.1 == number) && !from.variable;
        let begins = to.life.is_some_and(|life| life.0 == number) && !to.variable;
        let (Some((first, _)), Some((_, last))) = (from.life, to.life) else { continue };
        if !ends || !begins || from.len != to.len {
            continue;
        }
        let renamed = |span: &mut Unplaced| {
            if span.value == output.value {
                span.value = input.value;
            }
        };
        ops.iter_mut().for_each(|op| op.visit(|_, span| renamed(span)));
        outputs.iter_mut().for_each(renamed);
        values[input.value as usize].life = Some((first, last));
        values[output.value as usize].life = None;
    }
}

/// Gives every value an offset such that values needed at the same time lie apart, variables first, and returns the
/// arena's size and how much of it the variables take.
///
/// Greedy by size, as TFLite Micro's `GreedyMemoryPlanner`: the largest first, each into the lowest gap that is free
/// while it lives.
pub(crate) fn place(values: &mut [Value]) -> (u64, u64) {
    let mut order: Vec<usize> = (0..values.len()).filter(|i| values[*i].life.is_some()).collect();
    order.sort_by_key(|i| (!values[*i].variable, std::cmp::Reverse(values[*i].len), *i));
    let mut placed: Vec<usize> = Vec::with_capacity(order.len());
    let (mut size, mut variables) = (0u64, 0u64);
    for number in order {
        let value = values[number];
        let mut at = 0u64;
        for other in placed.iter().map(|i| &values[*i]).filter(|other| other.meets(&value)) {
            if at + u64::from(value.len) <= u64::from(other.at) {
                break;
            }
            at = at.max(u64::from(other.end()));
        }
        size = size.max(at + u64::from(value.len.next_multiple_of(ALIGNMENT)));
        if size > u64::from(u32::MAX / 2) {
            return (size, variables);
        }
        if value.variable {
            variables = size;
        }
        values[number].at = at as u32;
        let position = placed.partition_point(|i| u64::from(values[*i].at) <= at);
        placed.insert(position, number);
    }
    (size, variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(len: u32, first: usize, last: usize) -> Value {
        Value { len, life: Some((first, last)), ..Value::default() }
    }

    #[test]
    fn values_that_live_together_lie_apart_and_others_share() {
        let mut values = [value(100, 0, 1), value(40, 1, 2), value(96, 2, 3), value(7, 0, 3)];
        let (size, variables) = place(&mut values);
        for (i, a) in values.iter().enumerate() {
            for b in &values[..i] {
                assert!(!a.meets(b) || a.at + a.len <= b.at || b.at + b.len <= a.at, "{a:?} {b:?}");
            }
        }
        assert_eq!(values[0].at, values[2].at);
        assert_eq!((size, variables), (112 + 48 + 16, 0));
    }
}
