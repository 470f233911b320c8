//! SLICE and STRIDED_SLICE.

use crate::error::{ModelError, ModelErrorKind};
use crate::planner::Lowering;
use crate::planner::block::Block;
use crate::planner::node::Node;
use crate::planner::operators::code;
use crate::planner::streaming::{Rule, axis};

impl<'a> Lowering<'_, 'a> {
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
}

impl Node<'_, '_> {
    /// SLICE and STRIDED_SLICE: a stretch of time, or a part of every row.
    pub(crate) fn cut(&self, rows: usize) -> Result<Rule, ModelError> {
        let (shape, to) = (&self.input(0)?.tensor.shape, &self.output(0)?.tensor.shape);
        let Some(along) = axis(shape, rows).filter(|axis| to.len() == shape.len() && *axis < 32) else {
            return Ok(Rule::Mix);
        };
        let number = |input: usize| -> Result<i64, ModelError> {
            let list = self.integers(&self.input(input)?)?;
            Ok(list.get(along).copied().map_or(0, i64::from))
        };
        let mut first = number(1)?;
        let mut stride = 1;
        if self.operator.code.code == code::STRIDED_SLICE {
            let options = self.options()?;
            let masked = |slot: usize| Ok::<_, ModelError>(options.i32(slot, 0)? & (1 << along) != 0);
            if masked(4)? {
                return Ok(Rule::Mix);
            }
            first = if masked(0)? { 0 } else { first };
            stride = number(3)?;
        }
        let first = if first < 0 { first + rows as i64 } else { first }.max(0) as usize;
        let Some(stride) = usize::try_from(stride).ok().filter(|stride| *stride > 0) else {
            return Ok(Rule::Mix);
        };
        if first + (to[along] - 1) * stride + 1 > rows {
            return Ok(Rule::Mix);
        }
        Ok(Rule::Slide { first, reach: 1, stride })
    }
}
