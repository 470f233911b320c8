//! ADD, SUB, MUL, DIV, MINIMUM and MAXIMUM; here ADD, SUB and MUL of integers with scales.
//!
//! Reference: TFLite's `reference_integer_ops::Add`, `reference_ops::Sub` and `reference_integer_ops::Mul`, with their
//! broadcasting forms.

pub(crate) mod float;
pub(crate) mod unscaled;

use crate::fixed::Factor;
#[cfg(all(
    feature = "std",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")
))]
use crate::fixed::Reduction;
use crate::kernels::cell::Cell;
use crate::kernels::walk::rows;
use crate::kernels::{self, Constants};
use crate::op::{AXES, Span, spans};

/// What a [`Binary`] computes from two inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// ADD: both inputs are brought to one scale, with 20 bits of headroom (int16: 15).
    Add,
    /// SUB, likewise.
    Subtract,
    /// MUL.
    Multiply,
    /// ADD or SUB of int8 whose factors are joined, with the same outputs: those of the inputs are whole numbers of 30 bits, and
    /// of their sum so many bits are shifted out as the last factor's shift says; its multiplier is −1 where ties of negative
    /// numbers are rounded down, else 0.
    Joined,
}

/// ADD, SUB and MUL, int8 or int16, with broadcasting. The output is dense; an input stands still along an axis whose step is
/// zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binary<A = Span> {
    /// What is computed.
    pub arithmetic: Arithmetic,
    /// First input in the arena.
    pub a: A,
    /// Second input in the arena.
    pub b: A,
    /// Output in the arena; may be an input of its size.
    pub output: A,
    /// Shape of the output, the slowest axis first.
    pub counts: [u32; AXES],
    /// Steps of the first input along each axis.
    pub a_steps: [i32; AXES],
    /// Steps of the second input along each axis.
    pub b_steps: [i32; AXES],
    /// Added to the first input: its zero point, negated.
    pub a_offset: i32,
    /// Added to the second input: its zero point, negated.
    pub b_offset: i32,
    /// Factor of the first input; unused by a multiplication.
    pub a_factor: Factor,
    /// Factor of the second input; unused by a multiplication.
    pub b_factor: Factor,
    /// Factor of the result.
    pub factor: Factor,
    /// The output's zero point.
    pub output_offset: i32,
    /// Least output, from the fused activation.
    pub min: i32,
    /// Greatest output.
    pub max: i32,
}

spans!(Binary { a: Read, b: Read, output: Write } { arithmetic, counts, a_steps, b_steps, a_offset, b_offset, a_factor, b_factor, factor, output_offset, min, max });

/// Bits by which sums of int8 are shifted up before they are rescaled.
pub(crate) const HEADROOM: u32 = 20;

/// The same for sums of int16.
pub(crate) const INT16_HEADROOM: u32 = 15;

/// Combines two inputs element by element; `HEADROOM` is the number of bits by which they are shifted up before they
/// are brought to one scale.
pub(crate) fn binary<C: Cell, const HEADROOM: u32>(op: &Binary, _: Constants<'_>, arena: &mut [i8]) {
    let headroom = |x: i32| x.wrapping_shl(HEADROOM);
    combine::<C>(op, arena, |a, b| {
        let result = match op.arithmetic {
            Arithmetic::Add => op.a_factor.apply(headroom(a)).wrapping_add(op.b_factor.apply(headroom(b))),
            Arithmetic::Subtract => {
                op.a_factor.apply(headroom(a)).wrapping_sub(op.b_factor.apply(headroom(b)))
            }
            Arithmetic::Multiply => a.wrapping_mul(b),
            Arithmetic::Joined => return Linear::new(op).apply(a, b),
        };
        op.factor.apply(result)
    });
}

