//! TFLite Micro's signal operators: what its audio preprocessors are made of.
//!
//! TFLite Micro trusts the file; here every length and index is checked before anything runs.

mod channels;
mod spectrum;

use super::Lowering;
use super::node::{Node, Operand};
use crate::error::{ModelError, ModelErrorKind};
use crate::flexbuffer::Map;
use crate::op::Span;
use crate::schema::Element;

impl<'a> Lowering<'_, 'a> {
    /// Puts a list of constants of int16 into the pool of bytes.
    fn shorts(&mut self, node: &Node<'_, 'a>, operand: &Operand<'_, 'a>) -> Result<Span, ModelError> {
        node.expect(operand, Element::I16)?;
        self.pools.contents(node.contents(operand)?)
    }
}

impl<'a> Node<'_, 'a> {
    /// The whole number of this name among the operator's options, which must lie within a range.
    fn option(&self, name: &str, least: i64, most: i64) -> Result<u32, ModelError> {
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
    fn expect_list(
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
