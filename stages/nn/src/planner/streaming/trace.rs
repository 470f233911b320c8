//! Which tensors flow with time, and how each operator treats their rows.

use super::rule::{Along, Rule, axis, resized};
use crate::error::{ModelError, ModelErrorKind};
use crate::planner::node::Node;
use crate::schema::Graph;

/// Most inputs of one operator that is converted.
const MOST_INPUTS: usize = 256;

/// A tensor that flows with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    /// Rows of a whole window.
    pub(super) count: usize,
    /// Frames from one row to the next.
    pub(super) step: usize,
}

/// What a graph does with time.
pub(super) struct Trace {
    hop: Option<usize>,
    window: usize,
    /// For each tensor, its rows if it flows. What does not flow is computed in each run.
    flows: Vec<Option<Rows>>,
    /// For each operator with a flowing input, what it does with rows.
    rules: Vec<Option<Rule>>,
    /// The first operator that mixes rows.
    mixes: Option<String>,
}

impl Trace {
    /// Follows the frames through a graph. With a hop, tensors of which a hop changes all rows do not count as flowing.
    pub(super) fn new(graph: &Graph<'_>, frame: usize, hop: Option<usize>) -> Result<Self, ModelError> {
        let [input] = graph.inputs[..] else {
            let found = format!("{} inputs", graph.inputs.len());
            return Err(ModelError::new(ModelErrorKind::Shape, "model", found, "one, for streaming"));
        };
        let window = window(graph, frame)?;
        if hop.is_some_and(|hop| hop == 0 || hop >= window) {
            let found = format!("a hop of {} frames", hop.unwrap_or(0));
            let expected = format!("1 to {}: the window has {window}", window - 1);
            return Err(ModelError::new(ModelErrorKind::Shape, "model", found, expected));
        }
        let flows = vec![None; graph.tensors.len()];
        let mut trace = Self { hop, window, flows, rules: Vec::new(), mixes: None };
        trace.flows[input] = Some(Rows { count: window, step: 1 });
        for number in 0..graph.operators.len() {
            trace.operator(graph, number)?;
        }
        Ok(trace)
    }

    /// Frames of a window.
    pub(super) fn window(&self) -> usize {
        self.window
    }

    /// Rows of a flowing tensor.
    pub(super) fn rows(&self, tensor: usize) -> Option<Rows> {
        self.flows[tensor]
    }

    /// Rows of a flowing tensor that one run computes.
    pub(super) fn fresh(&self, rows: Rows) -> usize {
        self.hop.unwrap_or(1) / rows.step
    }

    /// What an operator does with rows; nothing where none of its inputs flows.
    pub(super) fn rule(&self, operator: usize) -> Option<Rule> {
        self.rules[operator]
    }

    /// The first operator that mixes the rows of the window.
    pub(super) fn mixes(&self) -> Option<&str> {
        self.mixes.as_deref()
    }

    /// The fewest frames by which a window can move such that every flowing tensor moves by whole rows; more than the
    /// window where there is no such number within it.
    pub(super) fn least_hop(&self) -> usize {
        self.flows.iter().flatten().fold(1, |hop, rows| {
            let (mut a, mut b) = (hop, rows.step);
            while b != 0 {
                (a, b) = (b, a % b);
            }
            (hop / a).saturating_mul(rows.step)
        })
    }

    fn operator(&mut self, graph: &Graph<'_>, number: usize) -> Result<(), ModelError> {
        let node = Node::new(graph, number);
        let operator = node.operator;
        if node.along() == Along::State {
            let expected = "none: a stateful model already runs on new frames; remove `streaming`";
            return Err(node.refuse(
                ModelErrorKind::Unsupported,
                "a state that is kept from run to run",
                expected,
            ));
        }
        let inputs = operator.inputs.iter().map(|n| usize::try_from(n).ok().and_then(|n| self.flows[n]));
        let inputs: Vec<Option<Rows>> = inputs.take(MOST_INPUTS + 1).collect();
        let Some(rows) = inputs.iter().flatten().copied().next() else {
            self.rules.push(None);
            return Ok(());
        };
        if inputs.len() > MOST_INPUTS {
            let found = format!("{} inputs", operator.inputs.len());
            return Err(node.refuse(
                ModelErrorKind::Limit,
                found,
                format!("at most {MOST_INPUTS}, for streaming"),
            ));
        }
        let alike = inputs.iter().flatten().all(|other| *other == rows);
        let flowing: Vec<Option<usize>> = inputs.iter().map(|rows| rows.map(|rows| rows.count)).collect();
        let rule = if alike { node.rule(&flowing)? } else { Rule::Mix };
        let (rule, written) = self.outcome(&node, graph, rule, rows)?;
        if rule == Rule::Mix {
            self.mixes.get_or_insert_with(|| format!("operator {number} `{}`", operator.code));
        }
        self.rules.push(Some(rule));
        for output in operator.outputs.iter().filter_map(|n| usize::try_from(n).ok()) {
            self.flows[output] = written;
        }
        Ok(())
    }

    /// What an operator's outputs are under a rule, and the rule that holds if they cannot flow.
    fn outcome(
        &self,
        node: &Node<'_, '_>,
        graph: &Graph<'_>,
        rule: Rule,
        rows: Rows,
    ) -> Result<(Rule, Option<Rows>), ModelError> {
        let written = match rule {
            Rule::Mix => return Ok((rule, None)),
            Rule::Each => rows,
            Rule::Slide { stride, .. } => {
                let along = axis(&node.input(0)?.tensor.shape, rows.count);
                let count = along.and_then(|along| node.output(0).ok()?.tensor.shape.get(along).copied());
                match count {
                    Some(1) => return Ok((rule, None)),
                    Some(count) => Rows { count, step: rows.step.saturating_mul(stride) },
                    None => return Ok((Rule::Mix, None)),
                }
            }
        };
        let mut outputs = node.operator.outputs.iter().filter_map(|n| usize::try_from(n).ok());
        if outputs.any(|n| resized(&graph.tensors[n].shape, written.count, 1).is_none()) {
            return Ok((Rule::Mix, None));
        }
        let Some(hop) = self.hop else { return Ok((rule, Some(written))) };
        if !hop.is_multiple_of(written.step) {
            let found = format!("a row for every {} frames, and a hop of {hop}", written.step);
            return Err(node.refuse(
                ModelErrorKind::Unsupported,
                found,
                format!("a hop that is a multiple of {}", written.step),
            ));
        }
        Ok((rule, Some(written).filter(|rows| hop / rows.step < rows.count)))
    }
}

/// Frames of the window that the graph's input holds.
fn window(graph: &Graph<'_>, frame: usize) -> Result<usize, ModelError> {
    let tensor = &graph.tensors[graph.inputs[0]];
    let window = tensor.count() / frame.max(1);
    let fits = window > 1 && window * frame == tensor.count() && resized(&tensor.shape, window, 1).is_some();
    if fits {
        return Ok(window);
    }
    let found = format!("an input of shape {:?}", tensor.shape);
    let expected = format!("a window of several frames of {frame} features, for streaming");
    Err(ModelError::new(ModelErrorKind::Shape, "model", found, expected))
}
