//! Weights on their way into the pools, in the layout that the kernel set wants.

use super::Lowering;
use crate::nn::error::ModelError;
use crate::nn::kernels::KernelSet;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::nn::kernels::packed::pack::{self, Channels, Form, Packed};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::nn::op::{Conv, Layout};
use crate::nn::op::{Op, Span};

impl Lowering<'_, '_> {
    /// Adds an operation with its weights and its per-channel words (biases, multipliers, shifts).
    pub(super) fn push_weighted(&mut self, op: Op, weights: &[u8], words: &[i32]) -> Result<(), ModelError> {
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        {
            let form = match self.kernels {
                KernelSet::Plain(_) => None,
                #[cfg(target_arch = "x86_64")]
                KernelSet::Avx2(_) => Some(pack::AVX2),
                #[cfg(target_arch = "x86_64")]
                KernelSet::AvxVnni(_) => Some(pack::AVX_VNNI),
                #[cfg(target_arch = "x86_64")]
                KernelSet::Vnni(_) => Some(pack::VNNI),
                #[cfg(target_arch = "aarch64")]
                KernelSet::Neon(_) | KernelSet::NeonDot(_) => Some(pack::NEON),
            };
            if let Some(form) = form
                && self.push_packed(form, op, weights, words)?
            {
                return Ok(());
            }
        }
        let (plain, channels) = (self.pools.contents(weights)?, self.pools.words(words.iter().copied())?);
        self.push_with(op, plain, channels);
        Ok(())
    }

    fn push_with(&mut self, mut op: Op, weights: Span, channels: Span) {
        match &mut op {
            Op::Conv(op) | Op::WideConv(op) => (op.weights, op.channels) = (weights, channels),
            Op::Depthwise(op) | Op::WideDepthwise(op) => (op.weights, op.channels) = (weights, channels),
            Op::FullyConnected(op) | Op::WideFullyConnected(op) => {
                (op.weights, op.channels) = (weights, channels)
            }
            _ => {}
        }
        self.ops.push(op);
    }

    /// Adds the operation in packed form, or says that it has none.
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    fn push_packed(&mut self, form: Form, op: Op, weights: &[u8], words: &[i32]) -> Result<bool, ModelError> {
        let signed: Vec<i8> = weights.iter().map(|byte| *byte as i8).collect();
        let (biases, factors) = words.split_at(words.len() / 3);
        let (multipliers, shifts) = factors.split_at(factors.len() / 2);
        let channels = Channels { biases, multipliers, shifts };
        let (op, packed) = match op {
            Op::Conv(conv) => {
                (Op::Conv(Conv { layout: Layout::Packed, ..conv }), form.conv(&conv, &signed, &channels))
            }
            Op::Depthwise(op) if op.from.channels == 1 && op.to.channels > 1 => {
                (as_conv(&op), form.single(&op, &signed, &channels))
            }
            Op::Depthwise(mut op) => {
                let packed = form.depthwise(&op, &signed, &channels);
                op.layout = Layout::Packed;
                (Op::Depthwise(op), packed)
            }
            Op::FullyConnected(mut op) => {
                let Some(words) = form.fully_connected(&op, &signed, &channels) else { return Ok(false) };
                op.layout = Layout::Packed;
                let (weights, channels) =
                    (self.pools.contents(weights)?, self.pools.words(words.into_iter())?);
                self.push_with(Op::FullyConnected(op), weights, channels);
                return Ok(true);
            }
            _ => return Ok(false),
        };
        let Some(Packed { bytes, words, scratch }) = packed else { return Ok(false) };
        let (weights, channels) =
            (self.pools.bytes(bytes.into_iter())?, self.pools.words(words.into_iter())?);
        let value = self.value(scratch);
        let scratch = Span { at: value as u32, len: scratch as u32 };
        let mut op = op;
        match &mut op {
            Op::Conv(op) => op.scratch = scratch,
            Op::Depthwise(op) => op.scratch = scratch,
            _ => {}
        }
        self.push_with(op, weights, channels);
        Ok(true)
    }
}

/// A depthwise convolution of one input channel as the convolution that it is.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn as_conv(op: &crate::nn::op::Depthwise) -> Op {
    Op::Conv(Conv {
        input: op.input,
        output: op.output,
        scratch: op.scratch,
        weights: op.weights,
        channels: op.channels,
        from: op.from,
        to: op.to,
        depth: 1,
        window: op.window,
        rescaling: op.rescaling,
        layout: Layout::Packed,
    })
}
