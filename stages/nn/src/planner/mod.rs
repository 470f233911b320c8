//! From a `.tflite` file to a plan: checks, lowers each operator, and solves the arena.

mod arena;
pub(crate) mod block;
mod channels;
pub(crate) mod float;
mod fuse;
pub(crate) mod node;
pub(crate) mod operators;
pub(crate) mod pack;
pub(crate) mod pools;
pub(crate) mod quantise;
pub(crate) mod streaming;
mod variables;
pub(crate) mod window;

use std::rc::Rc;

use super::aligned::AlignedBytes;
use super::error::{ModelError, ModelErrorKind};
use super::kernels::KernelSet;
use super::op::{Op, Span};
use super::plan::Plan;
use super::schema::{File, Graph};
use arena::Value;
use node::{Node, Operand};
use pack::Choose;
use pools::Pools;
use variables::Variable;

/// Most bytes that an arena may take.
const MOST_ARENA: u64 = 1 << 26;
/// Most multiply-accumulates of one run.
const MOST_MACS: u64 = 1 << 40;

/// A plan on the host.
pub(crate) type HostPlan = Plan<Vec<Op>, AlignedBytes, Vec<i32>>;

/// One operator of the file, as it was planned.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Name of the operator.
    pub(crate) name: String,
    /// Shape of its first output.
    pub(crate) shape: Vec<usize>,
    /// Multiply-accumulates of one run.
    pub(crate) macs: u64,
}

/// What planning gives.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) plan: HostPlan,
    pub(crate) inputs: Vec<Span>,
    pub(crate) outputs: Vec<Span>,
    pub(crate) steps: Vec<Step>,
}

/// Plans the first graph of a file.
pub(crate) fn plan<'f>(
    file: &'f File<'_>,
    kernels: KernelSet,
    choose: Choose<'f>,
) -> Result<Planned, ModelError> {
    let graph = &file.graphs[0];
    let mut lowering = Lowering { choose, ..Lowering::new(file, kernels) };
    for number in graph.inputs.iter() {
        lowering.define_input(*number)?;
    }
    for number in 0..graph.operators.len() {
        lowering.operator(Node::new(graph, number))?;
    }
    let ends: Vec<Unplaced> =
        graph.inputs.iter().map(|n| lowering.span(*n)).collect::<Option<_>>().unwrap_or_default();
    let outputs = graph.outputs.iter().map(|n| lowering.result(*n)).collect::<Result<Vec<_>, _>>()?;
    lowering.finish(ends, outputs)
}

/// A part of the arena before the arena is solved: the value that will lie there, and its length in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unplaced {
    /// Number of the value.
    pub(crate) value: u32,
    /// Bytes of it.
    pub(crate) len: u32,
}

/// An operation before the arena is solved.
pub(crate) type UnplacedOp = Op<Unplaced>;
/// What a copy reads, before the arena is solved.
pub(crate) type Source = super::op::Source<Unplaced>;

/// A graph on its way to a plan.
pub(crate) struct Lowering<'f, 'a> {
    file: &'f File<'a>,
    /// The graph at hand.
    graph: &'f Graph<'a>,
    pub(crate) kernels: KernelSet,
    /// Value that holds each tensor, once it is computed.
    tensors: Vec<Option<usize>>,
    /// Variable that each handle names.
    handles: Vec<Option<usize>>,
    variables: Vec<Variable>,
    values: Vec<Value>,
    /// Zero points of the variables.
    fills: Vec<UnplacedOp>,
    /// What CALL_ONCE runs.
    start: Vec<UnplacedOp>,
    /// Whether the graph at hand is one that CALL_ONCE runs.
    starting: bool,
    pub(crate) ops: Vec<UnplacedOp>,
    pub(crate) pools: Pools,
    /// Weights that an operator laid out anew: they live as long as the pools, which know contents by their address.
    pub(crate) laid_out: Vec<Rc<[u8]>>,
    steps: Vec<Step>,
    /// Multiply-accumulates of the operator at hand.
    pub(crate) macs: u64,
    /// Who chooses the forms of weights, if not their estimates.
    #[cfg_attr(
        not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")),
        expect(dead_code, reason = "these kernels have one form")
    )]
    pub(crate) choose: Choose<'f>,
}

