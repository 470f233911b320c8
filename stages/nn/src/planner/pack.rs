//! Weights on their way into the pools, in the layout that the kernel set wants.

use super::float::panels;
use super::{Lowering, Unplaced, UnplacedOp};
use crate::error::ModelError;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
use crate::kernels::packed::cost;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
use crate::kernels::packed::pack::{Form, Packed};
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
        if let Some(form) = self.kernels.form() {
            return self.push_cheapest(form, op, weights, words);
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
                let op = op.along_rows();
                let scratch = match op.multiplier {
                    1 => K::pack_depthwise(&op, &weights, &channels, stream_of),
                    _ => K::pack_multiplied(&op, &weights, &channels, stream_of),
                };
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
        self.ops.push(match packed.with(Span::default(), channels) {
            Weighted::Depthwise(op) if op.multiplier > 1 => Op::MultipliedDepthwise(op),
            packed => packed.int8(),
        });
        Ok(true)
    }

    /// Adds the operation in the form that is estimated to take the least, of those that it has.
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
    fn push_cheapest(
        &mut self,
        form: Form,
        op: Weighted,
        weights: &[u8],
        words: &[i32],
    ) -> Result<(), ModelError> {
        let signed: Vec<i8> = weights.iter().map(|byte| *byte as i8).collect();
        let (second, channels) = (self.kernels.second_form(), Channels::of(words));
        let packed = |choice| match choice {
            Choice::Packed => op.packed(form, &signed, &channels),
            Choice::Second => op.packed(second?, &signed, &channels),
            Choice::Rows => op.in_rows(form, &signed, &channels),
            Choice::Plain => Some(Packed { words: words.to_vec(), ..Packed::default() }),
        };
        let mut candidates = op.candidates(form, second, self.graph.weights());
        candidates.sort_by(|a, b| a.cycles.total_cmp(&b.cycles));
        if let Some(choose) = self.choose {
            candidates.retain(|candidate| packed(candidate.choice).is_some());
            let chosen = choose(&candidates).min(candidates.len() - 1);
            candidates.swap(0, chosen);
        }
        let packed = candidates.iter().find_map(|c| Some((c.choice, packed(c.choice)?)));
        let (choice, packed) = packed.expect("every operator has a plain form");
        let Packed { bytes, words, scratch } = packed;
        let weights = match choice {
            Choice::Packed | Choice::Second => self.pools.bytes(bytes.into_iter())?,
            Choice::Rows | Choice::Plain => self.pools.contents(weights)?,
        };
        let channels = self.pools.words(words.into_iter())?;
        let op = match choice {
            Choice::Packed => op.laid_out(Layout::Packed, self.scratch(scratch)),
            Choice::Second => op.laid_out(Layout::Second, self.scratch(scratch)),
            Choice::Rows => op.kept_in_rows(),
            Choice::Plain => op,
        };
        self.ops.push(op.with(weights, channels).int8());
        Ok(())
    }
}

/// A form in which an operator's weights may lie in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// In panels of output channels.
    Packed,
    /// In panels of the second form that the kernel set has.
    Second,
    /// In the rows of the file, with vectors along them: fully connected layers.
    Rows,
    /// As in the file, for the plain kernels.
    Plain,
}

/// A form that an operator has, and what a run is estimated to take.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// The form.
    pub choice: Choice,
    /// Cycles of a run.
    pub cycles: f32,
}

/// Chooses one of an operator's candidates, which come the cheapest first, by its number.
pub(crate) type Choose<'c> = Option<&'c dyn Fn(&[Candidate]) -> usize>;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
impl Weighted {
    /// The convolution that it is; nothing for one where each channel has its own kernel.
    fn as_conv(self) -> Option<Conv<Unplaced>> {
        match self {
            Self::Conv(op) => Some(op),
            Self::Depthwise(op) => op.is_conv().then(|| op.as_conv()),
            Self::FullyConnected(op) => (op.weights_offset == 0).then(|| op.as_conv()),
        }
    }

    /// The forms that it may have, if its factors allow, and what they take in a model with so many weights.
    fn candidates(self, form: Form, second: Option<Form>, weights: usize) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        let mut add = |choice, cycles| candidates.push(Candidate { choice, cycles });
        if let Some(op) = self.as_conv() {
            add(Choice::Packed, cost::conv(form, &op, weights));
            if let Some(second) = second {
                add(Choice::Second, cost::conv(second, &op, weights));
            }
        }
        let (products, outputs) = match self {
            Self::Conv(Conv { window, depth, to, .. }) => (window.height * window.width * depth, to),
            Self::Depthwise(op) => {
                if !op.is_conv() {
                    add(Choice::Packed, cost::depthwise(form, &op));
                }
                (op.window.height * op.window.width, op.to)
            }
            Self::FullyConnected(op) => {
                if op.weights_offset == 0 {
                    add(Choice::Rows, cost::rows(form, &op, weights));
                }
                (op.inputs, op.as_conv().to)
            }
        };
        let outputs = outputs.batch as f32 * outputs.plane() as f32;
        add(Choice::Plain, cost::plain(products as f32 * outputs, outputs));
        candidates
    }

    /// Its constants in panels of this form, or nothing where its factors have none.
    fn packed(self, form: Form, weights: &[i8], channels: &Channels<'_>) -> Option<Packed> {
        match self {
            Self::Conv(op) => form.conv(&op, weights, channels),
            Self::Depthwise(op) if op.is_conv() => form.single(&op, weights, channels),
            Self::Depthwise(op) => form.depthwise(&op, weights, channels),
            Self::FullyConnected(op) if op.weights_offset == 0 => form.conv(&op.as_conv(), weights, channels),
            Self::FullyConnected(_) => None,
        }
    }

    /// The words of a fully connected layer whose weights stay in rows.
    fn in_rows(self, form: Form, weights: &[i8], channels: &Channels<'_>) -> Option<Packed> {
        let Self::FullyConnected(op) = self else { return None };
        let words = form.fully_connected(&op, weights, channels)?;
        Some(Packed { words, ..Packed::default() })
    }

    /// The operation whose weights are in panels.
    fn laid_out(self, layout: Layout, scratch: Unplaced) -> Self {
        match self.as_conv() {
            Some(op) => Self::Conv(Conv { scratch, layout, ..op }),
            None => match self {
                Self::Depthwise(op) => Self::Depthwise(Depthwise { scratch, layout, ..op }),
                other => other,
            },
        }
    }

    /// The operation whose weights stay in rows.
    fn kept_in_rows(self) -> Self {
        match self {
            Self::FullyConnected(op) => Self::FullyConnected(FullyConnected { layout: Layout::Packed, ..op }),
            other => other,
        }
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
