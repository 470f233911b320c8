//! Copies of copies, made in one.

use super::arena::Value;
use super::spans::{self, Access};
use crate::nn::op::{AXES, Move, Op, Source, Span};

/// Where a run is copied to a value only to be copied on, copies it to its end at once: a model with variables cuts off
/// what is oldest and then stores the rest.
pub(super) fn copies(values: &[Value], ops: &mut Vec<Op>, outputs: &[Span]) {
    let mut reads = vec![0u32; values.len()];
    outputs.iter().for_each(|output| reads[output.at as usize] += 1);
    for op in ops.iter_mut() {
        spans::visit(op, |access, span| reads[span.at as usize] += u32::from(access == Access::Read));
    }
    let mut number = 1;
    while number < ops.len() {
        match joined(&ops[number - 1], &ops[number], values, &reads) {
            Some(copy) => {
                ops[number - 1] = Op::Move(copy);
                ops.remove(number);
            }
            None => number += 1,
        }
    }
}

/// Two copies that follow each other as one, where the value between them is whole and nothing else needs it.
fn joined(first: &Op, second: &Op, values: &[Value], reads: &[u32]) -> Option<Move> {
    let (Op::Move(first), Op::Move(second)) = (first, second) else { return None };
    let between = first.to.at;
    let value = &values[between as usize];
    let passes_on = second.from == Source::Arena(first.to) && reads[between as usize] == 1 && !value.variable;
    let runs = first.counts == [1; AXES] && second.counts == [1; AXES];
    let whole = first.run == value.len && second.run == value.len;
    (passes_on && runs && whole).then_some(Move { from: first.from, from_start: first.from_start, ..*second })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(from: u32, from_start: u32, to: u32, run: u32) -> Op {
        let span = |at| Span { at, len: 8 };
        Op::Move(Move {
            from: Source::Arena(span(from)),
            to: span(to),
            from_start,
            to_start: 0,
            run,
            counts: [1; AXES],
            from_steps: [0; AXES],
            to_steps: [0; AXES],
        })
    }

    #[test]
    fn a_copy_of_a_copy_is_one_unless_the_value_between_is_needed() {
        let values = [Value { len: 8, ..Value::default() }; 4];
        let through = || vec![copy(0, 4, 1, 8), copy(1, 0, 2, 8)];
        let mut ops = through();
        copies(&values, &mut ops, &[]);
        assert_eq!(ops, [copy(0, 4, 2, 8)]);
        for needed in [vec![Span { at: 1, len: 8 }], Vec::new()] {
            let mut ops = through();
            if needed.is_empty() {
                ops.push(copy(1, 0, 3, 8));
            }
            let before = ops.clone();
            copies(&values, &mut ops, &needed);
            assert_eq!(ops, before);
        }
    }
}
