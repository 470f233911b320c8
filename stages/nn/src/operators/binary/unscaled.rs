//! ADD, SUB, MUL and DIV of int32, MINIMUM and MAXIMUM of any integers, as they are: TFLite Micro's kernels for int32.

use crate::kernels::cell::Cell;
use crate::kernels::walk::rows;
use crate::kernels::{self, Constants};
use crate::op::{AXES, Integer, Span, full_names, spans};

/// What is computed from two numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Combination {
    /// ADD.
    Sum,
    /// SUB.
    Difference,
    /// MUL.
    Product,
    /// DIV. Integers are rounded towards zero, and what is divided by zero is zero.
    Quotient,
    /// MINIMUM.
    Least,
    /// MAXIMUM.
    Greatest,
}

full_names!(Combination: Sum, Difference, Product, Quotient, Least, Greatest);

/// ADD, SUB, MUL and DIV of int32, MINIMUM and MAXIMUM of any integers, with broadcasting. Results wrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unscaled<A = Span> {
    /// What is computed.
    pub combination: Combination,
    /// Type of the integers.
    pub integer: Integer,
    /// First input in the arena.
    pub a: A,
    /// Second input in the arena.
    pub b: A,
    /// Output in the arena.
    pub output: A,
    /// Shape of the output, the slowest axis first.
    pub counts: [u32; AXES],
    /// Steps of the first input along each axis, in elements.
    pub a_steps: [i32; AXES],
    /// Steps of the second input along each axis, in elements.
    pub b_steps: [i32; AXES],
    /// Least output, from the fused activation.
    pub min: i32,
    /// Greatest output.
    pub max: i32,
}

spans!(Unscaled { a: Read, b: Read, output: Write } { combination, integer, counts, a_steps, b_steps, min, max });

/// Combines two inputs of integers of one type.
pub(crate) fn unscaled(op: &Unscaled, _: Constants<'_>, arena: &mut [i8]) {
    match op.integer {
        Integer::I8 => combine::<i8>(op, arena),
        Integer::U8 => combine::<u8>(op, arena),
        Integer::I16 => combine::<i16>(op, arena),
        Integer::I32 => combine::<i32>(op, arena),
    }
}

/// Combines two inputs element by element.
fn combine<C: Cell>(op: &Unscaled, arena: &mut [i8]) {
    let ([a, b], output) = kernels::inputs(arena, [op.a, op.b], op.output);
    let result = |a, b| C::put(op.result(C::get(&a), C::get(&b)));
    rows(&op.counts, [&op.a_steps, &op.b_steps], [C::of(a), C::of(b)], C::of_mut(output), result);
}

impl Unscaled {
    fn result(&self, a: i32, b: i32) -> i32 {
        let result = match self.combination {
            Combination::Sum => a.wrapping_add(b),
            Combination::Difference => a.wrapping_sub(b),
            Combination::Product => a.wrapping_mul(b),
            Combination::Quotient if b == 0 => 0,
            Combination::Quotient => a.wrapping_div(b),
            Combination::Least => a.min(b),
            Combination::Greatest => a.max(b),
        };
        result.max(self.min).min(self.max)
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::{Combination, Unscaled};
    use crate::error::{ModelError, ModelErrorKind};
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::block::broadcast;
    use crate::planner::node::{Node, Operand};
    use crate::planner::operators::code;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        /// Combines two inputs whose shapes broadcast.
        pub(crate) fn combination(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let (a, b, output) = (node.input(0)?, node.input(1)?, node.output(0)?);
            let combination = match node.operator.code.code {
                code::ADD => Combination::Sum,
                code::SUB => Combination::Difference,
                code::MUL => Combination::Product,
                code::DIV => Combination::Quotient,
                code::MINIMUM => Combination::Least,
                _ => Combination::Greatest,
            };
            if a.tensor.element == Element::F32 {
                return self.float_binary(node, combination);
            }
            if matches!(combination, Combination::Least | Combination::Greatest) {
                node.same_quantisation(&a, &output)?;
                node.same_quantisation(&b, &output)?;
            } else {
                node.expect(&a, Element::I32)?;
                [&a, &b, &output].into_iter().try_for_each(|operand| node.without_scale(operand))?;
                if combination == Combination::Sum && node.fused_activation()? != 0 {
                    let found = "a fused activation on 32-bit integers, which TFLite Micro leaves out and LiteRT does not";
                    return Err(node.refuse(ModelErrorKind::Unsupported, found, "none"));
                }
            }
            let integer = node.integer(&a)?;
            node.expect(&b, a.tensor.element)?;
            node.expect(&output, a.tensor.element)?;
            let (min, max) = node.whole_bounds()?;
            let (counts, [a_steps, b_steps]) = broadcast(node, [&a, &b], &output)?;
            let op = Unscaled {
                combination,
                integer,
                a_steps,
                b_steps,
                counts,
                a: self.read(node, &a)?,
                b: self.read(node, &b)?,
                output: self.write(node, &output)?,
                min,
                max,
            };
            self.ops.push(Op::Unscaled(op));
            Ok(())
        }
    }

    impl<'a> Node<'_, 'a> {
        /// Number of the fused activation in the schema; none for an operator that has no such option.
        pub(in crate::operators::binary) fn fused_activation(&self) -> Result<i8, ModelError> {
            match self.operator.code.code {
                code::MINIMUM | code::MAXIMUM => Ok(0),
                _ => Ok(self.options()?.i8(0, 0)?),
            }
        }

        /// Bounds of an integer without a scale under the fused activation.
        fn whole_bounds(&self) -> Result<(i32, i32), ModelError> {
            let bounds = self.bounds(self.fused_activation()?)?;
            // Where there is no bound, the conversion saturates.
            Ok((bounds.min as i32, bounds.max as i32))
        }

        fn without_scale(&self, operand: &Operand<'_, 'a>) -> Result<(), ModelError> {
            match operand.tensor.quantisation.scales.get(0) {
                None => Ok(()),
                Some(scale) => {
                    let found = format!("scale {scale} on 32-bit integers");
                    Err(self.error(ModelErrorKind::Quantisation, operand, found, "none, or int8"))
                }
            }
        }
    }
}
