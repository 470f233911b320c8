//! How each operator treats the rows of a stream. A rule that is one operator's own is in its file.

use crate::error::{ModelError, ModelErrorKind};
use crate::op::Window;
use crate::planner::node::Node;
use crate::schema::Tensor;

/// How an operator treats the rows of its flowing inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Each output row comes from the same row of every flowing input.
    Each,
    /// Output row j comes from the input rows from `first + j · stride` up to `first + j · stride + reach`.
    Slide {
        /// First row that the first output row reads.
        first: usize,
        /// Rows that an output row reads.
        reach: usize,
        /// Rows from one output row to the next.
        stride: usize,
    },
    /// Rows are mixed in another way.
    Mix,
}

/// How an operator treats rows, as the table of operators states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::planner) enum Along {
    /// Row by row.
    Each,
    /// In another way than by rows.
    Mix,
    /// It keeps a state of its own.
    State,
    /// By the window of a CONV_2D.
    Convolution,
    /// By the window of a DEPTHWISE_CONV_2D.
    Depthwise,
    /// By the window of a pool.
    Pool,
    /// It takes a part.
    Cut,
    /// It adds a border.
    Pad,
    /// It changes the shape alone.
    Reshape,
    /// It mixes along the last axis.
    LastAxis,
    /// By vectors, all multiplied with the same weights.
    Dense,
    /// Element by element, of one or two inputs.
    Elementwise,
    /// It sums along axes.
    Reduce,
    /// It joins tensors along an axis.
    Join,
    /// It parts a tensor along an axis.
    Split,
    /// It orders axes anew.
    Transpose,
}

/// The axis along which a tensor of so many rows has them: all axes before it are of length one.
pub(crate) fn axis(shape: &[usize], rows: usize) -> Option<usize> {
    shape.iter().position(|size| *size != 1).filter(|axis| shape[*axis] == rows)
}

/// The shape of the same tensor with another number of rows.
pub(super) fn resized(shape: &[usize], rows: usize, to: usize) -> Option<Vec<usize>> {
    let mut shape = shape.to_vec();
    match axis(&shape, rows) {
        Some(axis) => shape[axis] = to,
        // All in one axis, as the flat input that a RESHAPE follows.
        None => {
            let (last, before) = shape.split_last_mut()?;
            if !last.is_multiple_of(rows) || before.iter().any(|size| *size != 1) {
                return None;
            }
            *last = *last / rows * to;
        }
    }
    Some(shape)
}

impl Node<'_, '_> {
    /// How this operator treats rows; `flowing` is the one number of rows of its flowing inputs, or nothing for an
    /// input that does not flow.
    pub(super) fn rule(&self, flowing: &[Option<usize>]) -> Result<Rule, ModelError> {
        let rows = flowing.iter().flatten().copied().next().unwrap_or(1);
        match self.along() {
            Along::Each => Ok(Rule::Each),
            Along::Mix | Along::State => Ok(Rule::Mix),
            Along::Convolution => self.slide(self.filter()?.0.window, rows),
            Along::Depthwise => self.slide(self.depthwise_filter()?.0.window, rows),
            Along::Pool => self.slide(self.pool_window()?, rows),
            Along::Cut => self.cut(rows),
            Along::Pad => self.padded(rows),
            Along::Reshape => Ok(when(resized(&self.output(0)?.tensor.shape, rows, 1).is_some())),
            Along::LastAxis => {
                let shape = &self.input(0)?.tensor.shape;
                Ok(when(axis(shape, rows).is_some_and(|axis| axis + 1 < shape.len())))
            }
            Along::Dense => self.dense(rows),
            Along::Elementwise => self.elementwise(flowing, rows),
            Along::Reduce => self.reduced(rows),
            Along::Join => self.joined(flowing, rows),
            Along::Split => self.parted(rows),
            Along::Transpose => self.turned(rows),
        }
    }

    /// A window that slides along rows. Where it hangs over the window's ends, the rows there are not those of the
    /// stream, and nothing of them can be kept.
    fn slide(&self, window: Window, rows: usize) -> Result<Rule, ModelError> {
        let (input, output) = (self.input(0)?, self.output(0)?);
        let Some(along) = axis(&input.tensor.shape, rows).filter(|axis| *axis == 1 || *axis == 2) else {
            return Ok(Rule::Mix);
        };
        let (taps, dilation, stride, pad) = match along {
            1 => (window.height, window.dilation_y, window.stride_y, window.pad_top),
            _ => (window.width, window.dilation_x, window.stride_x, window.pad_left),
        };
        let (reach, stride) = ((taps as usize - 1) * dilation as usize + 1, stride as usize);
        let steps = output.tensor.shape[along] - 1;
        if pad > 0 || steps * stride + reach > rows {
            return Err(self.pads("its padding is `SAME`, and its window hangs over the ends of time"));
        }
        Ok(Rule::Slide { first: 0, reach, stride })
    }

    /// Arithmetic: flowing inputs as large as the output, and constants that are the same for every row.
    fn elementwise(&self, flowing: &[Option<usize>], rows: usize) -> Result<Rule, ModelError> {
        let to = &self.output(0)?.tensor.shape;
        let Some(along) = axis(to, rows) else { return Ok(Rule::Mix) };
        let fits = |(number, flow): (usize, &Option<usize>)| {
            let Some(Tensor { shape, data, .. }) = self.optional(number).map(|operand| operand.tensor) else {
                return false;
            };
            match flow {
                Some(_) => axis(shape, rows) == Some(along) && shape.len() == to.len(),
                None => {
                    data.is_some() && shape.iter().rev().nth(to.len() - 1 - along).is_none_or(|n| *n == 1)
                }
            }
        };
        Ok(when(flowing.iter().enumerate().all(fits)))
    }

    /// The error for an operator that pads along time.
    pub(crate) fn pads(&self, why: &str) -> ModelError {
        let found = format!("padding along time, which would differ from window to window: {why}");
        let expected = "padding `VALID` along time (train the model with it), or no streaming";
        self.refuse(ModelErrorKind::Unsupported, found, expected)
    }
}

/// [`Rule::Each`] where that is so, else [`Rule::Mix`].
pub(crate) fn when(each: bool) -> Rule {
    if each { Rule::Each } else { Rule::Mix }
}