impl<'f, 'a> Lowering<'f, 'a> {
    fn new(file: &'f File<'a>, kernels: KernelSet) -> Self {
        let graph = &file.graphs[0];
        Self {
            file,
            graph,
            kernels,
            tensors: vec![None; graph.tensors.len()],
            handles: vec![None; graph.tensors.len()],
            variables: Vec::new(),
            values: Vec::new(),
            fills: Vec::new(),
            start: Vec::new(),
            starting: false,
            ops: Vec::new(),
            pools: Pools::default(),
            laid_out: Vec::new(),
            steps: Vec::new(),
            macs: 0,
            choose: None,
        }
    }

    fn define_input(&mut self, number: usize) -> Result<(), ModelError> {
        let tensor = &self.graph.tensors[number];
        if tensor.data.is_some() || tensor.element.size() == 0 || tensor.count() == 0 {
            let found = format!("tensor {number} `{}`, which cannot be written, as an input", tensor.name);
            return Err(ModelError::new(ModelErrorKind::Shape, "model", found, "a tensor without contents"));
        }
        if self.tensors[number].is_none() {
            self.tensors[number] = Some(self.value(tensor.len()));
        }
        Ok(())
    }

    pub(crate) fn value(&mut self, len: usize) -> usize {
        self.values.push(Value { len: len as u32, ..Value::default() });
        self.values.len() - 1
    }

    /// Whether the file is one of uint8, read as int8.
    pub(crate) fn is_of_uint8(&self) -> bool {
        self.file.unsigned
    }

    /// A graph of the file.
    pub(crate) fn graph_of_file(&self, number: usize) -> Option<&'f Graph<'a>> {
        self.file.graphs.get(number)
    }

    /// Working memory of so many bytes for one operation.
    pub(crate) fn scratch(&mut self, len: usize) -> Unplaced {
        Unplaced { value: self.value(len) as u32, len: len as u32 }
    }

    fn span(&self, tensor: usize) -> Option<Unplaced> {
        self.tensors[tensor].map(|value| Unplaced { value: value as u32, len: self.values[value].len })
    }

    /// Where an operator's input lies: in the arena, or among the constants.
    pub(crate) fn source(
        &mut self,
        node: &Node<'_, 'a>,
        operand: &Operand<'_, 'a>,
    ) -> Result<Source, ModelError> {
        if let Some(span) = self.span(operand.number) {
            return Ok(Source::Arena(span));
        }
        match operand.tensor.data {
            Some(contents) => Ok(Source::Constant(self.pools.contents(contents)?)),
            None => {
                let found = "a tensor that nothing computed";
                Err(node.error(
                    ModelErrorKind::Shape,
                    operand,
                    found,
                    "one that an earlier operator computes",
                ))
            }
        }
    }

    /// Where the arena holds an operator's input; a constant is copied there.
    pub(crate) fn read(
        &mut self,
        node: &Node<'_, 'a>,
        operand: &Operand<'_, 'a>,
    ) -> Result<Unplaced, ModelError> {
        match self.source(node, operand)? {
            Source::Arena(span) => Ok(span),
            constant => {
                let to = Unplaced {
                    value: self.value(operand.tensor.len()) as u32,
                    len: operand.tensor.len() as u32,
                };
                self.copy_bytes(constant, to);
                Ok(to)
            }
        }
    }

    /// Where the arena is to hold an operator's output.
    pub(crate) fn write(
        &mut self,
        node: &Node<'_, 'a>,
        operand: &Operand<'_, 'a>,
    ) -> Result<Unplaced, ModelError> {
        self.writable(node, operand)?;
        let value = self.value(operand.tensor.len());
        self.tensors[operand.number] = Some(value);
        Ok(Unplaced { value: value as u32, len: self.values[value].len })
    }

