//! SignalFilterBank.

use super::{i16_of, word};
use crate::kernels::cell::Cell;
use crate::kernels::{Constants, pair};
use crate::micro_frontend as front_end;
use crate::op::{Span, spans};

/// SignalFilterBank: weighted sums of neighbouring energies, each of which belongs to two channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalFilterBank<A = Span> {
    /// u32 in the arena.
    pub input: A,
    /// u64 in the arena, one to a channel.
    pub output: A,
    /// i16 in the pool of bytes: weights in the channel above.
    pub weights: Span,
    /// i16 in the pool of bytes: weights in the channel below.
    pub unweights: Span,
    /// i16 in the pool of bytes, one more than there are channels, as of the next two: the first energy of each.
    pub starts: Span,
    /// The first weight of each.
    pub weight_starts: Span,
    /// How many energies each reads.
    pub widths: Span,
}

spans!(SignalFilterBank { input: Read, output: Write } { weights, unweights, starts, weight_starts, widths });

pub(crate) fn filter_bank(op: &SignalFilterBank, constants: Constants<'_>, arena: &mut [i8]) {
    let of = |span: Span| i16::of(&constants.bytes[span.range()]);
    let (weights, unweights) = (of(op.weights), of(op.unweights));
    let (starts, weight_starts, widths) = (of(op.starts), of(op.weight_starts), of(op.widths));
    let (input, output) = pair(arena, op.input, op.output);
    let (energies, sums) = (input.as_chunks::<4>().0, output.as_chunks_mut::<8>().0);
    let sums_of = |channel: usize| {
        let [start, weight, width] =
            [starts, weight_starts, widths].map(|list| i16::get(&list[channel]) as usize);
        let weights = weights[weight..weight + width].iter().zip(&unweights[weight..weight + width]);
        energies[start..start + width].iter().zip(weights).fold(
            (0, 0),
            |sums, (energy, (rising, falling))| {
                // Weights are sign-extended, as in C.
                let [rising, falling] = [rising, falling].map(|weight| i64::from(i16_of(weight)) as u64);
                front_end::filter_bank::add(sums, word(energy), rising, falling)
            },
        )
    };
    // The first sums belong to what lies below the first channel.
    let (_, mut carried) = sums_of(0);
    for (channel, out) in (1..).zip(sums) {
        let (above, below) = sums_of(channel);
        *out = carried.wrapping_add(above).to_le_bytes().map(|byte| byte as i8);
        carried = below;
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::SignalFilterBank;
    use crate::error::{ModelError, ModelErrorKind};
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::{Node, Operand};
    use crate::schema::Element;

    /// Most channels of a filter bank.
    const MOST_CHANNELS: i64 = 4096;

    impl<'a> Lowering<'_, 'a> {
        pub(crate) fn signal_filter_bank(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
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
            let (firsts, weight_firsts, widths_of) =
                (shorts(starts)?, shorts(weight_starts)?, shorts(widths)?);
            for (list, firsts, most) in
                [(starts, &firsts, energies), (weight_starts, &weight_firsts, weights)]
            {
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
}
