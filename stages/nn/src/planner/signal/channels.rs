//! From energies to features: SignalFilterBank, SignalFilterBankSquareRoot, SignalFilterBankSpectralSubtraction,
//! SignalPCAN, SignalFilterBankLog.

use crate::error::{ModelError, ModelErrorKind};
use crate::micro_frontend::{log, pcan};
use crate::op::{
    Op, SignalFilterBank, SignalLog, SignalPcan, SignalSquareRoot, SignalSubtraction, Subtraction,
};
use crate::planner::Lowering;
use crate::planner::node::{Node, Operand};
use crate::schema::Element;

/// Most channels of a filter bank.
const MOST_CHANNELS: i64 = 4096;

impl<'a> Lowering<'_, 'a> {
    pub(in crate::planner) fn signal_filter_bank(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let [input, weights, unweights, starts, weight_starts, widths] =
            [0, 1, 2, 3, 4, 5].map(|number| node.input(number));
        let (input, output) = (input?, node.output(0)?);
        let (weights, unweights) = (weights?, unweights?);
        let (starts, weight_starts, widths) = (starts?, weight_starts?, widths?);
        let channels = node.option("num_channels", 1, MOST_CHANNELS)? as usize;
        node.expect(&input, Element::U32)?;
        node.expect_list(&output, Element::U64, channels)?;
        for list in [&starts, &weight_starts, &widths] {
            node.expect_list(list, Element::I16, channels + 1)?;
        }
        let within = weights.tensor.count().min(unweights.tensor.count());
        self.macs = 2 * node.bands((&starts, input.tensor.count()), (&weight_starts, within), &widths)?;
        let op = SignalFilterBank {
            weights: self.shorts(node, &weights)?,
            unweights: self.shorts(node, &unweights)?,
            starts: self.shorts(node, &starts)?,
            weight_starts: self.shorts(node, &weight_starts)?,
            widths: self.shorts(node, &widths)?,
            input: self.read(node, &input)?,
            output: self.write(node, &output)?,
        };
        self.ops.push(Op::SignalFilterBank(op));
        Ok(())
    }

    pub(in crate::planner) fn signal_square_root(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, bits, output) = (node.input(0)?, node.input(1)?, node.output(0)?);
        node.expect(&input, Element::U64)?;
        node.expect_list(&bits, Element::I32, 1)?;
        node.expect_list(&output, Element::U32, input.tensor.count())?;
        let op = SignalSquareRoot {
            input: self.read(node, &input)?,
            bits: self.read(node, &bits)?,
            output: self.write(node, &output)?,
        };
        self.ops.push(Op::SignalSquareRoot(op));
        Ok(())
    }

    pub(in crate::planner) fn signal_subtraction(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, output, noise) = (node.input(0)?, node.output(0)?, node.output(1)?);
        let channels = input.tensor.count();
        node.option("num_channels", channels as i64, channels as i64)?;
        node.expect(&input, Element::U32)?;
        node.expect_list(&output, Element::U32, channels)?;
        node.expect_list(&noise, Element::U32, channels)?;
        let weight = |name: &str| node.option(name, 0, i64::from(i32::MAX));
        let coefficients = Subtraction {
            newest: [weight("smoothing")?, weight("alternate_smoothing")?],
            before: [weight("one_minus_smoothing")?, weight("alternate_one_minus_smoothing")?],
            remaining: weight("min_signal_remaining")?,
            bits: node.option("spectral_subtraction_bits", 0, 63)?,
            estimate_bits: node.option("smoothing_bits", 0, 31)?,
            clamping: node.option("clamping", 0, 1)? != 0,
        };
        let op = SignalSubtraction {
            input: self.read(node, &input)?,
            output: self.write(node, &output)?,
            noise: self.write(node, &noise)?,
            // It is as large as the input, and zero at first.
            state: self.new_variable(input.tensor),
            coefficients,
        };
        self.macs = 3 * channels as u64;
        self.ops.push(Op::SignalSubtraction(op));
        Ok(())
    }

    pub(in crate::planner) fn signal_pcan(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, noise, gains, output) = (node.input(0)?, node.input(1)?, node.input(2)?, node.output(0)?);
        let channels = input.tensor.count();
        node.expect(&input, Element::U32)?;
        node.expect_list(&noise, Element::U32, channels)?;
        node.expect_list(&output, Element::U32, channels)?;
        if gains.tensor.count() < pcan::GAINS {
            return Err(node.shape(&gains, format!("{} gains", pcan::GAINS)));
        }
        let op = SignalPcan {
            shift: node.option("snr_shift", 0, 63)?,
            gains: self.shorts(node, &gains)?,
            input: self.read(node, &input)?,
            noise: self.read(node, &noise)?,
            output: self.write(node, &output)?,
        };
        self.macs = 4 * channels as u64;
        self.ops.push(Op::SignalPcan(op));
        Ok(())
    }

    pub(in crate::planner) fn signal_log(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        node.expect(&input, Element::U32)?;
        node.expect_list(&output, Element::I16, input.tensor.count())?;
        let table: Vec<u8> = log::segments().into_iter().flat_map(u16::to_le_bytes).collect();
        let op = SignalLog {
            shift: node.option("input_correction_bits", 0, 31)?,
            scale: node.option("output_scale", i64::from(i32::MIN), i64::from(i32::MAX))?,
            table: self.pools.table(&table)?,
            input: self.read(node, &input)?,
            output: self.write(node, &output)?,
        };
        self.macs = 3 * input.tensor.count() as u64;
        self.ops.push(Op::SignalLog(op));
        Ok(())
    }
}

impl<'a> Node<'_, 'a> {
    /// Demands that every band lies within the energies and within the weights, and counts the energies that are read.
    fn bands(
        &self,
        (starts, energies): (&Operand<'_, 'a>, usize),
        (weight_starts, weights): (&Operand<'_, 'a>, usize),
        widths: &Operand<'_, 'a>,
    ) -> Result<u64, ModelError> {
        let shorts = |operand| -> Result<Vec<i64>, ModelError> {
            let bytes = self.contents(operand)?.as_chunks().0.iter();
            Ok(bytes.map(|bytes| i64::from(i16::from_le_bytes(*bytes))).collect())
        };
        let (firsts, weight_firsts, widths_of) = (shorts(starts)?, shorts(weight_starts)?, shorts(widths)?);
        for (list, firsts, most) in [(starts, &firsts, energies), (weight_starts, &weight_firsts, weights)] {
            for (channel, (first, width)) in firsts.iter().zip(&widths_of).enumerate() {
                if *first < 0 || *width < 0 || first + width > most as i64 {
                    let found = format!("{width} from {first} on in channel {channel}");
                    let expected = format!("a part of {most}");
                    return Err(self.error(ModelErrorKind::Shape, list, found, expected));
                }
            }
        }
        Ok(widths_of.iter().map(|width| *width as u64).sum())
    }
}
