//! Blocks of tensors: how their elements are spaced, how two tensors broadcast, and copies between them.

use super::node::{Node, Operand};
use super::{Lowering, Source, Unplaced};
use crate::error::ModelError;
use crate::op::{AXES, Op};

type Move = crate::op::Move<Unplaced>;

/// A block inside a tensor: where it starts, and how its elements are spaced, in elements.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) start: usize,
    pub(crate) steps: Vec<i64>,
}

impl Block {
    /// All of a tensor of this shape.
    pub(crate) fn whole(shape: &[usize]) -> Self {
        let mut steps = vec![1i64; shape.len()];
        for axis in (1..shape.len()).rev() {
            steps[axis - 1] = steps[axis] * shape[axis] as i64;
        }
        Self { start: 0, steps }
    }

    /// The part that begins at `begin`, whose elements are `stride` apart along each axis.
    pub(crate) fn part(shape: &[usize], begin: &[i64], stride: &[i64]) -> Self {
        let mut block = Self::whole(shape);
        block.start = block.steps.iter().zip(begin).map(|(step, at)| step * at).sum::<i64>() as usize;
        block.steps.iter_mut().zip(stride).for_each(|(step, stride)| *step *= stride);
        block
    }
}

/// The copy of a block of `counts` elements of `size` bytes, with neighbouring axes joined where both sides allow it;
/// nothing where it still has more axes than a [`Move`] walks.
pub(crate) fn copy(
    from: (Source, &Block),
    to: (Unplaced, &Block),
    counts: &[usize],
    size: usize,
) -> Option<Move> {
    let mut axes: Vec<(i64, i64, i64)> = Vec::new();
    let size = size as i64;
    for (axis, count) in counts.iter().enumerate().filter(|(_, count)| **count != 1) {
        let (count, from, to) = (*count as i64, from.1.steps[axis] * size, to.1.steps[axis] * size);
        match axes.last_mut() {
            Some(outer) if outer.1 == from * count && outer.2 == to * count => {
                *outer = (outer.0 * count, from, to)
            }
            _ => axes.push((count, from, to)),
        }
    }
    let mut run = size;
    if let Some((count, from, to)) = axes.last().copied()
        && from == size
        && to == size
    {
        run = count * size;
        axes.pop();
    }
    let missing = AXES.checked_sub(axes.len())?;
    let mut op = Move {
        from: from.0,
        to: to.0,
        from_start: (from.1.start as i64 * size) as u32,
        to_start: (to.1.start as i64 * size) as u32,
        run: run as u32,
        counts: [1; AXES],
        from_steps: [0; AXES],
        to_steps: [0; AXES],
    };
    for (axis, (count, from, to)) in axes.into_iter().enumerate() {
        op.counts[missing + axis] = count as u32;
        op.from_steps[missing + axis] = from as i32;
        op.to_steps[missing + axis] = to as i32;
    }
    Some(op)
}

/// A shape with ones before it.
pub(crate) fn axes(shape: &[usize]) -> Option<[u32; AXES]> {
    let missing = AXES.checked_sub(shape.len())?;
    let mut axes = [1; AXES];
    shape.iter().enumerate().for_each(|(i, count)| axes[missing + i] = *count as u32);
    Some(axes)
}

/// How two inputs broadcast to an output: its counts, and the steps of each input along them, in elements.
pub(crate) type Broadcast = ([u32; AXES], [[i32; AXES]; 2]);

/// How two inputs broadcast to an output, with neighbouring axes joined where both inputs allow it: the last axis is the
/// longest row along which each goes on or stands still.
pub(crate) fn broadcast<'a>(
    node: &Node<'_, 'a>,
    inputs: [&Operand<'_, 'a>; 2],
    output: &Operand<'_, 'a>,
) -> Result<Broadcast, ModelError> {
    let shape = &output.tensor.shape;
    if shape.len() > AXES {
        return Err(node.shape(output, "at most 5 dimensions"));
    }
    let [a, b] = inputs.map(|input| broadcast_steps(node, input, output));
    let (a, b) = (a?, b?);
    let (mut counts, mut steps, mut axis) = ([1; AXES], [[0; AXES]; 2], AXES);
    for (i, count) in shape.iter().enumerate().rev().filter(|(_, count)| **count != 1) {
        let (count, inner) = (*count as u32, axis);
        let joins = inner < AXES
            && [a[i], b[i]]
                .iter()
                .zip(&steps)
                .all(|(step, steps)| *step == steps[inner] * counts[inner] as i32);
        if joins {
            counts[inner] *= count;
            continue;
        }
        axis -= 1;
        counts[axis] = count;
        (steps[0][axis], steps[1][axis]) = (a[i], b[i]);
    }
    Ok((counts, steps))
}

/// Steps of an input along the axes of the output; zero along those that it repeats.
fn broadcast_steps<'a>(
    node: &Node<'_, 'a>,
    input: &Operand<'_, 'a>,
    output: &Operand<'_, 'a>,
) -> Result<Vec<i32>, ModelError> {
    let (shape, to) = (&input.tensor.shape, &output.tensor.shape);
    let fits = shape.len() <= to.len()
        && shape.iter().rev().zip(to.iter().rev()).all(|(from, to)| from == to || *from == 1);
    if !fits {
        return Err(node.shape(input, format!("one that broadcasts to {to:?}")));
    }
    let whole = Block::whole(shape);
    let mut steps = vec![0; to.len()];
    for i in (0..shape.len()).filter(|i| shape[*i] != 1) {
        steps[to.len() - shape.len() + i] = whole.steps[i] as i32;
    }
    Ok(steps)
}

impl Lowering<'_, '_> {
    /// Adds a copy of all bytes.
    pub(crate) fn copy_bytes(&mut self, from: Source, to: Unplaced) {
        let whole = Block::whole(&[to.len as usize]);
        self.ops.extend(copy((from, &whole), (to, &whole), &[to.len as usize], 1).map(Op::Move));
    }
}
