//! Operators that only move bytes: CONCATENATION, SPLIT, SPLIT_V, SLICE, STRIDED_SLICE, PAD, PACK, TRANSPOSE.

use super::node::{Node, Operand};
use super::{Lowering, Source, Unplaced};
use crate::error::{ModelError, ModelErrorKind};
use crate::op::{AXES, Fill, Op};
use crate::planner::operators::code;

type Move = crate::op::Move<Unplaced>;
use crate::schema::Element;

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

impl<'a> Lowering<'_, 'a> {
    /// Adds a copy between two tensors of one element type and one quantisation.
    fn push_copy(
        &mut self,
        node: &Node<'_, 'a>,
        input: (&Operand<'_, 'a>, &Block),
        output: (&Operand<'_, 'a>, Unplaced, &Block),
        counts: &[usize],
    ) -> Result<(), ModelError> {
        node.expect(output.0, input.0.tensor.element)?;
        node.same_quantisation(input.0, output.0)?;
        let source = self.source(node, input.0)?;
        let size = input.0.tensor.element.size();
        let op = copy((source, input.1), (output.1, output.2), counts, size)
            .ok_or_else(|| node.shape(input.0, format!("at most {AXES} axes that do not join")))?;
        self.ops.push(Op::Move(op));
        Ok(())
    }

    /// CONCATENATION of any number of inputs.
    pub(crate) fn concatenation(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let output = node.output(0)?;
        let options = node.options()?;
        if options.i8(1, 0)? != 0 {
            return Err(node.refuse(ModelErrorKind::Unsupported, "a fused activation", "none"));
        }
        let shape = &output.tensor.shape;
        let axis = node.axis(&output, options.i32(0, 0)?, shape.len())?;
        // An operand that is written must not be read: so the inputs are found before the output is made.
        let inputs = (0..node.operator.inputs.len()).map(|i| node.input(i)).collect::<Result<Vec<_>, _>>()?;
        let mut at = 0;
        for input in &inputs {
            let same = input.tensor.shape.len() == shape.len()
                && (0..shape.len()).all(|i| i == axis || input.tensor.shape[i] == shape[i]);
            if !same {
                return Err(node.shape(input, format!("{shape:?} but for dimension {axis}")));
            }
            at += input.tensor.shape[axis];
        }
        if at != shape[axis] {
            return Err(node.shape(&output, format!("{at} along dimension {axis}, the sum of the inputs")));
        }
        for input in &inputs {
            self.source(node, input)?;
        }
        let to = self.write(node, &output)?;
        let mut begin = vec![0; shape.len()];
        for input in &inputs {
            let part = Block::part(shape, &begin, &vec![1; shape.len()]);
            let whole = Block::whole(&input.tensor.shape);
            self.push_copy(node, (input, &whole), (&output, to, &part), &input.tensor.shape)?;
            begin[axis] += input.tensor.shape[axis] as i64;
        }
        Ok(())
    }

    /// SPLIT (axis, input) and SPLIT_V (input, sizes, axis): each output is the next part along the axis.
    pub(crate) fn split(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, axis) = match node.operator.code.code {
            code::SPLIT => (node.input(1)?, node.input(0)?),
            _ => (node.input(0)?, node.input(2)?),
        };
        let shape = &input.tensor.shape;
        let axis = match node.integers(&axis)?[..] {
            [number] => node.axis(&input, number, shape.len())?,
            _ => return Err(node.shape(&axis, "one number")),
        };
        let mut begin = vec![0i64; shape.len()];
        for i in 0..node.operator.outputs.len() {
            let output = node.output(i)?;
            let counts = &output.tensor.shape;
            let fits = counts.len() == shape.len()
                && (0..shape.len()).all(|i| i == axis || counts[i] == shape[i])
                && begin[axis] as usize + counts[axis] <= shape[axis];
            if !fits {
                return Err(node.shape(&output, format!("a part of {shape:?} along dimension {axis}")));
            }
            let to = self.write(node, &output)?;
            let part = Block::part(shape, &begin, &vec![1; shape.len()]);
            self.push_copy(node, (&input, &part), (&output, to, &Block::whole(counts)), counts)?;
            begin[axis] += counts[axis] as i64;
        }
        Ok(())
    }

    /// SLICE: input, begin, size.
    pub(crate) fn slice(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        let shape = &input.tensor.shape;
        let begin: Vec<i64> = node.integers(&node.input(1)?)?.iter().map(|n| i64::from(*n)).collect();
        let counts = &output.tensor.shape;
        let inside = begin.len() == shape.len()
            && counts.len() == shape.len()
            && (0..shape.len()).all(|i| begin[i] >= 0 && begin[i] + counts[i] as i64 <= shape[i] as i64);
        if !inside {
            return Err(node.shape(&output, format!("a part of {shape:?} from {begin:?} on")));
        }
        let part = Block::part(shape, &begin, &vec![1; shape.len()]);
        self.source(node, &input)?;
        let to = self.write(node, &output)?;
        self.push_copy(node, (&input, &part), (&output, to, &Block::whole(counts)), counts)
    }

    /// STRIDED_SLICE: input, begin, end, strides, and masks (TFLite's `strided_slice_logic.h`).
    pub(crate) fn strided_slice(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        let shape = &input.tensor.shape;
        let lists = [
            node.integers(&node.input(1)?)?,
            node.integers(&node.input(2)?)?,
            node.integers(&node.input(3)?)?,
        ];
        if lists.iter().any(|list| list.len() != shape.len()) || lists[2].contains(&0) {
            return Err(node.shape(&input, "begin, end and non-zero strides for each dimension"));
        }
        let options = node.options()?;
        let [begin_mask, end_mask, ellipsis, new_axis, shrink] =
            [0, 1, 2, 3, 4].map(|slot| options.i32(slot, 0)).map(|mask| mask.unwrap_or(-1));
        if ellipsis != 0 || new_axis != 0 {
            return Err(node.refuse(ModelErrorKind::Unsupported, "an ellipsis or a new axis", "neither"));
        }
        let (mut begins, mut strides, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        for (axis, size) in shape.iter().map(|size| *size as i64).enumerate() {
            let [begin, end, stride] = [0, 1, 2].map(|i| i64::from(lists[i][axis]));
            let masked = |mask: i32| mask & (1 << axis) != 0;
            let (low, high) = if stride > 0 { (0, size) } else { (-1, size - 1) };
            let wrapped = |at: i64| (if at < 0 { at + size } else { at }).clamp(low, high);
            let (first, last) = if stride > 0 { (low, high) } else { (high, low) };
            let start = if masked(begin_mask) { first } else { wrapped(begin) };
            let stop = match (masked(shrink), masked(end_mask)) {
                (true, _) => start + 1,
                (_, true) => last,
                _ => wrapped(end),
            };
            let stride = if masked(shrink) { 1 } else { stride };
            let count = ((stop - start) * stride.signum() + stride.abs() - 1).max(0) / stride.abs();
            if count == 0 || start < 0 || start >= size {
                return Err(node.shape(&input, "a slice with contents"));
            }
            begins.push(start);
            strides.push(stride);
            counts.push(count as usize);
        }
        if counts.iter().product::<usize>() != output.tensor.count() {
            return Err(node.shape(&output, format!("the {counts:?} elements of the slice")));
        }
        let part = Block::part(shape, &begins, &strides);
        self.source(node, &input)?;
        let to = self.write(node, &output)?;
        self.push_copy(node, (&input, &part), (&output, to, &Block::whole(&counts)), &counts)
    }

    /// PAD (input, paddings) and PADV2 (and a value).
    pub(crate) fn pad(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        let (shape, counts) = (&output.tensor.shape, &input.tensor.shape);
        let paddings = node.integers(&node.input(1)?)?;
        let (pairs, _) = paddings.as_chunks::<2>();
        let fits = pairs.len() == counts.len()
            && shape.len() == counts.len()
            && pairs.iter().flatten().all(|n| (0..1 << 20).contains(n))
            && (0..counts.len()).all(|i| {
                shape[i] as i64 == counts[i] as i64 + i64::from(pairs[i][0]) + i64::from(pairs[i][1])
            });
        if !fits {
            return Err(node.shape(&output, format!("{counts:?} padded by {pairs:?}")));
        }
        self.source(node, &input)?;
        let to = self.write(node, &output)?;
        self.border(node, &output, to)?;
        let begin: Vec<i64> = pairs.iter().map(|pair| i64::from(pair[0])).collect();
        let part = Block::part(shape, &begin, &vec![1; shape.len()]);
        self.push_copy(node, (&input, &Block::whole(counts)), (&output, to, &part), counts)
    }

    /// Fills all of PAD's output with the value of its border: its third input, or real zero.
    fn border(
        &mut self,
        node: &Node<'_, 'a>,
        output: &Operand<'_, 'a>,
        to: Unplaced,
    ) -> Result<(), ModelError> {
        let size = output.tensor.element.size();
        let Some(value) = node.optional(2) else {
            let zero = if size > 2 { 0 } else { node.affine(output)?.1 };
            if size == 2 && zero != 0 {
                let found = format!("zero point {zero}");
                return Err(node.error(ModelErrorKind::Quantisation, output, found, "0"));
            }
            self.ops.push(Op::Fill(Fill { to, value: zero as i8 }));
            return Ok(());
        };
        node.expect(&value, output.tensor.element)?;
        if value.tensor.count() != 1 {
            return Err(node.shape(&value, "one element"));
        }
        let source = Source::Constant(self.pools.contents(node.contents(&value)?)?);
        let still = Block { start: 0, steps: vec![0] };
        let count = [output.tensor.count()];
        self.ops.extend(copy((source, &still), (to, &Block::whole(&count)), &count, size).map(Op::Move));
        Ok(())
    }

    /// PACK: inputs of one shape, stacked along a new dimension.
    pub(crate) fn pack(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let output = node.output(0)?;
        let shape = &output.tensor.shape;
        let axis = node.axis(&output, node.options()?.i32(1, 0)?, shape.len())?;
        let inputs = (0..node.operator.inputs.len()).map(|i| node.input(i)).collect::<Result<Vec<_>, _>>()?;
        if inputs.len() != shape[axis] {
            return Err(node.shape(&output, format!("{} along dimension {axis}", inputs.len())));
        }
        let mut counts = shape.clone();
        counts[axis] = 1;
        for input in &inputs {
            let rest = input.tensor.shape[..axis.min(input.tensor.shape.len())].iter();
            let rest = rest.chain(&[1]).chain(&input.tensor.shape[axis.min(input.tensor.shape.len())..]);
            if !rest.eq(&counts) {
                return Err(node.shape(input, format!("{shape:?} without dimension {axis}")));
            }
            self.source(node, input)?;
        }
        let to = self.write(node, &output)?;
        for (i, input) in inputs.iter().enumerate() {
            let mut begin = vec![0; shape.len()];
            begin[axis] = i as i64;
            let part = Block::part(shape, &begin, &vec![1; shape.len()]);
            self.push_copy(node, (input, &Block::whole(&counts)), (&output, to, &part), &counts)?;
        }
        Ok(())
    }

    /// TRANSPOSE: input, order of its dimensions in the output.
    pub(crate) fn transpose(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        let (shape, order) = (&input.tensor.shape, node.integers(&node.input(1)?)?);
        let order: Vec<usize> =
            order.iter().filter_map(|n| node.axis(&input, *n, shape.len()).ok()).collect();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        let fits = sorted.iter().copied().eq(0..shape.len())
            && output.tensor.shape.iter().copied().eq(order.iter().map(|axis| shape[*axis]));
        if !fits {
            return Err(node.shape(&output, format!("{shape:?} in the order {order:?}")));
        }
        let whole = Block::whole(shape);
        let turned = Block { start: 0, steps: order.iter().map(|axis| whole.steps[*axis]).collect() };
        self.source(node, &input)?;
        let to = self.write(node, &output)?;
        let counts = &output.tensor.shape;
        self.push_copy(node, (&input, &turned), (&output, to, &Block::whole(counts)), counts)
    }
}

impl<'a> Node<'_, 'a> {
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

    /// Demands that two tensors have one quantisation, since bytes move between them unchanged.
    pub(crate) fn same_quantisation(
        &self,
        a: &Operand<'_, 'a>,
        b: &Operand<'_, 'a>,
    ) -> Result<(), ModelError> {
        let of = |operand: &Operand<'_, 'a>| {
            let quantisation = &operand.tensor.quantisation;
            (quantisation.scales.get(0), quantisation.zero_points.get(0).unwrap_or(0))
        };
        if of(a) == of(b) || a.tensor.element.size() > 2 {
            return Ok(());
        }
        let found = format!("scale {:?} and zero point {}", of(b).0, of(b).1);
        let expected = format!("{:?} and {}, as `{}`", of(a).0, of(a).1, a.tensor.name);
        Err(self.error(ModelErrorKind::Quantisation, b, found, expected))
    }
}
