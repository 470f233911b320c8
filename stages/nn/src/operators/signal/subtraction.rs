//! SignalFilterBankSpectralSubtraction.

use super::{quad, word};
use crate::kernels::Constants;
use crate::op::{Span, Subtraction, spans};

/// SignalFilterBankSpectralSubtraction: takes a running estimate of the noise out of each channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalSubtraction<A = Span> {
    /// u32 in the arena, one to a channel, as all of these.
    pub input: A,
    /// What remains of the signal.
    pub output: A,
    /// A copy of the estimate.
    pub noise: A,
    /// The estimate, among the variables.
    pub state: A,
    /// The coefficients.
    pub coefficients: Subtraction,
}

spans!(SignalSubtraction { input: Read, output: Write, noise: Write, state: Write } { coefficients });

pub(crate) fn subtraction(op: &SignalSubtraction, _: Constants<'_>, arena: &mut [i8]) {
    let spans = [op.input.range(), op.output.range(), op.noise.range(), op.state.range()];
    let [input, output, noise, state] =
        arena.get_disjoint_mut(spans).expect("spans of a plan lie apart in the arena");
    let channels = input.as_chunks().0.iter().zip(state.as_chunks_mut().0).enumerate();
    let results = output.as_chunks_mut().0.iter_mut().zip(noise.as_chunks_mut().0);
    for ((channel, (signal, estimate)), (out, noise)) in channels.zip(results) {
        let (now, remains) = op.coefficients.step(channel, word(estimate), word(signal));
        (*out, *noise, *estimate) = (quad(remains), quad(now), quad(now));
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::SignalSubtraction;
    use crate::error::ModelError;
    use crate::op::{Op, Subtraction};
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        pub(crate) fn signal_subtraction(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
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
    }
}
