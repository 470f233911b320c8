//! The architectures that `train.toml` can name.

use serde::{Deserialize, Serialize};

use super::graph::{Graph, Layout, Op, Padding};

/// A network by name, with what can be chosen of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
}

impl Architecture {
    /// The layers for features of a shape and a count of labels.
    #[must_use]
    pub fn graph(&self, features: [usize; 2], labels: usize) -> Graph {
        let dense = Op::Dense { units: labels };
        match self {
            Self::TinyConv { filters, padding } => {
                let conv = Op::Conv { filters: *filters, kernel: [10, 8], stride: [2, 2], padding: *padding };
                Graph::new(features, Layout::Picture, &[conv, dense])
            }
            Self::DsCnn => Graph::new(features, Layout::Picture, &ds_cnn(dense)),
            Self::Tcn { first, layers, last } => {
                Graph::new(features, Layout::Sequence, &tcn(features[0], *first, layers, *last, dense))
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
