//! State: CALL_ONCE, VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE. They are copies, or nothing at all.

use crate::error::{ModelError, ModelErrorKind};
use crate::planner::node::Node;
use crate::planner::{Lowering, Source};

impl<'a> Lowering<'_, 'a> {
    /// CALL_ONCE: another graph that gives variables their first values.
    pub(crate) fn call_once(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let number = node.options()?.i32(0, 0)?;
        let graph = usize::try_from(number).ok().filter(|n| *n > 0).and_then(|n| self.graph_of_file(n));
        let Some(graph) = graph.filter(|graph| graph.inputs.is_empty() && graph.outputs.is_empty()) else {
            let found = format!("subgraph {number}");
            return Err(node.refuse(
                ModelErrorKind::Shape,
                found,
                "another subgraph without inputs and outputs",
            ));
        };
        self.lower_once(node, graph)
    }

    /// VAR_HANDLE: a tensor that names a variable.
    pub(crate) fn var_handle(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let output = node.output(0)?;
        let options = node.options()?;
        let name = format!("{}/{}", options.string(0)?, options.string(1)?);
        self.name_variable(&output, name);
        Ok(())
    }

    /// READ_VARIABLE: the output is the variable itself, unless it is assigned while the output is still needed.
    pub(crate) fn read_variable(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (handle, output) = (node.input(0)?, node.output(0)?);
        let (number, from) = self.variable(node, &handle, &output)?;
        if !self.assigned_before_last_use(node, number, output.number) {
            return self.alias(node, &output, from);
        }
        let to = self.write(node, &output)?;
        self.copy_bytes(Source::Arena(from), to);
        Ok(())
    }

    /// ASSIGN_VARIABLE: copies a tensor into the variable.
    pub(crate) fn assign_variable(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (handle, tensor) = (node.input(0)?, node.input(1)?);
        let (_, to) = self.variable(node, &handle, &tensor)?;
        let from = self.source(node, &tensor)?;
        if from != Source::Arena(to) {
            self.copy_bytes(from, to);
        }
        Ok(())
    }
}
