//! SVDF.

use super::node::{Node, Operand};
use super::{Lowering, Unplaced};
use crate::error::{ModelError, ModelErrorKind};
use crate::op::{FloatSvdf, Op, Svdf};
use crate::schema::Element;

/// Shape of an SVDF, checked.
#[derive(Clone, Copy)]
struct Shape {
    inputs: u32,
    filters: u32,
    memory: u32,
    rank: u32,
}

impl Shape {
    fn units(self) -> usize {
        (self.filters / self.rank) as usize
    }
}

impl<'a> Lowering<'_, 'a> {
    /// SVDF: input, weights over the input, weights over the memory, bias, memory.
    pub(crate) fn svdf(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let [input, features, times, state] =
            [node.input(0)?, node.input(1)?, node.input(2)?, node.input(4)?];
        let output = node.output(0)?;
        let shape = node.svdf_shape()?;
        self.macs = input.tensor.count() as u64 * u64::from(shape.filters) + state.tensor.count() as u64;
        if input.tensor.element == Element::F32 {
            return self.float_svdf(node, shape);
        }
        for operand in [&input, &features, &output] {
            node.expect(operand, Element::I8)?;
        }
        let memory_type = node.integer(&state)?;
        if !matches!(state.tensor.element, Element::I8 | Element::I16) {
            node.expect(&state, Element::I16)?;
        }
        node.expect(&times, state.tensor.element)?;
        // TFLite multiplies these scales as 32-bit floats.
        let ((from, input_zero), (state_scale, state_offset)) = (node.affine(&input)?, node.affine(&state)?);
        let (to, output_offset) = node.affine(&output)?;
        let state_real = from * node.affine(&features)?.0 / state_scale;
        let real = state_scale * node.affine(&times)?.0 / to;
        let biases = match node.optional(3) {
            None => vec![0; shape.units()],
            Some(bias) if bias.tensor.count() == shape.units() => node.integers(&bias)?,
            Some(bias) => return Err(node.shape(&bias, format!("{} biases", shape.units()))),
        };
        let Shape { inputs, filters, memory, rank } = shape;
        let op = Svdf {
            state: self.memory(node, &state)?,
            input: self.read(node, &input)?,
            output: self.write(node, &output)?,
            memory_type,
            features: self.pools.contents(node.contents(&features)?)?,
            times: self.pools.contents(node.contents(&times)?)?,
            biases: self.pools.words(biases.into_iter())?,
            inputs,
            filters,
            memory,
            rank,
            input_offset: -input_zero,
            state_offset,
            output_offset,
            state_factor: node.factor(&state, f64::from(state_real))?,
            factor: node.factor(&output, f64::from(real))?,
        };
        self.ops.push(Op::Svdf(op));
        Ok(())
    }

    fn float_svdf(&mut self, node: &Node<'_, 'a>, shape: Shape) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        let state = node.input(4)?;
        for operand in [&state, &output] {
            node.expect(operand, Element::F32)?;
        }
        let Shape { inputs, filters, memory, rank } = shape;
        let op = FloatSvdf {
            state: self.memory(node, &state)?,
            input: self.read(node, &input)?,
            output: self.write(node, &output)?,
            features: self.floats(node, &node.input(1)?)?,
            times: self.floats(node, &node.input(2)?)?,
            biases: self.float_biases(node, node.optional(3), shape.units())?,
            inputs,
            filters,
            memory,
            rank,
            bounds: node.bounds(node.options()?.i8(1, 0)?)?,
        };
        self.ops.push(Op::FloatSvdf(op));
        Ok(())
    }

    /// Where the arena holds a tensor that the operator keeps between runs.
    fn memory(&mut self, node: &Node<'_, 'a>, state: &Operand<'_, 'a>) -> Result<Unplaced, ModelError> {
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
}

impl<'a> Node<'_, 'a> {
    fn svdf_shape(&self) -> Result<Shape, ModelError> {
        let [input, features, times, state] =
            [self.input(0)?, self.input(1)?, self.input(2)?, self.input(4)?];
        let [batch, inputs] = input.tensor.shape[..] else {
            return Err(self.shape(&input, "two dimensions"));
        };
        let [filters, width] = features.tensor.shape[..] else {
            return Err(self.shape(&features, "two dimensions"));
        };
        if width != inputs {
            return Err(self.shape(&features, format!("[…, {inputs}]")));
        }
        let memory = match times.tensor.shape[..] {
            [count, memory] if count == filters => memory,
            _ => return Err(self.shape(&times, format!("[{filters}, …]"))),
        };
        if state.tensor.count() != batch * filters * memory {
            return Err(self.shape(&state, format!("[{batch}, {}]", filters * memory)));
        }
        let rank = self.options()?.i32(0, 0)?;
        let rank =
            u32::try_from(rank).ok().filter(|rank| *rank > 0 && filters.is_multiple_of(*rank as usize));
        let rank = rank.ok_or_else(|| {
            let found = format!("rank {:?}", self.options().and_then(|options| Ok(options.i32(0, 0)?)));
            self.refuse(ModelErrorKind::Shape, found, format!("a divisor of {filters} filters"))
        })?;
        let shape = Shape { inputs: inputs as u32, filters: filters as u32, memory: memory as u32, rank };
        let output = self.output(0)?;
        if output.tensor.count() != batch * shape.units() {
            return Err(self.shape(&output, format!("[{batch}, {}]", shape.units())));
        }
        Ok(shape)
    }
}
