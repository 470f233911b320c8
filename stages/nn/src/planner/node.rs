//! One operator of the graph with what belongs to it, and the errors that name it.

use super::operators::known;
use crate::error::{ModelError, ModelErrorKind};
use crate::flatbuffer::Table;
use crate::op::Image;
use crate::schema::{Element, Graph, Operator, Tensor};

/// An operator in its graph.
#[derive(Clone, Copy)]
pub(crate) struct Node<'f, 'a> {
    pub(crate) operator: &'f Operator<'a>,
    graph: &'f Graph<'a>,
    number: usize,
}

/// A tensor that an operator reads or writes.
#[derive(Clone, Copy)]
pub(crate) struct Operand<'f, 'a> {
    /// Its number in the graph.
    pub(crate) number: usize,
    pub(crate) tensor: &'f Tensor<'a>,
}

impl<'f, 'a> Node<'f, 'a> {
    pub(crate) fn new(graph: &'f Graph<'a>, number: usize) -> Self {
        Self { operator: &graph.operators[number], graph, number }
    }

    /// Its number in the graph.
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    fn place(&self) -> String {
        format!("operator {} `{}`", self.number, self.operator.code)
    }

    /// An error about this operator as a whole.
    pub(crate) fn refuse(
        &self,
        kind: ModelErrorKind,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> ModelError {
        ModelError::new(kind, self.place(), found, expected)
    }

    /// An error about one of its tensors.
    pub(crate) fn error(
        &self,
        kind: ModelErrorKind,
        operand: &Operand<'_, 'a>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> ModelError {
        let place = format!("{}, tensor {} `{}`", self.place(), operand.number, operand.tensor.name);
        ModelError::new(kind, place, found, expected)
    }

    /// The error for an operator that this runtime does not have.
    pub(crate) fn unsupported(&self) -> ModelError {
        let element = |number: i32| usize::try_from(number).ok().and_then(|n| self.graph.tensors.get(n));
        let inputs: Vec<String> = self
            .operator
            .inputs
            .iter()
            .filter_map(element)
            .map(|tensor| format!("{:?} {:?}", tensor.element, tensor.shape))
            .collect();
        let found = format!("an operator that this runtime does not have, on ({})", inputs.join(", "));
        self.refuse(ModelErrorKind::Unsupported, found, format!("one of {}", known()))
    }

    fn operand(&self, numbers: impl Fn() -> Option<i32>) -> Option<Operand<'f, 'a>> {
        let number = usize::try_from(numbers()?).ok()?;
        Some(Operand { number, tensor: self.graph.tensors.get(number)? })
    }

    /// Input number `i`, or nothing where an optional one is absent.
    pub(crate) fn optional(&self, i: usize) -> Option<Operand<'f, 'a>> {
        self.operand(|| self.operator.inputs.get(i))
    }

    /// Input number `i`.
    pub(crate) fn input(&self, i: usize) -> Result<Operand<'f, 'a>, ModelError> {
        self.optional(i).ok_or_else(|| {
            let found = format!("{} inputs", self.operator.inputs.len());
            self.refuse(ModelErrorKind::Shape, found, format!("at least {}", i + 1))
        })
    }

    /// Output number `i`.
    pub(crate) fn output(&self, i: usize) -> Result<Operand<'f, 'a>, ModelError> {
        self.operand(|| self.operator.outputs.get(i)).ok_or_else(|| {
            let found = format!("{} outputs", self.operator.outputs.len());
            self.refuse(ModelErrorKind::Shape, found, format!("at least {}", i + 1))
        })
    }

    /// Contents of an input that must be a constant.
    pub(crate) fn contents(&self, operand: &Operand<'_, 'a>) -> Result<&'a [u8], ModelError> {
        operand.tensor.data.ok_or_else(|| {
            self.error(ModelErrorKind::Unsupported, operand, "a tensor without contents", "a constant")
        })
    }

    /// The table of the operator's options.
    pub(crate) fn options(&self) -> Result<Table<'a>, ModelError> {
        self.operator
            .options
            .ok_or_else(|| self.refuse(ModelErrorKind::Format, "no options", "a table of them"))
    }

    /// Demands an element type.
    pub(crate) fn expect(&self, operand: &Operand<'_, 'a>, element: Element) -> Result<(), ModelError> {
        if operand.tensor.element == element {
            return Ok(());
        }
        let found = format!("element `{:?}`", operand.tensor.element);
        Err(self.error(ModelErrorKind::Unsupported, operand, found, format!("`{element:?}`")))
    }

    /// The tensor's shape as a batch of images.
    pub(crate) fn image(&self, operand: &Operand<'_, 'a>) -> Result<Image, ModelError> {
        match operand.tensor.shape[..] {
            [batch, height, width, channels] => Ok(Image {
                batch: batch as u32,
                height: height as u32,
                width: width as u32,
                channels: channels as u32,
            }),
            _ => Err(self.shape(operand, "four dimensions")),
        }
    }

    /// The error for a shape that does not fit.
    pub(crate) fn shape(&self, operand: &Operand<'_, 'a>, expected: impl Into<String>) -> ModelError {
        self.error(ModelErrorKind::Shape, operand, format!("shape {:?}", operand.tensor.shape), expected)
    }

    /// A dimension, counted from the end where it is negative.
    pub(crate) fn axis(
        &self,
        operand: &Operand<'_, 'a>,
        number: i32,
        rank: usize,
    ) -> Result<usize, ModelError> {
        let axis = if number < 0 { i64::from(number) + rank as i64 } else { i64::from(number) };
        usize::try_from(axis)
            .ok()
            .filter(|axis| *axis < rank)
            .ok_or_else(|| self.shape(operand, format!("a dimension {number}")))
    }

    /// Contents of a constant of 32-bit integers.
    pub(crate) fn integers(&self, operand: &Operand<'_, 'a>) -> Result<Vec<i32>, ModelError> {
        self.expect(operand, Element::I32)?;
        Ok(self.contents(operand)?.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes)).collect())
    }
}
