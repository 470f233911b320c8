//! The architectures that `train.toml` can name.

use serde::{Deserialize, Serialize};

use super::graph::{Graph, Layout, Op, Padding, Shape};

/// A network by name, with what can be chosen of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Architecture {
    /// One convolution and one dense layer, as in TFLite Micro's micro_speech (Sainath and Parada, Interspeech
    /// 2015, their `cnn-one-fstride` reduced).
    TinyConv {
        /// Channels of the convolution.
        filters: usize,
        /// What happens at its rim: `same`, as in micro_speech, or `valid`, with which the network is causal along
        /// time and a streaming run gives what the whole window gives.
        #[serde(default)]
        padding: Padding,
    },
    /// MLPerf Tiny's depthwise-separable network (Zhang et al., arXiv:1711.07128).
    DsCnn,
    /// A temporal-convolution network for streams: a strided convolution over a few frames at a time, then
    /// depthwise-separable layers with longer and longer kernels, the last over all that is left. Nothing is
    /// padded, so it is causal, and a streaming run gives what the whole window gives.
    Tcn {
        /// Channels, kernel and stride, in frames, of the first convolution.
        first: [usize; 3],
        /// Kernel, in rows, and output channels of each separable layer but the last.
        layers: Vec<[usize; 2]>,
        /// Channels of the last separable layer.
        last: usize,
    },
    /// MobileNet V1 for images (Howard et al., arXiv:1704.04861): a convolution and thirteen depthwise-separable
    /// layers. MLPerf Tiny's Visual Wake Words has it at 96×96 with a quarter of the channels.
    MobilenetV1 {
        /// Share of the published channels, such as 0.25.
        alpha: f64,
    },
    /// A convolution and a few depthwise-separable layers, for images on boards with little memory: a first stride
    /// of 4 leaves a sixteenth of the pixels.
    Separable {
        /// Channels, kernel and stride of the convolution.
        first: [usize; 3],
        /// Output channels and stride of each separable layer.
        layers: Vec<[usize; 2]>,
    },
}

impl Architecture {
    /// The layers for features of a shape and a count of labels.
    #[must_use]
    pub fn graph(&self, features: Shape, labels: usize) -> Graph {
        let dense = Op::Dense { units: labels };
        match self {
            Self::TinyConv { filters, padding } => {
                let conv = Op::Conv { filters: *filters, kernel: [10, 8], stride: [2, 2], padding: *padding };
                Graph::new(features, Layout::Image, &[conv, dense])
            }
            Self::DsCnn => Graph::new(features, Layout::Image, &ds_cnn(dense)),
            Self::Tcn { first, layers, last } => {
                Graph::new(features, Layout::Sequence, &tcn(features[0], *first, layers, *last, dense))
            }
            Self::MobilenetV1 { alpha } => Graph::new(features, Layout::Image, &mobilenet_v1(*alpha, dense)),
            Self::Separable { first, layers } => {
                Graph::new(features, Layout::Image, &separable(*first, layers, dense))
            }
        }
    }
}

fn ds_cnn(dense: Op) -> Vec<Op> {
    let mut ops = vec![Op::Conv { filters: 64, kernel: [10, 4], stride: [2, 2], padding: Padding::Same }];
    for _ in 0..4 {
        ops.push(Op::Depthwise { kernel: [3, 3], stride: [1, 1], padding: Padding::Same });
        ops.push(Op::Conv { filters: 64, kernel: [1, 1], stride: [1, 1], padding: Padding::Same });
    }
    ops.extend([Op::Mean, dense]);
    ops
}

fn tcn(frames: usize, first: [usize; 3], layers: &[[usize; 2]], last: usize, dense: Op) -> Vec<Op> {
    let along = |filters, kernel, stride| Op::Conv {
        filters,
        kernel: [kernel, 1],
        stride: [stride, 1],
        padding: Padding::Valid,
    };
    let each = |kernel| Op::Depthwise { kernel: [kernel, 1], stride: [1, 1], padding: Padding::Valid };
    let [channels, kernel, stride] = first;
    let mut ops = vec![along(channels, kernel, stride)];
    let mut rows = (frames - kernel) / stride + 1;
    for &[kernel, channels] in layers {
        ops.extend([each(kernel), along(channels, 1, 1)]);
        rows -= kernel - 1;
    }
    ops.extend([each(rows), along(last, 1, 1), dense]);
    ops
}

/// Output channels of MobileNet V1's separable layers, and their strides.
const MOBILENET_V1: [[usize; 2]; 13] = [
    [64, 1],
    [128, 2],
    [128, 1],
    [256, 2],
    [256, 1],
    [512, 2],
    [512, 1],
    [512, 1],
    [512, 1],
    [512, 1],
    [512, 1],
    [1024, 2],
    [1024, 1],
];

fn mobilenet_v1(alpha: f64, dense: Op) -> Vec<Op> {
    let part = |channels: usize| ((channels as f64 * alpha) as usize).max(1);
    let layers = MOBILENET_V1.map(|[channels, stride]| [part(channels), stride]);
    separable([part(32), 3, 2], &layers, dense)
}

fn separable([channels, kernel, stride]: [usize; 3], layers: &[[usize; 2]], dense: Op) -> Vec<Op> {
    let square = |filters, kernel, stride| Op::Conv {
        filters,
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding: Padding::Same,
    };
    let mut ops = vec![square(channels, kernel, stride)];
    for &[channels, stride] in layers {
        ops.push(Op::Depthwise { kernel: [3, 3], stride: [stride; 2], padding: Padding::Same });
        ops.push(square(channels, 1, 1));
    }
    ops.extend([Op::Mean, dense]);
    ops
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mobilenet_is_the_one_of_mlperf_tiny() {
        let graph = Architecture::MobilenetV1 { alpha: 0.25 }.graph([96, 96, 3], 2);
        // A convolution, thirteen times two, a mean and a dense layer.
        assert_eq!(graph.steps.len(), 29);
        assert_eq!(graph.steps[0].output, [48, 48, 8]);
        assert_eq!(graph.steps[26].output, [3, 3, 256]);
        assert_eq!(graph.steps[28].output, [1, 1, 2]);
        // The reference's count, by the runtime: 7,489,664.
        assert_eq!(graph.macs(), 7_489_664);
    }

    #[test]
    fn strides_shrink_an_image_and_grey_has_one_channel() {
        let architecture = Architecture::Separable { first: [8, 5, 4], layers: vec![[16, 1], [24, 2]] };
        let graph = architecture.graph([96, 64, 1], 3);
        let shapes: Vec<_> = graph.steps.iter().map(|step| step.output).collect();
        let wanted =
            [[24, 16, 8], [24, 16, 8], [24, 16, 16], [12, 8, 16], [12, 8, 24], [1, 1, 24], [1, 1, 3]];
        assert_eq!(shapes, wanted);
        assert_eq!(graph.steps[0].macs(), 24 * 16 * 8 * 25);
    }
}
