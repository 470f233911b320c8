//! What each output channel of an operator with weights has: a bias, a multiplier and a shift.

use super::Lowering;
use super::node::{Node, Operand};
use crate::error::{ModelError, ModelErrorKind};
use crate::fixed::Factor;
use crate::planner::operators::code;
use crate::schema::Element;

impl<'a> Node<'_, 'a> {
    /// Scales of weights along dimension `axis`: one for all, or one per channel.
    pub(crate) fn channel_factors(
        &self,
        input: &Operand<'_, 'a>,
        weights: &Operand<'_, 'a>,
        output: &Operand<'_, 'a>,
        axis: usize,
    ) -> Result<Vec<Factor>, ModelError> {
        let channels = weights.tensor.shape[axis];
        let quantisation = &weights.tensor.quantisation;
        let scales = &quantisation.scales;
        let along = scales.len() == 1 || (scales.len() == channels && quantisation.axis == axis as i32);
        if !along {
            let found = format!("{} scales along dimension {}", scales.len(), quantisation.axis);
            let expected = format!("1, or {channels} along dimension {axis}");
            return Err(self.error(ModelErrorKind::Quantisation, weights, found, expected));
        }
        let (from, to) = (f64::from(self.affine(input)?.0), f64::from(self.affine(output)?.0));
        let scale = |channel: usize| scales.get(if scales.len() == 1 { 0 } else { channel }).unwrap_or(0.0);
        (0..channels).map(|channel| self.factor(weights, from * f64::from(scale(channel)) / to)).collect()
    }

    /// Biases, multipliers and shifts of each output channel, one array after the other. Biases of 64 bits, which
    /// int16 has, are two arrays: low words, then high ones.
    pub(crate) fn biases(
        &self,
        bias: Option<Operand<'_, 'a>>,
        factors: &[Factor],
    ) -> Result<Vec<i32>, ModelError> {
        let mut words = Vec::with_capacity(4 * factors.len());
        let int16 = self.input(0)?.tensor.element == Element::I16;
        match bias {
            None => {
                if int16 {
                    self.below_power_14(&self.output(0)?, factors)?;
                }
                words.resize(if int16 { 2 } else { 1 } * factors.len(), 0)
            }
            Some(bias) => {
                if bias.tensor.count() != factors.len() {
                    return Err(self.shape(&bias, format!("{} biases", factors.len())));
                }
                let contents = self.contents(&bias)?;
                // Only a CONV_2D of int16 may have biases of either width.
                let either = self.operator.code.code == code::CONV_2D && bias.tensor.element == Element::I32;
                if int16 && !either {
                    self.expect(&bias, Element::I64)?;
                    self.below_power_14(&bias, factors)?;
                    let values = || contents.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes));
                    words.extend(values().map(|value| value as i32));
                    words.extend(values().map(|value| (value >> 32) as i32));
                } else {
                    self.expect(&bias, Element::I32)?;
                    words.extend(contents.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes)));
                }
            }
        }
        words.extend(factors.iter().map(|factor| factor.multiplier));
        words.extend(factors.iter().map(|factor| factor.shift));
        Ok(words)
    }

    /// Demands factors that a sum of 64 bits can be multiplied with: TFLite shifts its product down by 15 − shift bits,
    /// and has nothing for 2^14 and more.
    fn below_power_14(&self, operand: &Operand<'_, 'a>, factors: &[Factor]) -> Result<(), ModelError> {
        match factors.iter().find(|factor| factor.shift > 14) {
            None => Ok(()),
            Some(Factor { shift, .. }) => {
                let found = format!("a rescaling of 2^{} or more", shift - 1);
                let expected = "one below 2^14: check the scales of input, weights and output";
                Err(self.error(ModelErrorKind::Quantisation, operand, found, expected))
            }
        }
    }
}

impl<'a> Lowering<'_, 'a> {
    /// Demands weights whose zero points are zero.
    pub(crate) fn symmetric(&self, node: &Node<'_, 'a>, weights: &Operand<'_, 'a>) -> Result<(), ModelError> {
        match weights.tensor.quantisation.zero_points.iter().find(|zero| *zero != 0) {
            None => Ok(()),
            Some(zero) => {
                let found = format!("zero point {zero} of the weights");
                Err(node.error(ModelErrorKind::Quantisation, weights, found, "0 (symmetric weights)"))
            }
        }
    }
}
