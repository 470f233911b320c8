//! PAD and PADV2.

use crate::error::{ModelError, ModelErrorKind};
use crate::op::{Fill, Op};
use crate::planner::block::{Block, copy};
use crate::planner::node::{Node, Operand};
use crate::planner::streaming::{Rule, axis};
use crate::planner::{Lowering, Source, Unplaced};

impl<'a> Lowering<'_, 'a> {
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
}

impl Node<'_, '_> {
    /// How it treats the rows of a stream: what is added to each row stays in it.
    pub(crate) fn padded(&self, rows: usize) -> Result<Rule, ModelError> {
        let paddings = self.integers(&self.input(1)?)?;
        let Some(along) = axis(&self.input(0)?.tensor.shape, rows) else { return Ok(Rule::Mix) };
        if paddings.iter().take(2 * along + 2).any(|count| *count != 0) {
            return Err(self.pads("it adds rows before or after those of the window"));
        }
        Ok(Rule::Each)
    }
}
