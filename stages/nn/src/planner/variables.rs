//! The model's variables: values that keep what they hold from run to run.

use super::node::{Node, Operand};
use super::{Lowering, Unplaced};
use crate::error::{ModelError, ModelErrorKind};
use crate::flatbuffer::I32s;
use crate::op::{Fill, Op};
use crate::planner::operators::code;
use crate::schema::{Graph, Tensor};

/// A variable of the model.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    name: String,
    /// The value that holds it, once its size is known.
    value: Option<usize>,
}

impl<'f, 'a> Lowering<'f, 'a> {
    /// Lowers another graph, which runs once, before the first run.
    pub(crate) fn lower_once(&mut self, node: &Node<'_, 'a>, graph: &'f Graph<'a>) -> Result<(), ModelError> {
        if self.starting {
            return Err(node.refuse(ModelErrorKind::Unsupported, "CALL_ONCE within CALL_ONCE", "one level"));
        }
        self.starting = true;
        let outer = (self.graph, std::mem::take(&mut self.tensors), std::mem::take(&mut self.handles));
        let ops = std::mem::take(&mut self.ops);
        self.graph = graph;
        self.tensors = vec![None; graph.tensors.len()];
        self.handles = vec![None; graph.tensors.len()];
        for number in 0..graph.operators.len() {
            self.lower(&Node::new(graph, number))?;
        }
        (self.graph, self.tensors, self.handles) = outer;
        self.start.extend(std::mem::replace(&mut self.ops, ops));
        self.starting = false;
        self.macs = 0;
        Ok(())
    }

    /// Lets a tensor be the handle of the variable of this name.
    pub(crate) fn name_variable(&mut self, handle: &Operand<'_, 'a>, name: String) {
        let known = self.variables.iter().position(|variable| variable.name == name);
        let number = known.unwrap_or_else(|| {
            self.variables.push(Variable { name, value: None });
            self.variables.len() - 1
        });
        self.handles[handle.number] = Some(number);
    }

    /// The variable that a handle names, and the span that holds it; `tensor` gives its size and first value.
    pub(crate) fn variable(
        &mut self,
        node: &Node<'_, 'a>,
        handle: &Operand<'_, 'a>,
        tensor: &Operand<'_, 'a>,
    ) -> Result<(usize, Unplaced), ModelError> {
        let Some(number) = self.handles[handle.number] else {
            return Err(node.error(ModelErrorKind::Shape, handle, "no handle", "the output of a VAR_HANDLE"));
        };
        let len = tensor.tensor.len();
        if len == 0 {
            return Err(node.shape(tensor, "a tensor with contents"));
        }
        let value = match self.variables[number].value {
            Some(value) => value,
            None => {
                let value = self.new_variable(tensor.tensor).value as usize;
                self.variables[number].value = Some(value);
                value
            }
        };
        if self.values[value].len as usize != len {
            let found = format!("{len} bytes");
            let expected = format!("{}, as elsewhere for this variable", self.values[value].len);
            return Err(node.error(ModelErrorKind::Shape, tensor, found, expected));
        }
        Ok((number, Unplaced { value: value as u32, len: len as u32 }))
    }

    /// A variable for a tensor. As in TFLite Micro, one that nothing assigned holds its zero point.
    pub(crate) fn new_variable(&mut self, tensor: &Tensor<'_>) -> Unplaced {
        let value = self.value(tensor.len());
        self.values[value].variable = true;
        let zero = match tensor.element.size() {
            1 => tensor.quantisation.zero_points.get(0).unwrap_or(0) as i8,
            _ => 0,
        };
        let to = Unplaced { value: value as u32, len: tensor.len() as u32 };
        self.fills.push(Op::Fill(Fill { to, value: zero }));
        to
    }

    /// Where the arena holds a tensor that the operator keeps between runs.
    pub(crate) fn memory(
        &mut self,
        node: &Node<'_, 'a>,
        state: &Operand<'_, 'a>,
    ) -> Result<Unplaced, ModelError> {
        if let Some(span) = self.span(state.number) {
            return Ok(span);
        }
        if state.tensor.data.is_some() {
            let found = "a constant";
            return Err(node.error(
                ModelErrorKind::Shape,
                state,
                found,
                "a variable tensor without contents",
            ));
        }
        let span = self.new_variable(state.tensor);
        self.tensors[state.number] = Some(span.value as usize);
        Ok(span)
    }

    /// Whether the variable changes between this operator and the last that needs the tensor, or what shares its
    /// bytes.
    pub(crate) fn assigned_before_last_use(
        &self,
        node: &Node<'_, 'a>,
        variable: usize,
        tensor: usize,
    ) -> bool {
        let mut same = vec![false; self.graph.tensors.len()];
        same[tensor] = true;
        let (mut changed, mut stale) = (false, false);
        let holds = |same: &[bool], numbers: I32s<'_>, most: usize| {
            numbers.iter().take(most).any(|n| usize::try_from(n).is_ok_and(|n| same.get(n) == Some(&true)))
        };
        for operator in &self.graph.operators[node.number() + 1..] {
            stale |= changed && holds(&same, operator.inputs, usize::MAX);
            match operator.code.code {
                code::RESHAPE | code::SQUEEZE | code::EXPAND_DIMS | code::CAST
                    if holds(&same, operator.inputs, 1) =>
                {
                    let output = operator.outputs.get(0).and_then(|n| usize::try_from(n).ok());
                    output.and_then(|n| same.get_mut(n)).into_iter().for_each(|same| *same = true);
                }
                code::ASSIGN_VARIABLE => {
                    let handle = operator.inputs.get(0).and_then(|n| usize::try_from(n).ok());
                    // A handle that is not known yet may name any variable.
                    changed |= handle.is_none_or(|n| self.handles[n].is_none_or(|known| known == variable));
                }
                _ => {}
            }
        }
        stale || (changed && self.graph.outputs.iter().any(|n| same[*n]))
    }
}
