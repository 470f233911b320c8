//! The graph of one run: the same operators on the rows that are new.

use std::collections::BTreeMap;

use super::history::History;
use super::rule::{Rule, axis, resized};
use super::trace::Trace;
use crate::error::ModelError;
use crate::flatbuffer::I32s;
use crate::planner::node::Node;
use crate::planner::operators::code;
use crate::schema::{Graph, Operator, Tensor};

/// A tensor that the rewritten graph has beside those of the file.
struct Added {
    /// The tensor that it is like.
    like: usize,
    shape: Vec<usize>,
    /// Contents, where they are not those of `like`.
    data: Option<Vec<u8>>,
}

/// What changes in a graph.
pub(super) struct Rewritten {
    /// Shape of each tensor of the file.
    shapes: Vec<Vec<usize>>,
    added: Vec<Added>,
    /// Inputs of operators that read others than in the file, little-endian.
    inputs: BTreeMap<usize, Vec<[u8; 4]>>,
    outputs: Vec<usize>,
    /// The tensors that are filled before each operator; those before the end bear the number of operators.
    histories: Vec<(usize, History)>,
    /// The history of each tensor at each length in rows.
    known: BTreeMap<(usize, usize), usize>,
}

impl Rewritten {
    pub(super) fn new(graph: &Graph<'_>, trace: &Trace) -> Result<Self, ModelError> {
        let shape = |(number, tensor): (usize, &Tensor<'_>)| {
            let flowing = trace.rows(number);
            let fresh = flowing.and_then(|rows| resized(&tensor.shape, rows.count, trace.fresh(rows)));
            fresh.unwrap_or_else(|| tensor.shape.clone())
        };
        let mut rewritten = Self {
            shapes: graph.tensors.iter().enumerate().map(shape).collect(),
            added: Vec::new(),
            inputs: BTreeMap::new(),
            outputs: graph.outputs.clone(),
            histories: Vec::new(),
            known: BTreeMap::new(),
        };
        for number in 0..graph.operators.len() {
            if let Some(rule) = trace.rule(number) {
                rewritten.operator(graph, trace, number, rule)?;
            }
        }
        for (place, number) in graph.outputs.iter().enumerate() {
            let end = graph.operators.len();
            let whole =
                trace.rows(*number).map(|rows| rewritten.kept(graph, trace, end, *number, rows.count));
            rewritten.outputs[place] = whole.unwrap_or(*number);
        }
        Ok(rewritten)
    }

    /// What is to be filled before an operator.
    pub(super) fn histories(&self, operator: usize) -> impl Iterator<Item = &History> {
        let start = self.histories.partition_point(|(number, _)| *number < operator);
        self.histories[start..].iter().take_while(move |(n, _)| *n == operator).map(|(_, history)| history)
    }

    /// The graph as it is run.
    pub(super) fn graph<'s>(&'s self, graph: &'s Graph<'_>) -> Graph<'s> {
        let tensors = graph.tensors.iter().zip(&self.shapes);
        let mut tensors: Vec<Tensor<'s>> =
            tensors.map(|(tensor, shape)| Tensor { shape: shape.clone(), ..tensor.clone() }).collect();
        for Added { like, shape, data } in &self.added {
            let like = graph.tensors[*like].clone();
            tensors.push(Tensor { shape: shape.clone(), data: data.as_deref().or(like.data), ..like });
        }
        let operators = graph.operators.iter().enumerate();
        let operators = operators.map(|(number, operator)| Operator {
            inputs: self.inputs.get(&number).map_or(operator.inputs, |inputs| I32s::lent(inputs)),
            ..operator.clone()
        });
        Graph {
            tensors,
            operators: operators.collect(),
            inputs: graph.inputs.clone(),
            outputs: self.outputs.clone(),
        }
    }

    fn operator(
        &mut self,
        graph: &Graph<'_>,
        trace: &Trace,
        number: usize,
        rule: Rule,
    ) -> Result<(), ModelError> {
        let node = Node::new(graph, number);
        let mut inputs: Vec<i32> = node.operator.inputs.iter().collect();
        for input in &mut inputs {
            let Some(tensor) = usize::try_from(*input).ok() else { continue };
            let Some(rows) = trace.rows(tensor) else { continue };
            let needed = match rule {
                Rule::Each => trace.fresh(rows),
                Rule::Mix => rows.count,
                Rule::Slide { first, stride, .. } => {
                    // Whatever of the window's end no output row reads is kept until one does.
                    rows.count - first - (slid(&node, rows.count)? - self.slid(&node, rows.count)?) * stride
                }
            };
            *input = self.kept(graph, trace, number, tensor, needed) as i32;
        }
        if let (Rule::Slide { stride, .. }, code::SLICE | code::STRIDED_SLICE) =
            (rule, node.operator.code.code)
        {
            self.recut(&node, stride, &mut inputs)?;
        }
        self.inputs.insert(number, inputs.into_iter().map(i32::to_le_bytes).collect());
        Ok(())
    }

    /// Output rows of one run of an operator whose window slides.
    fn slid(&self, node: &Node<'_, '_>, rows: usize) -> Result<usize, ModelError> {
        let along = axis(&node.input(0)?.tensor.shape, rows).unwrap_or(0);
        Ok(self.shapes[node.output(0)?.number].get(along).copied().unwrap_or(1))
    }

    /// The tensor that holds the newest `needed` rows of a flowing one.
    fn kept(
        &mut self,
        graph: &Graph<'_>,
        trace: &Trace,
        operator: usize,
        tensor: usize,
        needed: usize,
    ) -> usize {
        let Some(rows) = trace.rows(tensor).filter(|rows| needed != trace.fresh(*rows)) else {
            return tensor;
        };
        if let Some(known) = self.known.get(&(tensor, needed)) {
            return *known;
        }
        let like = &graph.tensors[tensor];
        let shape = resized(&like.shape, rows.count, needed).unwrap_or_default();
        let number = graph.tensors.len() + self.added.len();
        let len = like.len() / rows.count * needed;
        self.histories.push((operator, History { from: tensor, to: number, len }));
        self.added.push(Added { like: tensor, shape, data: None });
        self.known.insert((tensor, needed), number);
        number
    }

    /// Lets a slice along time begin at the first row that it is given, and end where its output is full.
    fn recut(&mut self, node: &Node<'_, '_>, stride: usize, inputs: &mut [i32]) -> Result<(), ModelError> {
        let rows_before = node.input(0)?.tensor.shape.iter().position(|size| *size != 1);
        let Some(along) = rows_before else { return Ok(()) };
        let count = self.shapes[node.output(0)?.number].get(along).copied().unwrap_or(1);
        let end = ((count - 1) * stride + 1) as i32;
        let changes: &[(usize, i32)] =
            if node.operator.code.code == code::SLICE { &[(1, 0)] } else { &[(1, 0), (2, end)] };
        for (input, value) in changes {
            let operand = node.input(*input)?;
            let mut list = node.integers(&operand)?;
            if let Some(number) = list.get_mut(along) {
                *number = *value;
            }
            inputs[*input] = (self.shapes.len() + self.added.len()) as i32;
            let data = Some(list.into_iter().flat_map(i32::to_le_bytes).collect());
            self.added.push(Added { like: operand.number, shape: operand.tensor.shape.clone(), data });
        }
        Ok(())
    }
}

/// Output rows of the whole window.
fn slid(node: &Node<'_, '_>, rows: usize) -> Result<usize, ModelError> {
    let along = axis(&node.input(0)?.tensor.shape, rows).unwrap_or(0);
    Ok(node.output(0)?.tensor.shape.get(along).copied().unwrap_or(1))
}