    /// Lets an operator's output be the same bytes as its input.
    pub(crate) fn alias(
        &mut self,
        node: &Node<'_, 'a>,
        output: &Operand<'_, 'a>,
        input: Unplaced,
    ) -> Result<(), ModelError> {
        self.writable(node, output)?;
        self.tensors[output.number] = Some(input.value as usize);
        Ok(())
    }

    fn writable(&self, node: &Node<'_, 'a>, operand: &Operand<'_, 'a>) -> Result<(), ModelError> {
        if operand.tensor.data.is_some() || self.tensors[operand.number].is_some() {
            let found = "an output that already has contents";
            return Err(node.error(
                ModelErrorKind::Shape,
                operand,
                found,
                "one that no other operator computes",
            ));
        }
        if operand.tensor.element.size() == 0 || operand.tensor.count() == 0 {
            let found = format!("shape {:?} of `{:?}`", operand.tensor.shape, operand.tensor.element);
            return Err(node.error(ModelErrorKind::Unsupported, operand, found, "an output with contents"));
        }
        Ok(())
    }

    fn result(&self, number: usize) -> Result<Unplaced, ModelError> {
        self.span(number).ok_or_else(|| {
            let found =
                format!("output {number} `{}`, which nothing computes", self.graph.tensors[number].name);
            ModelError::new(ModelErrorKind::Shape, "model", found, "an output of one of its operators")
        })
    }

    fn operator(&mut self, node: Node<'_, 'a>) -> Result<(), ModelError> {
        self.macs = 0;
        self.lower(&node)?;
        let shape = node.operator.outputs.get(0).and_then(|n| self.graph.tensors.get(n as usize));
        let shape = shape.map(|tensor| tensor.shape.clone()).unwrap_or_default();
        self.steps.push(Step { name: node.operator.code.to_string(), shape, macs: self.macs });
        Ok(())
    }

    /// Solves the arena and puts offsets where values stood.
    fn finish(mut self, inputs: Vec<Unplaced>, outputs: Vec<Unplaced>) -> Result<Planned, ModelError> {
        let limit = |found: String, expected: String| {
            Err(ModelError::new(ModelErrorKind::Limit, "model", found, expected))
        };
        let macs: u64 = self.steps.iter().map(|step| step.macs).sum();
        if macs > MOST_MACS {
            return limit(format!("{macs} multiply-accumulates"), format!("at most {MOST_MACS}"));
        }
        let mut ops = self.fills;
        ops.append(&mut self.start);
        let start = ops.len();
        fuse::copies(&self.values, &mut self.ops, &outputs);
        fuse::shifts(&mut self.values, &mut self.ops, &mut ops, &[&inputs[..], &outputs[..]].concat());
        ops.append(&mut self.ops);
        let mut outputs = outputs;
        arena::lifetimes(&mut self.values, &mut ops, start, &inputs, &outputs);
        arena::unite(&mut self.values, &mut ops, &mut outputs);
        let (arena, variables) = arena::place(&mut self.values);
        if arena > MOST_ARENA {
            return limit(format!("an arena of {arena} bytes"), format!("at most {MOST_ARENA}"));
        }
        let values = &self.values;
        let placed = |part: Unplaced| Span { at: values[part.value as usize].at, len: part.len };
        let mut ops: Vec<Op> = ops.into_iter().map(|op| op.placed(placed)).collect();
        let inputs: Vec<Span> = inputs.into_iter().map(placed).collect();
        let outputs: Vec<Span> = outputs.into_iter().map(placed).collect();
        let plan = Plan {
            ops: ops.split_off(start),
            start: ops,
            bytes: AlignedBytes::new(&self.pools.bytes),
            words: self.pools.words,
            input: inputs.first().copied().unwrap_or_default(),
            output: outputs.first().copied().unwrap_or_default(),
            variables: variables as u32,
            arena: arena as u32,
        };
        Ok(Planned { plan, inputs, outputs, steps: self.steps })
    }
}
