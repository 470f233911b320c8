//! Constants of floats, and the bounds of real outputs.

use super::Lowering;
use super::node::{Node, Operand};
use crate::error::{ModelError, ModelErrorKind};
use crate::op::{Bounds, Layout, Span};
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

    /// The weights of `channels` outputs, likewise, in the layout that the kernels want: panels where they have vectors.
    pub(crate) fn float_panels(
        &mut self,
        node: &Node<'_, 'a>,
        operand: &Operand<'_, 'a>,
        channels: usize,
    ) -> Result<(Span, Layout), ModelError> {
        let span = self.floats(node, operand)?;
        let Some(lanes) = self.kernels.lanes() else { return Ok((span, Layout::Plain)) };
        // The weights are the last words.
        let packed = panels(&self.pools.words[span.range()], channels, lanes);
        self.pools.words.truncate(span.at as usize);
        Ok((self.pools.words(packed.into_iter())?, Layout::Packed))
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

/// Weights `[out channel][input]` in panels of `lanes` channels: those of all lanes for an input follow each other. The last
/// panel is filled up with zeros.
pub(crate) fn panels<T: Copy + Default>(weights: &[T], channels: usize, lanes: usize) -> Vec<T> {
    let kernel = weights.len() / channels;
    let mut packed = Vec::with_capacity(channels.next_multiple_of(lanes) * kernel);
    for first in (0..channels).step_by(lanes) {
        for input in 0..kernel {
            let weight = |channel: usize| match channel < channels {
                true => weights[channel * kernel + input],
                false => T::default(),
            };
            packed.extend((first..first + lanes).map(weight));
        }
    }
    packed
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
