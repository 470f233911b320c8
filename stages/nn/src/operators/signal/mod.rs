//! TFLite Micro's signal operators, which its audio preprocessors are made of: they make features of samples.
//! [`micro_frontend`](crate::micro_frontend) has the arithmetic.
//!
//! Numbers lie in the arena and in the pool of bytes with their lowest byte first; spans count bytes. What the
//! planner promises of lengths and indices is what the kernels rely on: TFLite Micro trusts the file; here all of them
//! are checked before anything runs.

pub(crate) mod auto_scale;
pub(crate) mod energy;
pub(crate) mod filter_bank;
pub(crate) mod log;
pub(crate) mod pcan;
pub(crate) mod rfft;
pub(crate) mod square_root;
pub(crate) mod subtraction;
pub(crate) mod window;

use crate::kernels::cell::Cell;
use crate::micro_frontend::Complex;
use crate::micro_frontend::fft::Point;

/// Four bytes of the arena: a u32, or the two parts of a complex number.
type Quad = [i8; 4];

#[inline(always)]
fn word(bytes: &Quad) -> u32 {
    let [a, b, c, d] = *bytes;
    u32::from_le_bytes([a as u8, b as u8, c as u8, d as u8])
}

#[inline(always)]
fn quad(word: u32) -> Quad {
    let [a, b, c, d] = word.to_le_bytes();
    [a as i8, b as i8, c as i8, d as i8]
}

impl Point for Quad {
    #[inline(always)]
    fn get(self) -> Complex {
        let word = word(&self);
        Complex { re: word as i16, im: (word >> 16) as i16 }
    }

    #[inline(always)]
    fn put(number: Complex) -> Self {
        quad(u32::from(number.re as u16) | u32::from(number.im as u16) << 16)
    }
}

#[inline(always)]
fn i16_of(bytes: &<i16 as Cell>::Bytes) -> i16 {
    let [a, b] = *bytes;
    i16::from_le_bytes([a as u8, b as u8])
}

#[cfg(feature = "std")]
mod lower {
    use crate::error::{ModelError, ModelErrorKind};
    use crate::flexbuffer::Map;
    use crate::op::Span;
    use crate::planner::Lowering;
    use crate::planner::node::{Node, Operand};
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        /// Puts a list of constants of int16 into the pool of bytes.
        pub(super) fn shorts(
            &mut self,
            node: &Node<'_, 'a>,
            operand: &Operand<'_, 'a>,
        ) -> Result<Span, ModelError> {
            node.expect(operand, Element::I16)?;
            self.pools.contents(node.contents(operand)?)
        }
    }

    impl<'a> Node<'_, 'a> {
        /// The whole number of this name among the operator's options, which must lie within a range.
        pub(super) fn option(&self, name: &str, least: i64, most: i64) -> Result<u32, ModelError> {
            let number = Map::read(self.operator.custom).and_then(|map| map.integer(name));
            let found = match number {
                Some(number) if (least..=most).contains(&number) => return Ok(number as u32),
                Some(number) => format!("option `{name}` of {number}"),
                None => format!("no whole number `{name}` among its options"),
            };
            let expected = if least == most { least.to_string() } else { format!("{least} to {most}") };
            Err(self.refuse(ModelErrorKind::Format, found, format!("a `{name}` of {expected}")))
        }

        /// Demands an element type and a number of elements.
        pub(super) fn expect_list(
            &self,
            operand: &Operand<'_, 'a>,
            element: Element,
            count: usize,
        ) -> Result<(), ModelError> {
            self.expect(operand, element)?;
            if operand.tensor.count() == count {
                return Ok(());
            }
            Err(self.shape(operand, format!("{count} elements")))
        }
    }
}
