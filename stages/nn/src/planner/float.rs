//! Constants of floats, and the bounds of real outputs.

use super::Lowering;
use super::node::{Node, Operand};
use crate::error::{ModelError, ModelErrorKind};
use crate::op::{Bounds, Span};
use crate::schema::Element;

impl<'a> Lowering<'_, 'a> {
    /// Contents of a constant of floats, as words. Weights that the file holds as bytes (dynamic-range quantisation)
    /// become the floats that they stand for; LiteRT would round the inputs to bytes as well, as
    /// [`HybridConv`](crate::op::HybridConv) does.
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

    /// Biases of `count` output channels as words: zeros where there are none.
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
