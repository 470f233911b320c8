//! Weights on their way into the pools, in the layout that the kernel set wants.

use super::float::panels;
use super::{Lowering, Unplaced, UnplacedOp};
use crate::error::ModelError;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
use crate::kernels::packed::pack::{self, Form, Packed};
use crate::kernels::{Channels, Dsp, Helium, KernelSet, Streamed};
use crate::op::{Conv, Depthwise, FullyConnected, Layout, Op, Span};

/// An operator with weights that its kernels may lay out as they like.
#[derive(Clone, Copy)]
pub(crate) enum Weighted {
    Conv(Conv<Unplaced>),
    Depthwise(Depthwise<Unplaced>),
    FullyConnected(FullyConnected<Unplaced>),
}

impl Weighted {
    /// The operator with its weights and its per-channel words.
    fn with(mut self, weights: Span, channels: Span) -> Self {
        match &mut self {
            Self::Conv(op) => (op.weights, op.channels) = (weights, channels),
            Self::Depthwise(op) => (op.weights, op.channels) = (weights, channels),
            Self::FullyConnected(op) => (op.weights, op.channels) = (weights, channels),
        }
        self
    }

    fn int8(self) -> UnplacedOp {
        match self {
            Self::Conv(op) => Op::Conv(op),
            Self::Depthwise(op) => Op::Depthwise(op),
            Self::FullyConnected(op) => Op::FullyConnected(op),
        }
    }

    fn int16(self) -> UnplacedOp {
        match self {
            Self::Conv(op) => Op::Int16Conv(op),
            Self::Depthwise(op) => Op::Int16Depthwise(op),
            Self::FullyConnected(op) => Op::Int16FullyConnected(op),
        }
    }
}

impl Lowering<'_, '_> {
    /// Adds an operation on int16 with its weights and its per-channel words (biases, multipliers, shifts).
    pub(crate) fn push_int16(
        &mut self,
        op: Weighted,
        weights: &[u8],
        words: &[i32],
    ) -> Result<(), ModelError> {
        let (lanes, words) = (self.kernels.lanes(), self.pools.words(words.iter().copied())?);
        let (op, weights) = match lanes.and_then(|lanes| in_panels(op, weights, words.len as usize, lanes)) {
            Some((op, Some(weights))) => (op, self.pools.table(&weights)?),
            Some((op, None)) => (op, self.pools.contents(weights)?),
            None => (op, self.pools.contents(weights)?),
        };
        self.ops.push(op.with(weights, words).int16());
        Ok(())
    }

    /// Adds an operation on int8, likewise.
    pub(crate) fn push_int8(
        &mut self,
        op: Weighted,
        weights: &[u8],
        words: &[i32],
    ) -> Result<(), ModelError> {
        let streamed = match self.kernels {
            KernelSet::Dsp(_) => self.push_streamed::<Dsp>(&op, weights, words)?,
            KernelSet::Helium(_) => self.push_streamed::<Helium>(&op, weights, words)?,
            _ => false,
        };
        if streamed {
            return Ok(());
        }
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
        {
            let form = match self.kernels {
                KernelSet::Plain(_) | KernelSet::Dsp(_) | KernelSet::Helium(_) => None,
                #[cfg(target_arch = "x86_64")]
                KernelSet::Avx2(_) => Some(pack::AVX2),
                #[cfg(target_arch = "x86_64")]
                KernelSet::AvxVnni(_) => Some(pack::AVX_VNNI),
                #[cfg(target_arch = "x86_64")]
                KernelSet::Vnni(_) => Some(pack::VNNI),
                #[cfg(target_arch = "aarch64")]
                KernelSet::Neon(_) | KernelSet::NeonDot(_) => Some(pack::NEON),
                #[cfg(target_arch = "wasm32")]
                KernelSet::Simd128(_) => Some(pack::SIMD128),
            };
            if let Some(form) = form
                && self.push_packed(form, op, weights, words)?
            {
                return Ok(());
            }
        }
        let (plain, channels) = (self.pools.contents(weights)?, self.pools.words(words.iter().copied())?);
        self.ops.push(op.with(plain, channels).int8());
        Ok(())
    }

