//! SignalWindow.

use super::i16_of;
use crate::kernels::cell::Cell;
use crate::kernels::{Constants, pair};
use crate::micro_frontend as front_end;
use crate::op::{Span, spans};

/// SignalWindow: samples times the window's coefficients, saturated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalWindow<A = Span> {
    /// i16 in the arena, a whole number of windows.
    pub input: A,
    /// i16 in the arena, as many.
    pub output: A,
    /// i16 in the pool of bytes, one window.
    pub coefficients: Span,
    /// Fractional bits of the coefficients, at most 31.
    pub shift: u32,
}

spans!(SignalWindow { input: Read, output: Write } { coefficients, shift });

pub(crate) fn window(op: &SignalWindow, constants: Constants<'_>, arena: &mut [i8]) {
    let coefficients = i16::of(&constants.bytes[op.coefficients.range()]);
    let (input, output) = pair(arena, op.input, op.output);
    for ((from, to), by) in i16::of(input).iter().zip(i16::of_mut(output)).zip(coefficients.iter().cycle()) {
        let product = front_end::window::weighted(i16_of(from), i16_of(by), op.shift);
        *to = i16::put(product.clamp(i16::MIN.into(), i16::MAX.into()));
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::SignalWindow;
    use crate::error::ModelError;
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        pub(crate) fn signal_window(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let (input, coefficients, output) = (node.input(0)?, node.input(1)?, node.output(0)?);
            let (count, window) = (input.tensor.count(), coefficients.tensor.count());
            node.expect(&input, Element::I16)?;
            node.expect_list(&output, Element::I16, count)?;
            if window == 0 || !count.is_multiple_of(window) {
                return Err(node.shape(&input, format!("a multiple of the window's {window} samples")));
            }
            let op = SignalWindow {
                shift: node.option("shift", 0, 31)?,
                coefficients: self.shorts(node, &coefficients)?,
                input: self.read(node, &input)?,
                output: self.write(node, &output)?,
            };
            self.macs = count as u64;
            self.ops.push(Op::SignalWindow(op));
            Ok(())
        }
    }
}
