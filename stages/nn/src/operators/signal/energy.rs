//! SignalEnergy.

use super::quad;
use crate::kernels::{Constants, pair};
use crate::micro_frontend::fft::Point;
use crate::op::{Span, spans};

/// SignalEnergy: squares of the magnitudes of the bins from `start` to `end`, and zero for all others (which TFLite Micro
/// leaves undefined).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalEnergy<A = Span> {
    /// i16 in the arena: pairs of a real and an imaginary part.
    pub input: A,
    /// u32 in the arena.
    pub output: A,
    /// First bin.
    pub start: u32,
    /// The bin after the last.
    pub end: u32,
}

spans!(SignalEnergy { input: Read, output: Write } { start, end });

pub(crate) fn energy(op: &SignalEnergy, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let (start, end) = (op.start as usize, op.end as usize);
    let (bins, energies) = (input.as_chunks::<4>().0, output.as_chunks_mut().0);
    energies.fill(quad(0));
    for (bin, energy) in bins[start..end].iter().zip(&mut energies[start..end]) {
        *energy = quad(bin.get().energy());
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::SignalEnergy;
    use crate::error::ModelError;
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        pub(crate) fn signal_energy(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            node.expect(&input, Element::I16)?;
            let bins = input.tensor.count() / 2;
            node.expect_list(&output, Element::U32, bins)?;
            let end = node.option("end_index", 0, bins as i64)?;
            let start = node.option("start_index", 0, i64::from(end))?;
            let (input, output) = (self.read(node, &input)?, self.write(node, &output)?);
            self.macs = 2 * u64::from(end - start);
            self.ops.push(Op::SignalEnergy(SignalEnergy { input, output, start, end }));
            Ok(())
        }
    }
}