    /// Adds the operation as the kernels of a microcontroller want it, or says that it has no such form.
    fn push_streamed<K: Streamed>(
        &mut self,
        op: &Weighted,
        weights: &[u8],
        words: &[i32],
    ) -> Result<bool, ModelError> {
        let weights: Vec<i8> = weights.iter().map(|byte| *byte as i8).collect();
        let (channels, mut stream, layout) = (Channels::of(words), Vec::new(), Layout::Packed);
        let stream_of = &mut stream;
        let (mut packed, scratch) = match *op {
            Weighted::Conv(op) => {
                let scratch = K::pack_conv(&op, &weights, &channels, stream_of);
                (Weighted::Conv(Conv { layout, ..op }), scratch)
            }
            Weighted::Depthwise(op) if op.is_conv() => {
                let scratch = K::pack_single(&op, &weights, &channels, stream_of);
                (Weighted::Conv(op.as_conv()), scratch)
            }
            Weighted::Depthwise(op) => {
                let scratch = K::pack_depthwise(&op, &weights, &channels, stream_of);
                (Weighted::Depthwise(Depthwise { layout, ..op }), scratch)
            }
            Weighted::FullyConnected(op) if op.weights_offset != 0 => return Ok(false),
            Weighted::FullyConnected(op) if K::DENSE_IS_CONV => {
                let conv = Conv { layout, ..op.as_conv() };
                let scratch = K::pack_conv(&conv, &weights, &channels, stream_of);
                (Weighted::Conv(conv), scratch)
            }
            Weighted::FullyConnected(op) => {
                let scratch = K::pack_fully_connected(&op, &weights, &channels, stream_of);
                (Weighted::FullyConnected(FullyConnected { layout, ..op }), scratch)
            }
        };
        let Some(bytes) = scratch else { return Ok(false) };
        let channels = self.pools.words(stream.into_iter())?;
        match &mut packed {
            Weighted::Conv(Conv { scratch, .. }) => *scratch = self.scratch(bytes),
            Weighted::Depthwise(Depthwise { scratch, .. }) if bytes > 0 => *scratch = self.scratch(bytes),
            Weighted::Depthwise(_) | Weighted::FullyConnected(_) => {}
        }
        self.ops.push(packed.with(Span::default(), channels).int8());
        Ok(true)
    }

    /// Adds the operation in packed form, or says that it has none.
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
    fn push_packed(
        &mut self,
        form: Form,
        op: Weighted,
        weights: &[u8],
        words: &[i32],
    ) -> Result<bool, ModelError> {
        let signed: Vec<i8> = weights.iter().map(|byte| *byte as i8).collect();
        let channels = Channels::of(words);
        let packed = match op {
            Weighted::Conv(op) => form.conv(&op, &signed, &channels),
            Weighted::Depthwise(op) if op.is_conv() => form.single(&op, &signed, &channels),
            Weighted::Depthwise(op) => form.depthwise(&op, &signed, &channels),
            Weighted::FullyConnected(op) if op.weights_offset == 0 => {
                form.conv(&op.as_conv(), &signed, &channels)
            }
            Weighted::FullyConnected(_) => None,
        };
        let Some(Packed { bytes, words, scratch }) = packed else {
            return self.push_rows(form, op, (weights, &signed), &channels);
        };
        let (weights, channels) =
            (self.pools.bytes(bytes.into_iter())?, self.pools.words(words.into_iter())?);
        let (scratch, layout) = (self.scratch(scratch), Layout::Packed);
        let op = match op {
            Weighted::Conv(op) => Weighted::Conv(Conv { scratch, layout, ..op }),
            Weighted::Depthwise(op) if op.is_conv() => Weighted::Conv(Conv { scratch, ..op.as_conv() }),
            Weighted::Depthwise(op) => Weighted::Depthwise(Depthwise { scratch, layout, ..op }),
            Weighted::FullyConnected(op) => Weighted::Conv(Conv { scratch, layout, ..op.as_conv() }),
        };
        self.ops.push(op.with(weights, channels).int8());
        Ok(true)
    }

    /// Adds a fully connected layer whose factors have no packed form: its weights stay in rows.
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
    fn push_rows(
        &mut self,
        form: Form,
        op: Weighted,
        (weights, signed): (&[u8], &[i8]),
        channels: &Channels<'_>,
    ) -> Result<bool, ModelError> {
        let Weighted::FullyConnected(op) = op else { return Ok(false) };
        let Some(words) = form.fully_connected(&op, signed, channels) else { return Ok(false) };
        let (weights, channels) = (self.pools.contents(weights)?, self.pools.words(words.into_iter())?);
        let op = FullyConnected { layout: Layout::Packed, ..op };
        self.ops.push(Weighted::FullyConnected(op).with(weights, channels).int8());
        Ok(true)
    }
}

/// An operation on int16 as loops over channels side by side want it, with its weights where they are not the file's; nothing
/// where they have no such form. Those loops sum 32 bits: enough where the bias has no more, or where no sum without it
/// can be greater.
fn in_panels(
    op: Weighted,
    weights: &[u8],
    words: usize,
    lanes: usize,
) -> Option<(Weighted, Option<Vec<u8>>)> {
    /// Products of a byte and 16 bits in a sum of 32 bits.
    const MOST: usize = (1 << (31 - 15 - 7)) - 1;
    let layout = Layout::Packed;
    let (op, channels, packed) = match op {
        Weighted::Conv(op) => {
            let channels = op.to.channels as usize;
            let packed = (op.depth == op.from.channels).then(|| panels(weights, channels, lanes))?;
            (Weighted::Conv(Conv { layout, ..op }), channels, Some(packed))
        }
        Weighted::Depthwise(op) => {
            (op.multiplier == 1).then_some(())?;
            (Weighted::Depthwise(Depthwise { layout, ..op }), op.to.channels as usize, None)
        }
        Weighted::FullyConnected(op) => {
            let channels = op.outputs as usize;
            let packed = (op.weights_offset == 0).then(|| panels(weights, channels, lanes))?;
            (Weighted::FullyConnected(FullyConnected { layout, ..op }), channels, Some(packed))
        }
    };
    (words == 3 * channels || weights.len() / channels <= MOST).then_some((op, packed))
}
