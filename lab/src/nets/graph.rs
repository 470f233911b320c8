//! The layers of a network as plain values: what training, quantisation and the `.tflite` writer all read.

use serde::{Deserialize, Serialize};

/// Rows (of an image, or time), columns (frequency) and channels of an activation.
pub type Shape = [usize; 3];

/// What happens at the rim of a convolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// Zeros are added so that a stride of one keeps the size; TensorFlow's rule for the odd one out.
    #[default]
    Same,
    /// Only whole windows count.
    Valid,
}

/// One step of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Convolution and ReLU.
    Conv {
        /// Output channels.
        filters: usize,
        /// Rows and columns.
        kernel: [usize; 2],
        /// Rows and columns.
        stride: [usize; 2],
        /// Rim.
        padding: Padding,
    },
    /// Convolution of each channel on its own, and ReLU.
    Depthwise {
        /// Rows and columns.
        kernel: [usize; 2],
        /// Rows and columns.
        stride: [usize; 2],
        /// Rim.
        padding: Padding,
    },
    /// Mean over all rows and columns.
    Mean,
    /// Every input to every unit; the last step, whose outputs are the logits.
    Dense {
        /// Outputs.
        units: usize,
    },
}

/// How features, `[rows, columns, channels]`, lie in the network's input. A clip's feature matrix,
/// `[frames, coefficients]`, counts as features of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// An image, as it is.
    Image,
    /// A sequence of channels, convolved along time only: `[rows, 1, columns × channels]`.
    Sequence,
}

/// An op with the shapes around it.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What is done.
    pub op: Op,
    /// Shape that comes in.
    pub input: Shape,
    /// Shape that goes out.
    pub output: Shape,
}

/// What is subtracted from and divided out of each item of a row of features before the first layer, so that training
/// starts well; folded into that layer afterwards.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Normalisation {
    /// Subtracted, one per item of a row.
    pub mean: Vec<f32>,
    /// Divided by, one per item of a row.
    pub deviation: Vec<f32>,
}

impl Normalisation {
    /// Leaves features of this width as they are.
    #[must_use]
    pub fn none(width: usize) -> Self {
        Self { mean: vec![0.0; width], deviation: vec![1.0; width] }
    }
}

/// A whole network, layers in order.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Shape of the features.
    pub features: Shape,
    /// How the features enter.
    pub layout: Layout,
    /// The layers.
    pub steps: Vec<Step>,
}

impl Graph {
    /// Chains `ops` over features of a shape.
    #[must_use]
    pub fn new(features: Shape, layout: Layout, ops: &[Op]) -> Self {
        let [rows, columns, channels] = features;
        let mut input = match layout {
            Layout::Image => features,
            Layout::Sequence => [rows, 1, columns * channels],
        };
        let mut steps = Vec::with_capacity(ops.len());
        for &op in ops {
            let output = op.output(input);
            steps.push(Step { op, input, output });
            input = output;
        }
        Self { features, layout, steps }
    }

    /// Items of the features.
    #[must_use]
    pub fn items(&self) -> usize {
        self.features.iter().product()
    }

    /// Items in a row of features.
    #[must_use]
    pub fn width(&self) -> usize {
        self.features[1] * self.features[2]
    }

    /// Shape of the network's input.
    #[must_use]
    pub fn input(&self) -> Shape {
        self.steps[0].input
    }

    /// Multiplications of one run over the whole window.
    #[must_use]
    pub fn macs(&self) -> usize {
        self.steps.iter().map(Step::macs).sum()
    }

    /// The normalisation that can be folded into the first layer: one number for each item of a row where these are
    /// channels of a sequence, else one for all, and no shift where zeros are padded, which would be shifted too.
    #[must_use]
    pub fn foldable(&self, measured: &Normalisation) -> Normalisation {
        if self.layout == Layout::Sequence {
            return measured.clone();
        }
        let width = self.width();
        let mean = measured.mean.iter().sum::<f32>() / width as f32;
        let power: f32 = measured.mean.iter().zip(&measured.deviation).map(|(m, d)| m * m + d * d).sum();
        let padded = matches!(
            self.steps[0].op,
            Op::Conv { padding: Padding::Same, .. } | Op::Depthwise { padding: Padding::Same, .. }
        );
        let mean = if padded { 0.0 } else { mean };
        let deviation = (power / width as f32 - mean * mean).sqrt();
        Normalisation { mean: vec![mean; width], deviation: vec![deviation; width] }
    }
}

impl Op {
    fn output(self, [rows, columns, channels]: Shape) -> Shape {
        let along = |size: usize, kernel: usize, stride: usize, padding: Padding| match padding {
            Padding::Same => size.div_ceil(stride),
            Padding::Valid => (size + 1).saturating_sub(kernel).div_ceil(stride),
        };
        match self {
            Self::Conv { filters, kernel, stride, padding } => [
                along(rows, kernel[0], stride[0], padding),
                along(columns, kernel[1], stride[1], padding),
                filters,
            ],
            Self::Depthwise { kernel, stride, padding } => [
                along(rows, kernel[0], stride[0], padding),
                along(columns, kernel[1], stride[1], padding),
                channels,
            ],
            Self::Mean => [1, 1, channels],
            Self::Dense { units } => [1, 1, units],
        }
    }

    /// Whether the step has weights.
    #[must_use]
    pub fn has_weights(self) -> bool {
        self != Self::Mean
    }
}

impl Step {
    /// Multiplications of one run over the whole window.
    #[must_use]
    pub fn macs(&self) -> usize {
        let outputs: usize = self.output.iter().product();
        match self.op {
            Op::Conv { kernel, .. } => outputs * kernel[0] * kernel[1] * self.input[2],
            Op::Depthwise { kernel, .. } => outputs * kernel[0] * kernel[1],
            Op::Mean => 0,
            Op::Dense { .. } => outputs * self.input.iter().product::<usize>(),
        }
    }

    /// Zeros before and after rows and columns: TensorFlow puts the odd one behind.
    #[must_use]
    pub fn padding(&self) -> [(usize, usize); 2] {
        let (Op::Conv { kernel, stride, padding, .. } | Op::Depthwise { kernel, stride, padding }) = self.op
        else {
            return [(0, 0); 2];
        };
        if padding == Padding::Valid {
            return [(0, 0); 2];
        }
        [0, 1].map(|axis| {
            let total =
                ((self.output[axis] - 1) * stride[axis] + kernel[axis]).saturating_sub(self.input[axis]);
            (total / 2, total - total / 2)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_padding_follows_tensorflow() {
        let conv = Op::Conv { filters: 8, kernel: [10, 8], stride: [2, 2], padding: Padding::Same };
        let graph = Graph::new([49, 40, 1], Layout::Image, &[conv]);
        assert_eq!(graph.steps[0].output, [25, 20, 8]);
        assert_eq!(graph.steps[0].padding(), [(4, 5), (3, 3)]);
    }

    #[test]
    fn valid_padding_counts_whole_windows() {
        let conv = Op::Conv { filters: 4, kernel: [5, 1], stride: [3, 1], padding: Padding::Valid };
        let graph = Graph::new([49, 40, 1], Layout::Sequence, &[conv]);
        assert_eq!(graph.steps[0].output, [15, 1, 4]);
        assert_eq!(graph.macs(), 15 * 4 * 5 * 40);
    }
}