/// The same of int8 for kernel sets with vectors, to be compiled for their instructions: no loop of it branches.
#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")))]
#[inline(always)]
pub(crate) fn vectors(op: &Binary, constants: Constants<'_>, arena: &mut [i8]) {
    if op.arithmetic == Arithmetic::Joined {
        let linear = Linear::new(op);
        return combine::<i8>(op, arena, |x, y| linear.apply(x, y));
    }
    let Some([a, b, factor]) = op.reductions() else { return binary::<i8, HEADROOM>(op, constants, arena) };
    let headroom = |x: i32| x << HEADROOM;
    match op.arithmetic {
        Arithmetic::Add => {
            combine::<i8>(op, arena, |x, y| factor.apply(a.apply(headroom(x)) + b.apply(headroom(y))))
        }
        Arithmetic::Subtract => {
            combine::<i8>(op, arena, |x, y| factor.apply(a.apply(headroom(x)) - b.apply(headroom(y))))
        }
        Arithmetic::Multiply => combine::<i8>(op, arena, |x, y| factor.apply(x * y)),
        Arithmetic::Joined => unreachable!("it has returned"),
    }
}

/// Gives offset inputs to `result`, and what it makes of them the output's offset and bounds.
#[inline(always)]
fn combine<C: Cell>(op: &Binary, arena: &mut [i8], result: impl Fn(i32, i32) -> i32) {
    let ([a, b], output) = kernels::inputs(arena, [op.a, op.b], op.output);
    let combined = |a, b| {
        let result = result(C::get(&a).wrapping_add(op.a_offset), C::get(&b).wrapping_add(op.b_offset));
        C::put(result.wrapping_add(op.output_offset).max(op.min).min(op.max))
    };
    rows(&op.counts, [&op.a_steps, &op.b_steps], [C::of(a), C::of(b)], C::of_mut(output), combined);
}

/// A sum of two products, as [`Arithmetic::Joined`] has it: each factor in two pieces, whose products have 32 bits.
#[derive(Clone, Copy)]
struct Linear {
    high: [i32; 2],
    low: [i32; 2],
    /// Half of what is shifted out.
    half: i32,
    /// All bits where ties of negative numbers are rounded down.
    ties: i32,
    shift: i32,
}

impl Linear {
    #[inline(always)]
    fn new<A>(op: &Binary<A>) -> Self {
        let factors = [op.a_factor.multiplier, op.b_factor.multiplier];
        Self {
            high: factors.map(|factor| factor >> 15),
            low: factors.map(|factor| factor & 0x7fff),
            half: 1 << (-op.factor.shift - 1),
            ties: op.factor.multiplier,
            shift: -op.factor.shift,
        }
    }

    #[inline(always)]
    fn apply(&self, x: i32, y: i32) -> i32 {
        let low = x * self.low[0] + y * self.low[1];
        let sum = x * self.high[0] + y * self.high[1] + (low >> 15);
        (sum + self.half + (sum >> 31 & self.ties)) >> self.shift
    }
}

#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")))]
impl<A: Copy> Binary<A> {
    /// A sum or difference of int8 as [`Arithmetic::Joined`], where it has that form: the products are exact where the
    /// factors round their numbers, so now and then an output would differ. All pairs of inputs are tried.
    pub(crate) fn joined(&self) -> Option<Self> {
        let sign = match self.arithmetic {
            Arithmetic::Add => 1.0,
            Arithmetic::Subtract => -1.0,
            _ => return None,
        };
        self.reductions()?;
        let real = |factor: Factor| f64::from(factor.multiplier) * libm::exp2(f64::from(factor.shift - 31));
        let scale = f64::from(1 << HEADROOM) * real(self.factor);
        let factors = [real(self.a_factor) * scale, sign * real(self.b_factor) * scale];
        let bits = 29 - libm::ilogb(factors[0].max(factors[1].abs()));
        let shift = 15 - bits;
        if !(-30..=-1).contains(&shift) {
            return None;
        }
        let [a, b] = factors.map(|factor| libm::round(factor * libm::exp2(f64::from(bits))) as i32);
        // Where scales are powers of two of each other, ties are many; else there are none, and what is taken from negative
        // numbers would be too much.
        [-1, 0].into_iter().find_map(|ties| {
            let joined = Self {
                arithmetic: Arithmetic::Joined,
                a_factor: Factor { multiplier: a, shift: 0 },
                b_factor: Factor { multiplier: b, shift: 0 },
                factor: Factor { multiplier: ties, shift },
                ..*self
            };
            self.equals(&Linear::new(&joined)).then_some(joined)
        })
    }

