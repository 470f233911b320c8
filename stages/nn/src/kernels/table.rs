//! Functions of single bytes, by table.

use super::Constants;
use crate::op::Table;

/// Maps each byte of the input; the output may be the input.
pub(super) fn table(op: &Table, constants: Constants<'_>, arena: &mut [i8]) {
    let table = &constants.bytes[op.table.range()];
    for (from, to) in op.input.range().zip(op.output.range()) {
        arena[to] = table[usize::from(arena[from] as u8)];
    }
}
