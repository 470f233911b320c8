//! A plan as firmware holds it: constant expressions, as the `Debug` form of a planned model's operations writes them.

use kws_nn::op::Op::*;
use kws_nn::op::{Cast, Number, Op, SignalSubtraction, Softmax, Span, Subtraction};
use kws_nn::plan::Plan;

/// An operation written down twice: as an expression, and as the text that `Debug` must give for it.
macro_rules! written {
    ($($tokens:tt)*) => { ($($tokens)*, stringify!($($tokens)*)) };
}

const OP: (Op, &str) = written!(Softmax(Softmax {
    input: Span { at: 0, len: 4 },
    output: Span { at: 16, len: 4 },
    depth: 4,
    multiplier: 1717986918,
    left_shift: 23,
    least_difference: -248
}));

/// Operations with an enum whose variants have the names of another's, and with a value of the front end.
const OTHERS: [(Op, &str); 2] = [
    written!(Cast(Cast {
        from: Number::F32,
        to: Number::I8,
        input: Span { at: 0, len: 16 },
        output: Span { at: 16, len: 4 }
    })),
    written!(SignalSubtraction(SignalSubtraction {
        input: Span { at: 0, len: 8 },
        output: Span { at: 16, len: 8 },
        noise: Span { at: 32, len: 8 },
        state: Span { at: 48, len: 8 },
        coefficients: Subtraction {
            newest: [409, 983],
            before: [15975, 15401],
            remaining: 819,
            bits: 14,
            estimate_bits: 10,
            clamping: false
        }
    })),
];

static OPS: [Op; 1] = [OP.0];
static PLAN: Plan<&[Op], &[i8], &[i32]> = Plan {
    ops: &OPS,
    start: &[],
    bytes: &[],
    words: &[],
    input: Span { at: 0, len: 4 },
    output: Span { at: 16, len: 4 },
    variables: 0,
    arena: 32,
};

/// Text without its blanks, which `stringify` and `Debug` set differently.
fn tight(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn an_operation_prints_as_the_expression_that_makes_it() {
    for (op, text) in OTHERS.into_iter().chain([OP]) {
        assert_eq!(tight(&format!("{op:?}")), tight(text));
    }
}

#[test]
fn a_static_plan_runs_on_a_borrowed_arena() {
    let mut arena = [0i8; 32];
    PLAN.reset(&mut arena);
    PLAN.input_mut(&mut arena).copy_from_slice(&[10, 20, 30, 40]);
    PLAN.run(&mut arena);
    // Steps of 0.1: the softmax of 1, 2, 3, 4, in 256ths less 128.
    assert_eq!(PLAN.output(&arena), [-120, -106, -67, 37]);
}
