//! The tables of TFLite's `schema.fbs` (version 3) that our models use, field by field.
//!
//! A field's slot in a flatbuffers table is `4 + 2 × its id`; ids are those of the schema.

use flatbuffers::{
    FlatBufferBuilder, Push, PushAlignment, TableFinishedWIPOffset, UnionWIPOffset, VOffsetT, Vector,
    WIPOffset,
};

/// Offset of a finished table.
pub(super) type Table = WIPOffset<TableFinishedWIPOffset>;

/// Offset of a finished vector of bytes.
pub(super) type Bytes<'b> = WIPOffset<Vector<'b, u8>>;

/// Element types.
pub(super) mod element {
    pub(crate) const INT32: i8 = 2;
    pub(crate) const INT8: i8 = 9;
}

/// Operators: code, version of its int8 form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Operator {
    pub(super) code: i8,
    pub(super) version: i32,
    pub(super) options: u8,
}

pub(super) const AVERAGE_POOL_2D: Operator = Operator { code: 1, version: 2, options: 5 };
pub(super) const CONCATENATION: Operator = Operator { code: 2, version: 2, options: 10 };
pub(super) const CONV_2D: Operator = Operator { code: 3, version: 3, options: 1 };
pub(super) const DEPTHWISE_CONV_2D: Operator = Operator { code: 4, version: 3, options: 2 };
pub(super) const FULLY_CONNECTED: Operator = Operator { code: 9, version: 4, options: 8 };
pub(super) const LOGISTIC: Operator = Operator { code: 14, version: 2, options: 0 };
pub(super) const MAX_POOL_2D: Operator = Operator { code: 17, version: 2, options: 5 };
pub(super) const SOFTMAX: Operator = Operator { code: 25, version: 2, options: 9 };

/// One field of a table.
pub(super) enum Field<'b> {
    Byte(i8),
    Word(i32),
    Index(u32),
    Real(f32),
    Choice(u8),
    Offset(WIPOffset<UnionWIPOffset>),
    Bytes(Bytes<'b>),
}

/// Writes a table of the given fields, by id.
pub(super) fn table<'b>(builder: &mut FlatBufferBuilder<'b>, fields: &[(VOffsetT, Field<'b>)]) -> Table {
    let start = builder.start_table();
    for (id, field) in fields {
        let slot = 4 + 2 * id;
        match field {
            Field::Byte(v) => builder.push_slot_always(slot, *v),
            Field::Word(v) => builder.push_slot_always(slot, *v),
            Field::Index(v) => builder.push_slot_always(slot, *v),
            Field::Real(v) => builder.push_slot_always(slot, *v),
            Field::Choice(v) => builder.push_slot_always(slot, *v),
            Field::Offset(v) => builder.push_slot_always(slot, *v),
            Field::Bytes(v) => builder.push_slot_always(slot, *v),
        }
    }
    builder.end_table(start)
}

/// Sixteen bytes that start at a multiple of sixteen: runtimes read weights in place, as wider integers.
#[derive(Clone, Copy)]
struct Aligned([u8; 16]);

impl Push for Aligned {
    type Output = Self;

    unsafe fn push(&self, target: &mut [u8], _written: usize) {
        target[..16].copy_from_slice(&self.0);
    }

    fn size() -> usize {
        16
    }

    fn alignment() -> PushAlignment {
        PushAlignment::new(16)
    }
}

/// Writes `bytes` as the data of a buffer, sixteen-byte aligned as TFLite's schema asks.
pub(super) fn aligned<'b>(builder: &mut FlatBufferBuilder<'b>, bytes: &[u8]) -> Bytes<'b> {
    // What fills the last block lies behind the vector's end and belongs to nothing.
    let blocks = bytes.len().div_ceil(16);
    builder.start_vector::<Aligned>(blocks);
    for block in bytes.chunks(16).rev() {
        let mut filled = [0; 16];
        filled[..block.len()].copy_from_slice(block);
        builder.push(Aligned(filled));
    }
    builder.end_vector::<u8>(bytes.len())
}
