//! SignalFilterBankSquareRoot.

use super::{quad, word};
use crate::kernels::{Constants, pair};
use crate::micro_frontend as front_end;
use crate::op::{Span, spans};

/// SignalFilterBankSquareRoot: square roots, rounded, shifted right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalSquareRoot<A = Span> {
    /// u64 in the arena.
    pub input: A,
    /// One i32 in the arena: by how many bits.
    pub bits: A,
    /// u32 in the arena, as many.
    pub output: A,
}

spans!(SignalSquareRoot { input: Read, bits: Read, output: Write } {});

pub(crate) fn square_root(op: &SignalSquareRoot, _: Constants<'_>, arena: &mut [i8]) {
    let bits = arena[op.bits.range()].first_chunk().map_or(0, word);
    let (input, output) = pair(arena, op.input, op.output);
    for (from, to) in input.as_chunks::<8>().0.iter().zip(output.as_chunks_mut().0) {
        let number = u64::from_le_bytes(from.map(|byte| byte as u8));
        // Of a shift by more than 31 bits C says nothing; processors take its lowest five.
        *to = quad(front_end::filter_bank::any_rounded_root(number).wrapping_shr(bits));
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::SignalSquareRoot;
    use crate::error::ModelError;
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        pub(crate) fn signal_square_root(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
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
    }
}
