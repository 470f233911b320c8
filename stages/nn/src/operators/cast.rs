//! CAST.

use crate::kernels::cell::Cell;
use crate::kernels::{Constants, pair};
use crate::op::{Span, full_names, spans};

/// Type of the numbers that a [`Cast`] reads or writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// 8 bits, signed.
    I8,
    /// 8 bits, unsigned.
    U8,
    /// 16 bits, signed.
    I16,
    /// 32 bits, signed.
    I32,
    /// 32 bits, unsigned.
    U32,
    /// 32 bits, real.
    F32,
}

impl Number {
    /// Bytes that one number takes.
    pub const fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
        }
    }
}

full_names!(Number: I8, U8, I16, I32, U32, F32);

/// CAST: numbers of one type as numbers of another. Integers lose the bits for which there is no room, reals their
/// fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cast<A = Span> {
    /// Type of the input.
    pub from: Number,
    /// Type of the output.
    pub to: Number,
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
}

spans!(Cast { input: Read, output: Write } { from, to });

/// Numbers of one type as numbers of another.
pub(crate) fn cast(op: &Cast, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    for (from, to) in input.chunks_exact(op.from.size()).zip(output.chunks_exact_mut(op.to.size())) {
        put(op.to, get(op.from, from), to);
    }
}

/// A number without its fraction.
fn get(number: Number, bytes: &[i8]) -> i64 {
    match number {
        Number::I8 => first::<i8>(bytes).into(),
        Number::U8 => first::<u8>(bytes).into(),
        Number::I16 => first::<i16>(bytes).into(),
        Number::I32 => first::<i32>(bytes).into(),
        Number::U32 => (first::<i32>(bytes) as u32).into(),
        Number::F32 => f32::from_bits(first::<i32>(bytes) as u32) as i64,
    }
}

fn first<C: Cell>(bytes: &[i8]) -> i32 {
    C::of(bytes).first().map_or(0, C::get)
}

/// The lowest bits of a whole number, or the real one nearest to it.
fn put(number: Number, value: i64, to: &mut [i8]) {
    let bits = match number {
        Number::F32 => (value as f32).to_bits(),
        _ => value as u32,
    };
    to.iter_mut().zip(bits.to_le_bytes()).for_each(|(to, byte)| *to = byte as i8);
}

#[cfg(feature = "std")]
mod lower {
    use super::{Cast, Number};
    use crate::error::{ModelError, ModelErrorKind};
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::{Node, Operand};
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        /// CAST.
        pub(crate) fn cast(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            let (from, to) = (node.number_type(&input)?, node.number_type(&output)?);
            if input.tensor.count() != output.tensor.count() {
                return Err(node.shape(&output, format!("{:?}, as the input", input.tensor.shape)));
            }
            let input = self.read(node, &input)?;
            // Between signed and unsigned integers of one width no bit changes.
            let signless = |number| if number == Number::U32 { Number::I32 } else { number };
            if signless(from) == signless(to) {
                return self.alias(node, &output, input);
            }
            let output = self.write(node, &output)?;
            self.ops.push(Op::Cast(Cast { from, to, input, output }));
            Ok(())
        }
    }

    impl<'a> Node<'_, 'a> {
        fn number_type(&self, operand: &Operand<'_, 'a>) -> Result<Number, ModelError> {
            Ok(match operand.tensor.element {
                Element::I8 => Number::I8,
                Element::U8 => Number::U8,
                Element::I16 => Number::I16,
                Element::I32 => Number::I32,
                Element::U32 => Number::U32,
                Element::F32 => Number::F32,
                other => {
                    let found = format!("element `{other:?}`");
                    let expected = "`I8`, `U8`, `I16`, `I32`, `U32` or `F32`";
                    return Err(self.error(ModelErrorKind::Unsupported, operand, found, expected));
                }
            })
        }
    }
}
