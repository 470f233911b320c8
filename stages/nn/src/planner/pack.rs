//! Weights on their way into the pools, in the layout that the kernel set wants.

use super::Lowering;
use crate::error::ModelError;
use crate::kernels::KernelSet;
use crate::kernels::dsp;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::kernels::packed::pack::{self, Channels, Form, Packed};
use crate::op::{Conv, Depthwise, FullyConnected, Layout, Op, Span};

impl Lowering<'_, '_> {
    /// Adds an operation with its weights and its per-channel words (biases, multipliers, shifts).
    pub(super) fn push_weighted(&mut self, op: Op, weights: &[u8], words: &[i32]) -> Result<(), ModelError> {
        if matches!(self.kernels, KernelSet::Dsp(_)) && self.push_dsp(&op, weights, words)? {
            return Ok(());
        }
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        {
            let form = match self.kernels {
                KernelSet::Plain(_) | KernelSet::Dsp(_) => None,
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
            Op::Conv(op) | Op::Int16Conv(op) => (op.weights, op.channels) = (weights, channels),
            Op::Depthwise(op) | Op::Int16Depthwise(op) => (op.weights, op.channels) = (weights, channels),
            Op::FullyConnected(op) | Op::Int16FullyConnected(op) => {
                (op.weights, op.channels) = (weights, channels)
            }
            _ => {}
        }
        self.ops.push(op);
    }

    /// Adds the operation as Arm's DSP kernels want it, or says that it has no such form.
    fn push_dsp(&mut self, op: &Op, weights: &[u8], words: &[i32]) -> Result<bool, ModelError> {
        let weights: Vec<i8> = weights.iter().map(|byte| *byte as i8).collect();
        let (channels, mut stream) = (dsp::pack::Channels::of(words), Vec::new());
        let stream_of = &mut stream;
        let (mut packed, scratch) = match *op {
            Op::Conv(op) => {
                let scratch = dsp::pack::conv(&op, &weights, &channels, stream_of);
                (Op::Conv(Conv { layout: Layout::Packed, ..op }), scratch)
            }
            Op::Depthwise(op) if op.from.channels == 1 && op.to.channels > 1 => {
                let scratch = dsp::pack::single(&op, &weights, &channels, stream_of);
                (Op::Conv(dsp::pack::as_conv(&op)), scratch)
            }
            Op::Depthwise(op) => {
                let packed = dsp::pack::depthwise(&op, &weights, &channels, stream_of);
                (Op::Depthwise(Depthwise { layout: Layout::Packed, ..op }), packed.map(|()| 0))
            }
            Op::FullyConnected(op) => {
                let packed = dsp::pack::fully_connected(&op, &weights, &channels, stream_of);
                (Op::FullyConnected(FullyConnected { layout: Layout::Packed, ..op }), packed.map(|()| 0))
            }
            _ => return Ok(false),
        };
        let Some(scratch) = scratch else { return Ok(false) };
        let channels = self.pools.words(stream.into_iter())?;
        if let Op::Conv(op) = &mut packed {
            op.scratch = Span { at: self.value(scratch) as u32, len: scratch as u32 };
        }
        self.push_with(packed, Span::default(), channels);
        Ok(true)
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
                (Op::Conv(dsp::pack::as_conv(&op)), form.single(&op, &signed, &channels))
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
