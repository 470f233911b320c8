//! Copies that others make needless.

use super::arena::Value;
use super::{Source, Unplaced, UnplacedOp};
use crate::op::{Access, Op};

type Move = crate::op::Move<Unplaced>;

/// Where a run is copied to a value only to be copied on, copies it to its end at once: a model with variables cuts off
/// what is oldest and then stores the rest.
pub(crate) fn copies(values: &[Value], ops: &mut Vec<UnplacedOp>, outputs: &[Unplaced]) {
    let mut reads = vec![0u32; values.len()];
    outputs.iter().for_each(|output| reads[output.value as usize] += 1);
    for op in ops.iter_mut() {
        op.visit(|access, span| reads[span.value as usize] += u32::from(access == Access::Read));
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
fn joined(first: &UnplacedOp, second: &UnplacedOp, values: &[Value], reads: &[u32]) -> Option<Move> {
    let (Op::Move(first), Op::Move(second)) = (first, second) else { return None };
    let between = first.to.value;
    let value = &values[between as usize];
    let passes_on = second.from == Source::Arena(first.to) && reads[between as usize] == 1 && !value.variable;
    let runs = first.is_run() && second.is_run();
    let whole = first.run == value.len && second.run == value.len;
    (passes_on && runs && whole).then_some(Move { from: first.from, from_start: first.from_start, ..*second })
}

/// Where a variable is copied in front of what is new and the newest of both copied back, keeps both in one variable,
/// which moves up in place: half of the copies. `start` gives variables their first values, `ends` are what a run is given
/// and what it gives.
pub(crate) fn shifts(
    values: &mut [Value],
    ops: &mut Vec<UnplacedOp>,
    start: &mut [UnplacedOp],
    ends: &[Unplaced],
) {
    let mut number = 0;
    while number + 3 <= ops.len() {
        let history = match &ops[number..number + 3] {
            [Op::Move(first), Op::Move(second), Op::Move(third)] => History::of([first, second, third]),
            _ => None,
        };
        if let Some(history) = history.filter(|history| history.is_alone(values, ops, start, ends)) {
            let History { kept, whole } = history;
            ops[number] = Op::Move(history.moved_up());
            ops.remove(number + 2);
            start.iter_mut().for_each(|op| history.begun(op));
            values[kept.value as usize].variable = false;
            values[whole.value as usize].variable = true;
        }
        number += 1;
    }
}

/// A variable, and the value that begins with it and ends with what the variable is next.
struct History {
    kept: Unplaced,
    whole: Unplaced,
}

impl History {
    /// What three copies that follow each other make.
    fn of([first, second, third]: [&Move; 3]) -> Option<Self> {
        let Source::Arena(kept) = first.from else { return None };
        let whole = first.to;
        let fresh = whole.len.checked_sub(kept.len)?;
        let runs = [first, second, third].into_iter().all(Move::is_run);
        let begins = (first.from_start, first.to_start, first.run) == (0, 0, kept.len);
        let goes_on = (second.to, second.to_start, second.run) == (whole, kept.len, fresh)
            && ![Source::Arena(kept), Source::Arena(whole)].contains(&second.from);
        let ends = third.from == Source::Arena(whole)
            && third.to == kept
            && (third.from_start, third.to_start, third.run) == (fresh, 0, kept.len);
        (runs && begins && goes_on && ends).then_some(Self { kept, whole })
    }

    /// The one copy that stands for two.
    fn moved_up(&self) -> Move {
        let fresh = self.whole.len - self.kept.len;
        Move::of_run((Source::Arena(self.whole), fresh), (self.whole, 0), self.kept.len)
    }

    /// What gave the variable its first value gives it to where that lies now.
    fn begun(&self, op: &mut UnplacedOp) {
        match op {
            Op::Fill(fill) if fill.to == self.kept => fill.to = self.whole,
            Op::Move(copy) if copy.to == self.kept => {
                (copy.to, copy.to_start) = (self.whole, copy.to_start + self.whole.len - self.kept.len);
            }
            _ => {}
        }
    }

    /// Whether nothing but the three copies needs the variable or writes the other.
    fn is_alone(
        &self,
        values: &[Value],
        ops: &[UnplacedOp],
        start: &[UnplacedOp],
        ends: &[Unplaced],
    ) -> bool {
        let [kept, whole] = [self.kept, self.whole].map(|span| values[span.value as usize]);
        let complete = kept.len == self.kept.len && whole.len == self.whole.len;
        let (mut of_kept, mut of_whole) = ((0, 0), 0);
        for op in ops {
            op.clone().visit(|access, span| match access {
                Access::Read if span.value == self.kept.value => of_kept.0 += 1,
                Access::Write if span.value == self.kept.value => of_kept.1 += 1,
                Access::Write if span.value == self.whole.value => of_whole += 1,
                _ => {}
            });
        }
        let first = start.iter().all(|op| {
            let gives = matches!(op, Op::Fill(_) | Op::Move(_));
            let mut fits = true;
            op.clone().visit(|access, span| {
                fits &=
                    span.value != self.kept.value || (gives && access == Access::Write && *span == self.kept);
            });
            fits
        });
        let inside = ends.iter().all(|end| end.value != self.kept.value && end.value != self.whole.value);
        kept.variable && !whole.variable && complete && inside && first && (of_kept, of_whole) == ((1, 1), 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Fill;

    fn copy(from: u32, from_start: u32, to: u32, run: u32) -> UnplacedOp {
        let span = |at| Unplaced { value: at, len: 8 };
        Op::Move(Move::of_run((Source::Arena(span(from)), from_start), (span(to), 0), run))
    }

    #[test]
    fn a_copy_of_a_copy_is_one_unless_the_value_between_is_needed() {
        let values = [Value { len: 8, ..Value::default() }; 4];
        let through = || vec![copy(0, 4, 1, 8), copy(1, 0, 2, 8)];
        let mut ops = through();
        copies(&values, &mut ops, &[]);
        assert_eq!(ops, [copy(0, 4, 2, 8)]);
        for needed in [vec![Unplaced { value: 1, len: 8 }], Vec::new()] {
            let mut ops = through();
            if needed.is_empty() {
                ops.push(copy(1, 0, 3, 8));
            }
            let before = ops.clone();
            copies(&values, &mut ops, &needed);
            assert_eq!(ops, before);
        }
    }

    #[test]
    fn a_history_moves_up_in_place_unless_something_else_needs_it() {
        let sizes = [5, 3, 8, 8];
        let values = sizes.map(|len| Value { len, variable: len == 5, ..Value::default() });
        let span = |at: u32| Unplaced { value: at, len: sizes[at as usize] };
        let run = |(from, from_start), (to, to_start), run| {
            Op::Move(Move::of_run((Source::Arena(span(from)), from_start), (span(to), to_start), run))
        };
        let ops =
            [run((0, 0), (2, 0), 5), run((1, 0), (2, 5), 3), run((2, 3), (0, 0), 5), run((2, 0), (3, 0), 8)];
        let start = [Op::Fill(Fill { to: span(0), value: 7 })];
        let shifted = |ops: &[UnplacedOp], ends: &[Unplaced]| {
            let (mut values, mut ops, mut start) = (values, ops.to_vec(), start);
            shifts(&mut values, &mut ops, &mut start, ends);
            (ops, start, values.map(|value| value.variable))
        };
        let (few, first, variables) = shifted(&ops, &[span(1), span(3)]);
        assert_eq!(few, [run((2, 3), (2, 0), 5), ops[1], ops[3]]);
        assert_eq!(first, [Op::Fill(Fill { to: span(2), value: 7 })]);
        assert_eq!(variables, [false, false, true, false]);
        // The variable is given, or read once more; or what is whole is written once more.
        let needed = [run((0, 0), (3, 0), 5), run((1, 0), (2, 0), 3)];
        assert_eq!(shifted(&ops, &[span(0)]).0, ops);
        for op in needed {
            let ops = [&ops[..], &[op]].concat();
            assert_eq!(shifted(&ops, &[]).0, ops);
        }
    }
}
