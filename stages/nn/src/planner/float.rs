//! Operators on float32.

use super::Lowering;
use super::arithmetic::{axes, broadcast_steps, parts};
use super::conv::{Filter, Sliding};
use super::node::{Node, Operand};
use crate::error::{ModelError, ModelErrorKind};
use crate::op::{
    Bounds, Combination, FloatBinary, FloatConv, FloatDepthwise, FloatFullyConnected, FloatMean, FloatPool,
    FloatSoftmax, FloatUnary, Function, HybridConv, Op, Pooling, Requantise, Rounding, Span,
};
use crate::planner::operators::code;
use crate::schema::Element;

impl<'a> Lowering<'_, 'a> {
    /// CONV_2D.
    pub(crate) fn float_conv_2d(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (Filter { input, weights, output, from, kernel, to, window }, activation) = node.filter()?;
        let hybrid = weights.tensor.element == Element::I8;
        let op = FloatConv {
            input: self.read(node, &input)?,
            output: self.write(node, &output)?,
            weights: match hybrid {
                true => self.pools.contents(node.contents(&weights)?)?,
                false => self.floats(node, &weights)?,
            },
            biases: self.float_biases(node, node.optional(2), to.channels as usize)?,
            from,
            to,
            depth: kernel.channels,
            window,
            bounds: node.bounds(activation)?,
        };
        self.macs = output.tensor.count() as u64 * (weights.tensor.count() / kernel.batch as usize) as u64;
        if !hybrid {
            self.ops.push(Op::FloatConv(op));
            return Ok(());
        }
        let (scales, zeros) = (weights.tensor.quantisation.scales, weights.tensor.quantisation.zero_points);
        let channels = to.channels as usize;
        // As TFLite chooses.
        let rounding = match scales.len() {
            count if count == channels => Rounding::Asymmetric,
            1 => Rounding::Symmetric,
            count => {
                let found = format!("{count} scales");
                let expected = format!("1 or {channels}");
                return Err(node.error(ModelErrorKind::Quantisation, &weights, found, expected));
            }
        };
        if (0..zeros.len()).any(|channel| zeros.get(channel) != Some(0)) {
            let found = "a zero point that is not 0";
            return Err(node.error(ModelErrorKind::Quantisation, &weights, found, "symmetric weights"));
        }
        let scale = |channel: usize| scales.get(channel.min(scales.len() - 1)).unwrap_or(0.0);
        let scales = self.pools.words((0..channels).map(|channel| scale(channel).to_bits() as i32))?;
        let scratch = self.scratch(from.plane());
        self.ops.push(Op::HybridConv(HybridConv { conv: op, scales, scratch, rounding }));
        Ok(())
    }

    /// DEPTHWISE_CONV_2D.
    pub(crate) fn float_depthwise_conv_2d(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (Filter { input, weights, output, from, kernel, to, window }, activation) =
            node.depthwise_filter()?;
        let op = FloatDepthwise {
            input: self.read(node, &input)?,
            output: self.write(node, &output)?,
            weights: self.floats(node, &weights)?,
            biases: self.float_biases(node, node.optional(2), to.channels as usize)?,
            from,
            to,
            multiplier: kernel.channels / from.channels,
            window,
            bounds: node.bounds(activation)?,
        };
        self.macs = output.tensor.count() as u64 * u64::from(kernel.height) * u64::from(kernel.width);
        self.ops.push(Op::FloatDepthwise(op));
        Ok(())
    }

    /// FULLY_CONNECTED.
    pub(crate) fn float_fully_connected(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, weights, output) = (node.input(0)?, node.input(1)?, node.output(0)?);
        node.expect(&output, Element::F32)?;
        let (_, inputs, outputs) = node.matrix(&input, &weights, &output)?;
        let op = FloatFullyConnected {
            input: self.read(node, &input)?,
            output: self.write(node, &output)?,
            weights: self.floats(node, &weights)?,
            biases: self.float_biases(node, node.optional(2), outputs)?,
            inputs: inputs as u32,
            outputs: outputs as u32,
            bounds: node.bounds(node.options()?.i8(0, 0)?)?,
        };
        self.macs = input.tensor.count() as u64 * outputs as u64;
        self.ops.push(Op::FloatFullyConnected(op));
        Ok(())
    }

    /// AVERAGE_POOL_2D and MAX_POOL_2D.
    pub(crate) fn float_pool(
        &mut self,
        node: &Node<'_, 'a>,
        pooling: Pooling,
        taps: (u32, u32),
        sliding: &Sliding,
    ) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        node.expect(&output, Element::F32)?;
        let (from, to) = (node.image(&input)?, node.image(&output)?);
        let op = FloatPool {
            pooling,
            window: node.window(sliding, taps, from, (&output, to))?,
            bounds: node.bounds(node.options()?.i8(5, 0)?)?,
            input: self.read(node, &input)?,
            output: self.write(node, &output)?,
            from,
            to,
        };
        self.ops.push(Op::FloatPool(op));
        Ok(())
    }

    /// SOFTMAX.
    pub(crate) fn float_softmax(&mut self, node: &Node<'_, 'a>, depth: usize) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        node.expect(&output, Element::F32)?;
        let op = FloatSoftmax {
            beta: node.options()?.f32(0, 0.0)?,
            input: self.read(node, &input)?,
            output: self.write(node, &output)?,
            depth: depth as u32,
        };
        self.ops.push(Op::FloatSoftmax(op));
        Ok(())
    }

    /// LOGISTIC, TANH, RELU and its kin.
    pub(crate) fn float_unary(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        node.expect(&output, Element::F32)?;
        if input.tensor.count() != output.tensor.count() {
            return Err(node.shape(&output, format!("{:?}, as the input", input.tensor.shape)));
        }
        let function = match node.operator.code.code {
            code::LOGISTIC => Function::Logistic,
            code::TANH => Function::Tanh,
            code::RELU => Function::Clamp(node.bounds(1)?),
            code::RELU_N1_TO_1 => Function::Clamp(node.bounds(2)?),
            _ => Function::Clamp(node.bounds(3)?),
        };
        let (input, output) = (self.read(node, &input)?, self.write(node, &output)?);
        self.ops.push(Op::FloatUnary(FloatUnary { function, input, output }));
        Ok(())
    }

    /// ADD, SUB, MUL, DIV, MINIMUM and MAXIMUM.
    pub(crate) fn float_binary(
        &mut self,
        node: &Node<'_, 'a>,
        combination: Combination,
    ) -> Result<(), ModelError> {
        let (a, b, output) = (node.input(0)?, node.input(1)?, node.output(0)?);
        node.expect(&b, Element::F32)?;
        node.expect(&output, Element::F32)?;
        let op = FloatBinary {
            combination,
            a_steps: broadcast_steps(node, &a, &output)?,
            b_steps: broadcast_steps(node, &b, &output)?,
            counts: axes(&output.tensor.shape).ok_or_else(|| node.shape(&output, "at most 5 dimensions"))?,
            bounds: node.bounds(node.fused_activation()?)?,
            a: self.read(node, &a)?,
            b: self.read(node, &b)?,
            output: self.write(node, &output)?,
        };
        self.ops.push(Op::FloatBinary(op));
        Ok(())
    }

    /// MEAN.
    pub(crate) fn float_mean(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        node.expect(&output, Element::F32)?;
        let ((kept, kept_steps, _), (reduced, reduced_steps, _)) = parts(node, &input, &output)?;
        let (input, output) = (self.read(node, &input)?, self.write(node, &output)?);
        self.ops.push(Op::FloatMean(FloatMean { input, output, kept, kept_steps, reduced, reduced_steps }));
        Ok(())
    }

    /// QUANTIZE from floats, and DEQUANTIZE.
    pub(crate) fn requantise(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        let dequantise = node.operator.code.code == code::DEQUANTIZE;
        let (real, integers) = if dequantise { (&output, &input) } else { (&input, &output) };
        node.expect(real, Element::F32)?;
        let integer = node.integer(integers)?;
        if input.tensor.count() != output.tensor.count() {
            return Err(node.shape(&output, format!("{:?}, as the input", input.tensor.shape)));
        }
        let (scale, zero_point) = node.affine(integers)?;
        let (input, output) = (self.read(node, &input)?, self.write(node, &output)?);
        let op = Requantise { input, output, scale, zero_point, integer };
        self.ops.push(if dequantise { Op::Dequantise(op) } else { Op::Quantise(op) });
        Ok(())
    }

    /// Contents of a constant of floats, as words. Weights that the file holds as bytes (dynamic-range quantisation)
    /// become the floats that they stand for; LiteRT would round the inputs to bytes as well, as [`HybridConv`] does.
    pub(crate) fn floats(
        &mut self,
        node: &Node<'_, 'a>,
        operand: &Operand<'_, 'a>,
    ) -> Result<Span, ModelError> {
        if operand.tensor.element == Element::I8 {
            return self.dequantised(node, operand);
        }
        node.expect(operand, Element::F32)?;
        self.pools.words(node.contents(operand)?.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes)))
    }

    fn dequantised(&mut self, node: &Node<'_, 'a>, operand: &Operand<'_, 'a>) -> Result<Span, ModelError> {
        let (shape, quantisation) = (&operand.tensor.shape, &operand.tensor.quantisation);
        let axis = node.axis(operand, quantisation.axis, shape.len())?;
        let (channels, inner) = (shape[axis], shape[axis + 1..].iter().product::<usize>());
        let scales = quantisation.scales;
        if scales.len() != 1 && scales.len() != channels {
            let found = format!("{} scales", scales.len());
            return Err(node.error(ModelErrorKind::Quantisation, operand, found, format!("1 or {channels}")));
        }
        let real = |(i, byte): (usize, &u8)| {
            let channel = if scales.len() == 1 { 0 } else { i / inner % channels };
            let zero = quantisation.zero_points.get(channel).unwrap_or(0);
            let steps = i64::from(*byte as i8) - zero;
            (steps as f32 * scales.get(channel).unwrap_or(0.0)).to_bits() as i32
        };
        self.pools.words(node.contents(operand)?.iter().enumerate().map(real))
    }

    pub(crate) fn float_biases(
        &mut self,
        node: &Node<'_, 'a>,
        bias: Option<Operand<'_, 'a>>,
        count: usize,
    ) -> Result<Span, ModelError> {
        match bias {
            Some(bias) if bias.tensor.count() == count => self.floats(node, &bias),
            Some(bias) => Err(node.shape(&bias, format!("{count} biases"))),
            None => self.pools.words(vec![0; count].into_iter()),
        }
    }
}

impl Node<'_, '_> {
    /// Bounds of a real output under a fused activation.
    pub(crate) fn bounds(&self, activation: i8) -> Result<Bounds, ModelError> {
        let (min, max) = match activation {
            0 => (f32::MIN, f32::MAX),
            1 => (0.0, f32::MAX),
            2 => (-1.0, 1.0),
            3 => (0.0, 6.0),
            other => {
                let found = format!("fused activation number {other}");
                return Err(self.refuse(
                    ModelErrorKind::Unsupported,
                    found,
                    "none, RELU, RELU_N1_TO_1 or RELU6",
                ));
            }
        };
        Ok(Bounds { min, max })
    }
}
