//! SignalFilterBankLog.

use super::{i16_of, word};
use crate::kernels::cell::Cell;
use crate::kernels::{Constants, pair};
use crate::micro_frontend as front_end;
use crate::op::{Span, spans};

/// SignalFilterBankLog: natural logarithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalLog<A = Span> {
    /// u32 in the arena.
    pub input: A,
    /// i16 in the arena, as many.
    pub output: A,
    /// u16 in the pool of bytes: the bend of the binary logarithm, 129 points.
    pub table: Span,
    /// Bits by which inputs are shifted up, at most 31.
    pub shift: u32,
    /// Factor of the logarithm.
    pub scale: u32,
}

spans!(SignalLog { input: Read, output: Write } { table, shift, scale });

pub(crate) fn log(op: &SignalLog, constants: Constants<'_>, arena: &mut [i8]) {
    let table = i16::of(&constants.bytes[op.table.range()]);
    let (input, output) = pair(arena, op.input, op.output);
    for (from, to) in input.as_chunks().0.iter().zip(i16::of_mut(output)) {
        let log = front_end::log::log(|at| i16_of(&table[at]) as u16, op.scale, word(from) << op.shift);
        *to = i16::put(log.min(i16::MAX as u32) as i32);
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::SignalLog;
    use crate::error::ModelError;
    use crate::micro_frontend::log;
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        pub(crate) fn signal_log(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
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
}
