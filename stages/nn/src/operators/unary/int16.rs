//! LOGISTIC and TANH, int16: TFLite's `reference_integer_ops::Logistic` and `Tanh`.

use crate::kernels::Constants;
use crate::kernels::cell::Cell;
use crate::kernels::int16::pair;
use crate::op::{Span, full_names, spans};

/// Which of the two functions that share a table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sigmoid {
    /// LOGISTIC.
    Logistic,
    /// TANH, which is `2 · logistic(2x) − 1`.
    Tanh,
}

full_names!(Sigmoid: Logistic, Tanh);

/// LOGISTIC and TANH, int16: between neighbours of a table the result is interpolated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int16Sigmoid<A = Span> {
    /// The function.
    pub function: Sigmoid,
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
    /// In the pool of words: logistic(i / 24) in Q0.16, for i from 0 to 255.
    pub table: Span,
    /// Factor from an input to the table's index in Q.9: mantissa.
    pub multiplier: i32,
    /// Bits by which the product is shifted down.
    pub shift: u32,
}

spans!(Int16Sigmoid { input: Read, output: Write } { function, table, multiplier, shift });

/// Logistic or hyperbolic tangent of each element.
pub(crate) fn sigmoid(op: &Int16Sigmoid, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let table = &constants.words[op.table.range()];
    let half = (1i32 << op.shift) >> 1;
    // Beyond the table TFLite takes these.
    let (bits, end) = match op.function {
        Sigmoid::Logistic => (9, 0x7fff << 10),
        Sigmoid::Tanh => (8, 0xffff << 8),
    };
    for (from, to) in input.iter().zip(output) {
        let argument = i16::get(from).wrapping_mul(op.multiplier).wrapping_add(half) >> op.shift;
        let magnitude = argument.unsigned_abs();
        let (step, rest) = ((magnitude >> bits) as usize, (magnitude & ((1 << bits) - 1)) as i32);
        let positive = match table.get(step..step + 2) {
            Some(&[low, high]) => (low << bits) + rest * (high - low),
            _ => end,
        };
        *to = i16::put(match op.function {
            Sigmoid::Logistic => logistic(positive, argument),
            Sigmoid::Tanh => tanh(positive, argument),
        });
    }
}

/// The output in Q0.15 from a table's value in Q0.25.
fn logistic(positive: i32, argument: i32) -> i32 {
    if argument >= 0 { (positive + (1 << 9)) >> 10 } else { ((1 << 25) - positive + (1 << 9) - 1) >> 10 }
}

/// The output in Q0.15 from a table's value in Q0.24.
fn tanh(positive: i32, argument: i32) -> i32 {
    let sum =
        if argument >= 0 { positive - (1 << 23) + (1 << 7) } else { -positive + (1 << 23) + (1 << 7) - 1 };
    sum >> 8
}

#[cfg(feature = "std")]
mod lower {
    use super::{Int16Sigmoid, Sigmoid};
    use crate::error::{ModelError, ModelErrorKind};
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::planner::operators::code;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        /// Any operator of one input, elements of which are wider than a byte.
        pub(in crate::operators::unary) fn int16_unary(
            &mut self,
            node: &Node<'_, 'a>,
        ) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            if input.tensor.count() != output.tensor.count() {
                return Err(node.shape(&output, format!("{:?}, as the input", input.tensor.shape)));
            }
            let code = node.operator.code.code;
            if code != code::QUANTIZE {
                node.expect(&input, Element::I16)?;
                node.expect(&output, Element::I16)?;
            }
            match code {
                code::LOGISTIC => self.int16_sigmoid(node, Sigmoid::Logistic),
                code::TANH => self.int16_sigmoid(node, Sigmoid::Tanh),
                _ => self.rescale(node),
            }
        }

        /// LOGISTIC and TANH (TFLite's `CalculateArithmeticOpData`).
        fn int16_sigmoid(&mut self, node: &Node<'_, 'a>, function: Sigmoid) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            node.expect_affine(&output, 1.0 / 32768.0, 0)?;
            let (scale, zero) = node.affine(&input)?;
            if zero != 0 {
                let found = format!("zero point {zero}");
                return Err(node.error(ModelErrorKind::Quantisation, &input, found, "0"));
            }
            let mut real = f64::from(scale) * 4096.0 * 3.0;
            let (mut multiplier, mut shift) = (0, 0);
            // The function has two forms: exact for its own power of two (TANH: or the next), else one with 15 bits.
            let most = if function == Sigmoid::Tanh { 1 } else { 0 };
            for power in 0..=most {
                if scale == (1u32 << power) as f32 / 4096.0 {
                    multiplier = 3 << power;
                }
            }
            if multiplier == 0 {
                while real <= 32767.0 / 2.0 && shift <= 30 {
                    (real, shift) = (2.0 * real, shift + 1);
                }
                if real > 32767.0 || shift > 30 {
                    let found = format!("scale {scale:e}");
                    return Err(node.error(ModelErrorKind::Quantisation, &input, found, "2^-30 to 2.6"));
                }
                multiplier = real as i32;
            }
            let table = self.pools.words(sigmoid_table().into_iter())?;
            let (input, output) = (self.read(node, &input)?, self.write(node, &output)?);
            self.ops.push(Op::Int16Sigmoid(Int16Sigmoid {
                function,
                input,
                output,
                table,
                multiplier,
                shift,
            }));
            Ok(())
        }
    }

    /// Where TFLite's table of the logistic function lies one step above the nearest number.
    const RAISED: [u8; 44] = [
        4, 8, 12, 14, 15, 16, 17, 19, 20, 21, 22, 25, 27, 28, 29, 30, 31, 33, 34, 35, 37, 39, 40, 41, 43, 44,
        45, 46, 49, 50, 54, 62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116, 135, 255,
    ];

    /// logistic(i / 24) in Q0.16, for i from 0 to 255, as TFLite has it (`sigmoid_table_uint16`).
    fn sigmoid_table() -> Vec<i32> {
        let nearest = |i: u8| libm::round(65536.0 / (1.0 + libm::exp(-f64::from(i) / 24.0))) as i32;
        (0..=255).map(|i| nearest(i) + i32::from(RAISED.contains(&i))).collect()
    }
}