    /// Whether a form gives the outputs of the operation, whatever the inputs.
    fn equals(&self, linear: &Linear) -> bool {
        let all = |offset: i32, factor: Factor| -> [(i32, i32); 256] {
            core::array::from_fn(|i| {
                let x = i as i32 - 128 + offset;
                (x, factor.apply(x.wrapping_shl(HEADROOM)))
            })
        };
        let (a, b) = (all(self.a_offset, self.a_factor), all(self.b_offset, self.b_factor));
        let bounded = |result: i32| result.wrapping_add(self.output_offset).max(self.min).min(self.max);
        a.iter().all(|(x, a)| {
            b.iter().all(|(y, b)| {
                let sum =
                    if self.arithmetic == Arithmetic::Add { a.wrapping_add(*b) } else { a.wrapping_sub(*b) };
                bounded(self.factor.apply(sum)) == bounded(linear.apply(*x, *y))
            })
        })
    }
}

#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")))]
impl<A> Binary<A> {
    /// The factors of both inputs and of the result, where none is above one.
    fn reductions(&self) -> Option<[Reduction; 3]> {
        let [a, b, factor] = [self.a_factor, self.b_factor, self.factor].map(Factor::reduction);
        match self.arithmetic {
            Arithmetic::Multiply => Some([factor?; 3]),
            _ => Some([a?, b?, factor?]),
        }
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::{Arithmetic, Binary, HEADROOM, INT16_HEADROOM};
    use crate::error::{ModelError, ModelErrorKind};
    use crate::fixed::Factor;
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::block::broadcast;
    use crate::planner::node::Node;
    use crate::planner::operators::code;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        /// ADD, SUB and MUL of two inputs whose shapes broadcast.
        pub(crate) fn binary(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let (a, b, output) = (node.input(0)?, node.input(1)?, node.output(0)?);
            let arithmetic = match node.operator.code.code {
                code::ADD => Arithmetic::Add,
                code::SUB => Arithmetic::Subtract,
                _ => Arithmetic::Multiply,
            };
            if matches!(a.tensor.element, Element::F32 | Element::I32) {
                return self.combination(node);
            }
            let int16 = node.is_int16(&[&a, &b, &output])?;
            let (counts, [a_steps, b_steps]) = broadcast(node, [&a, &b], &output)?;
            let ((a_scale, a_zero), (b_scale, b_zero), (scale, zero)) =
                (node.affine(&a)?, node.affine(&b)?, node.affine(&output)?);
            let (a_scale, b_scale, scale) = (f64::from(a_scale), f64::from(b_scale), f64::from(scale));
            let one = Factor { multiplier: 1 << 30, shift: 1 };
            let (a_factor, b_factor, factor) = if arithmetic == Arithmetic::Multiply {
                (one, one, node.factor(&output, a_scale * b_scale / scale)?)
            } else {
                let twice = 2.0 * a_scale.max(b_scale);
                let headroom = if int16 { INT16_HEADROOM } else { HEADROOM };
                let real = twice / (f64::from(1 << headroom) * scale);
                if real >= 1.0 {
                    let found = format!("scale {scale:e}");
                    let expected = format!("one above {:e}, from the inputs", real * scale);
                    return Err(node.error(ModelErrorKind::Quantisation, &output, found, expected));
                }
                (
                    node.factor(&a, a_scale / twice)?,
                    node.factor(&b, b_scale / twice)?,
                    node.factor(&output, real)?,
                )
            };
            let (min, max) = node.activation(&output, node.options()?.i8(0, 0)?)?;
            let op = Binary {
                arithmetic,
                a: self.read(node, &a)?,
                b: self.read(node, &b)?,
                output: self.write(node, &output)?,
                counts,
                a_steps,
                b_steps,
                a_offset: -a_zero,
                b_offset: -b_zero,
                a_factor,
                b_factor,
                factor,
                output_offset: zero,
                min,
                max,
            };
            #[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
            let op = match self.kernels.lanes() {
                // To try all pairs pays for tensors of some size.
                Some(_) if !int16 && output.tensor.count() >= 256 => op.joined().unwrap_or(op),
                _ => op,
            };
            self.ops.push(if int16 { Op::Int16Binary(op) } else { Op::Binary(op) });
            Ok(())
        }
    }
}
