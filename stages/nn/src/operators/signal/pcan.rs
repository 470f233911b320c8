//! SignalPCAN.

use super::{i16_of, quad, word};
use crate::kernels::Constants;
use crate::kernels::cell::Cell;
use crate::micro_frontend as front_end;
use crate::op::{Span, spans};

/// SignalPCAN: each channel over a power of its noise, compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalPcan<A = Span> {
    /// u32 in the arena, one to a channel.
    pub input: A,
    /// u32 in the arena, as many: the estimate of the noise.
    pub noise: A,
    /// u32 in the arena, as many.
    pub output: A,
    /// i16 in the pool of bytes, 125 at least: the gain over the noise.
    pub gains: Span,
    /// Bits by which the product of signal and gain is shifted down, at most 63.
    pub shift: u32,
}

spans!(SignalPcan { input: Read, noise: Read, output: Write } { gains, shift });

/// Signal and noise may be one and the same.
pub(crate) fn pcan(op: &SignalPcan, constants: Constants<'_>, arena: &mut [i8]) {
    let gains = i16::of(&constants.bytes[op.gains.range()]);
    for at in (0..op.output.len as usize).step_by(4) {
        let [signal, noise] =
            [op.input, op.noise].map(|span| arena[span.at as usize + at..].first_chunk().map_or(0, word));
        let ratio = front_end::pcan::ratio(|at| i16_of(&gains[at]), op.shift, noise, signal);
        arena[op.output.at as usize + at..][..4].copy_from_slice(&quad(ratio));
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::SignalPcan;
    use crate::error::ModelError;
    use crate::micro_frontend::pcan;
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        pub(crate) fn signal_pcan(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let (input, noise, gains, output) =
                (node.input(0)?, node.input(1)?, node.input(2)?, node.output(0)?);
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
    }
}
