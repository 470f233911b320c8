//! Arithmetic on numbers without scales: DIV, MINIMUM, MAXIMUM; ADD, SUB and MUL of int32 and float32; CAST.

use super::Lowering;
use super::arithmetic::{axes, broadcast_steps};
use super::node::{Node, Operand};
use crate::error::{ModelError, ModelErrorKind};
use crate::op::{Cast, Combination, Number, Op, Unscaled};
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
        let op = Unscaled {
            combination,
            integer,
            a_steps: broadcast_steps(node, &a, &output)?,
            b_steps: broadcast_steps(node, &b, &output)?,
            counts: axes(&output.tensor.shape).ok_or_else(|| node.shape(&output, "at most 5 dimensions"))?,
            a: self.read(node, &a)?,
            b: self.read(node, &b)?,
            output: self.write(node, &output)?,
            min,
            max,
        };
        self.ops.push(Op::Unscaled(op));
        Ok(())
    }

    /// CAST.
    pub(crate) fn cast(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        let (from, to) = (node.number_type(&input)?, node.number_type(&output)?);
        if input.tensor.count() != output.tensor.count() {
            return Err(node.shape(&output, format!("{:?}, as the input", input.tensor.shape)));
        }
        let input = self.read(node, &input)?;
        // Between signed and unsigned integers of one width no bit changes.
        let signless = |number| if number == Number::U32 { Number::I32 } else { number };
        if signless(from) == signless(to) {
            return self.alias(node, &output, input);
        }
        let output = self.write(node, &output)?;
        self.ops.push(Op::Cast(Cast { from, to, input, output }));
        Ok(())
    }
}

impl<'a> Node<'_, 'a> {
    /// Number of the fused activation in the schema; none for an operator that has no such option.
    pub(crate) fn fused_activation(&self) -> Result<i8, ModelError> {
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

    fn number_type(&self, operand: &Operand<'_, 'a>) -> Result<Number, ModelError> {
        Ok(match operand.tensor.element {
            Element::I8 => Number::I8,
            Element::U8 => Number::U8,
            Element::I16 => Number::I16,
            Element::I32 => Number::I32,
            Element::U32 => Number::U32,
            Element::F32 => Number::F32,
            other => {
                let found = format!("element `{other:?}`");
                let expected = "`I8`, `U8`, `I16`, `I32`, `U32` or `F32`";
                return Err(self.error(ModelErrorKind::Unsupported, operand, found, expected));
            }
        })
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
