//! SVDF: a layer with its own memory of past inputs.
//!
//! Reference: TFLite Micro's `EvalIntegerSvdfReference`.

pub(crate) mod float;

use crate::fixed::Factor;
use crate::kernels::cell::Cell;
use crate::kernels::{Constants, dot, lend};
use crate::op::{Integer, Span, spans};

/// SVDF, int8. Each filter is a vector over the input, whose product goes to the filter's memory of the last `memory`
/// runs, and a vector over that memory; a unit sums `rank` filters (Nakkiran et al., "Compressing Deep Neural Networks
/// using a Rank-Constrained Topology", Interspeech 2015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Svdf<A = Span> {
    /// Input in the arena, `batch · inputs` bytes.
    pub input: A,
    /// Output in the arena, `batch · filters / rank` bytes.
    pub output: A,
    /// The memory, a variable in the arena: `[batch][filter][memory]`, the newest last.
    pub state: A,
    /// Type of the memory and of the weights over it.
    pub memory_type: Integer,
    /// Weights over the input in the pool of bytes: `[filter][input]`.
    pub features: Span,
    /// Weights over the memory in the pool of bytes: `[filter][memory]`.
    pub times: Span,
    /// In the pool of words: one bias per unit.
    pub biases: Span,
    /// Length of an input vector.
    pub inputs: u32,
    /// Number of filters.
    pub filters: u32,
    /// Runs that a filter remembers.
    pub memory: u32,
    /// Filters of a unit.
    pub rank: u32,
    /// Added to each input: its zero point, negated.
    pub input_offset: i32,
    /// The memory's zero point.
    pub state_offset: i32,
    /// The output's zero point.
    pub output_offset: i32,
    /// Factor from a product with the input to the memory.
    pub state_factor: Factor,
    /// Factor from a unit's sum to its output.
    pub factor: Factor,
}

spans!(Svdf { input: Read, output: Write, state: Write } { memory_type, features, times, biases, inputs, filters, memory, rank, input_offset, state_offset, output_offset, state_factor, factor });

/// Takes one input into the memory and sums over it.
pub(crate) fn svdf(op: &Svdf, constants: Constants<'_>, arena: &mut [i8]) {
    match op.memory_type {
        Integer::I16 => run::<i16>(op, constants, arena),
        _ => run::<i8>(op, constants, arena),
    }
}

fn run<C: Cell>(op: &Svdf, constants: Constants<'_>, arena: &mut [i8]) {
    let [input, output, state] = lend(arena, op.input, op.output, op.state);
    let features = &constants.bytes[op.features.range()];
    let times = C::of(&constants.bytes[op.times.range()]);
    let biases = &constants.words[op.biases.range()];
    let (inputs, memory) = (op.inputs as usize, op.memory as usize);
    let (filters, rank) = (op.filters as usize, op.rank as usize);
    let states = C::of_mut(state).chunks_exact_mut(filters * memory);
    let batches = input.chunks_exact(inputs).zip(states).zip(output.chunks_exact_mut(filters / rank));
    for ((input, states), outputs) in batches {
        for (state, features) in states.chunks_exact_mut(memory).zip(features.chunks_exact(inputs)) {
            state.copy_within(1.., 0);
            let product = op.state_factor.apply(dot(input, features, op.input_offset));
            // TFLite Micro clamps before it adds the memory's zero point, so that the sum may wrap.
            state[memory - 1] = C::put(product.clamp(C::MIN, C::MAX).wrapping_add(op.state_offset));
        }
        let units = states.chunks_exact(rank * memory).zip(times.chunks_exact(rank * memory));
        for (((states, times), bias), out) in units.zip(biases).zip(outputs) {
            let products = states
                .iter()
                .zip(times)
                .map(|(state, time)| C::get(time).wrapping_mul(C::get(state) - op.state_offset));
            let sum = products.fold(*bias, i32::wrapping_add);
            *out = op.factor.apply(sum).saturating_add(op.output_offset).clamp(-128, 127) as i8;
        }
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::Svdf;
    use crate::error::{ModelError, ModelErrorKind};
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::schema::Element;

    /// Shape of an SVDF, checked.
    #[derive(Clone, Copy)]
    pub(super) struct Shape {
        pub(super) inputs: u32,
        pub(super) filters: u32,
        pub(super) memory: u32,
        pub(super) rank: u32,
    }

    impl Shape {
        pub(super) fn units(self) -> usize {
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
            let ((from, input_zero), (state_scale, state_offset)) =
                (node.affine(&input)?, node.affine(&state)?);
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
    }

    impl Node<'_, '_> {
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
}
