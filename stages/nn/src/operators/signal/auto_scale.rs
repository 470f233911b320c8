//! SignalFftAutoScale.

use super::{i16_of, quad};
use crate::kernels::cell::Cell;
use crate::kernels::{Constants, pair};
use crate::micro_frontend as front_end;
use crate::op::{Span, spans};

/// SignalFftAutoScale: samples shifted left as far as the loudest allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalAutoScale<A = Span> {
    /// i16 in the arena.
    pub input: A,
    /// i16 in the arena, as many.
    pub output: A,
    /// One i32 in the arena: the number of bits.
    pub bits: A,
}

spans!(SignalAutoScale { input: Read, output: Write, bits: Write } {});

pub(crate) fn auto_scale(op: &SignalAutoScale, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let bits = front_end::window::headroom(i16::of(input).iter().map(i16_of));
    for (from, to) in i16::of(input).iter().zip(i16::of_mut(output)) {
        *to = i16::put(i16::get(from) << bits);
    }
    arena[op.bits.range()].copy_from_slice(&quad(bits));
}

#[cfg(feature = "std")]
mod lower {
    use super::SignalAutoScale;
    use crate::error::ModelError;
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        pub(crate) fn signal_auto_scale(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let (input, output, bits) = (node.input(0)?, node.output(0)?, node.output(1)?);
            node.expect(&input, Element::I16)?;
            node.expect_list(&output, Element::I16, input.tensor.count())?;
            node.expect_list(&bits, Element::I32, 1)?;
            let op = SignalAutoScale {
                input: self.read(node, &input)?,
                output: self.write(node, &output)?,
                bits: self.write(node, &bits)?,
            };
            self.ops.push(Op::SignalAutoScale(op));
            Ok(())
        }
    }
}
