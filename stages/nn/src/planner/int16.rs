//! Functions on int16: LOGISTIC, TANH, SOFTMAX, RELU and its kin; QUANTIZE between integers of several widths.

use super::Lowering;
use super::node::Node;
use crate::error::{ModelError, ModelErrorKind};
use crate::fixed::Factor;
use crate::op::{Int16Sigmoid, Int16Softmax, Op, Rescale, Sigmoid, Span};
use crate::planner::operators::code;
use crate::schema::Element;

impl<'a> Lowering<'_, 'a> {
    /// Any operator of one input, elements of which are wider than a byte.
    pub(crate) fn int16_unary(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
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
            code::LOGISTIC => return self.int16_sigmoid(node, Sigmoid::Logistic),
            code::TANH => return self.int16_sigmoid(node, Sigmoid::Tanh),
            _ => {}
        }
        let (from, to) = (node.integer(&input)?, node.integer(&output)?);
        let ((scale, zero), (to_scale, to_zero)) = (node.affine(&input)?, node.affine(&output)?);
        let ((min, max), factor, offsets) = match code {
            // TFLite Micro clamps in the input's own quantisation.
            code::RELU6 => (node.activation(&input, 3)?, IDENTITY, (0, 0)),
            _ => {
                let factor = node.factor(&output, f64::from(scale) / f64::from(to_scale))?;
                (node.relu_range(&output)?, factor, (zero, to_zero))
            }
        };
        let (input, output) = (self.read(node, &input)?, self.write(node, &output)?);
        let (input_offset, output_offset) = (-offsets.0, offsets.1);
        self.ops.push(Op::Rescale(Rescale {
            from,
            to,
            input,
            output,
            input_offset,
            factor,
            output_offset,
            min,
            max,
        }));
        Ok(())
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
        self.ops.push(Op::Int16Sigmoid(Int16Sigmoid { function, input, output, table, multiplier, shift }));
        Ok(())
    }

    /// SOFTMAX, int16 to int16 (TFLite's `SoftmaxPrepare`).
    pub(crate) fn int16_softmax(&mut self, node: &Node<'_, 'a>, depth: usize) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        node.expect(&output, Element::I16)?;
        node.expect_affine(&output, 1.0 / 32768.0, 0)?;
        let beta = f64::from(node.options()?.f32(0, 0.0)?);
        let factor = node.factor(&input, f64::from(node.affine(&input)?.0) * beta / (10.0 / 65535.0))?;
        let exp = self.interpolation((-10.0, 0.0), libm::expf)?;
        let reciprocal = self.interpolation((0.0, 1.0), |x| 1.0 / (1.0 + x))?;
        let (input, output) = (self.read(node, &input)?, self.write(node, &output)?);
        let depth = depth as u32;
        self.ops.push(Op::Int16Softmax(Int16Softmax { input, output, depth, factor, exp, reciprocal }));
        Ok(())
    }

    /// A table of 513 points of a function from 0 to 1, in Q0.15 (TFLite's `LUTPopulateInt16`): each point is moved by
    /// half of what linear interpolation misses in the middle to the next.
    fn interpolation(&mut self, range: (f32, f32), function: fn(f32) -> f32) -> Result<Span, ModelError> {
        let (least, step) = (range.0, (range.1 - range.0) / 512.0);
        let scaled = |at: f32| function(at) * 32_768.0;
        let point = |i: u16| {
            let at = least + f32::from(i) * step;
            let here = scaled(at).round();
            if i == 512 {
                return here;
            }
            let between = ((scaled(least + f32::from(i + 1) * step) + here) / 2.0).round();
            let missed = between - scaled(at + step / 2.0).round();
            here - (missed / 2.0).round()
        };
        let table: Vec<i32> = (0..=512).map(|i| point(i).clamp(-32_768.0, 32_767.0) as i32).collect();
        self.pools.words(table.into_iter())
    }
}

/// Times one.
const IDENTITY: Factor = Factor { multiplier: 1 << 30, shift: 1 };

/// Where TFLite's table of the logistic function lies one step above the nearest number.
const RAISED: [u8; 44] = [
    4, 8, 12, 14, 15, 16, 17, 19, 20, 21, 22, 25, 27, 28, 29, 30, 31, 33, 34, 35, 37, 39, 40, 41, 43, 44, 45,
    46, 49, 50, 54, 62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116, 135, 255,
];

/// logistic(i / 24) in Q0.16, for i from 0 to 255, as TFLite has it (`sigmoid_table_uint16`).
fn sigmoid_table() -> Vec<i32> {
    let nearest = |i: u8| libm::round(65536.0 / (1.0 + libm::exp(-f64::from(i) / 24.0))) as i32;
    (0..=255).map(|i| nearest(i) + i32::from(RAISED.contains(&i))).collect()
}
