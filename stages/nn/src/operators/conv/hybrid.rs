//! CONV_2D of floats with weights of bytes: TFLite's `EvalHybrid` and `EvalHybridPerChannel`.

use crate::kernels::float::{Bytes, get, put, word};
use crate::kernels::window::{reaches, taps};
use crate::kernels::{self, Constants, lend};
#[cfg(feature = "std")]
use crate::op::Access;
use crate::op::{FloatConv, Span};

/// The bytes that real inputs are rounded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// −127 to 127, which stand for the greatest magnitude, either way; zero is zero.
    Symmetric,
    /// −128 to 127, which stand for the least and the greatest value.
    Asymmetric,
}

/// CONV_2D of floats with weights of bytes (dynamic-range quantisation): each image is rounded to bytes over its own
/// range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HybridConv<A = Span> {
    /// The convolution; its weights lie in the pool of bytes.
    pub conv: FloatConv<A>,
    /// Real value of one step of the weights, for each output channel, in the pool of words.
    pub scales: Span,
    /// Where the weights are packed: what the kernels read beside them, in the pool of words.
    pub packed: Span,
    /// Working memory in the arena: one byte for each input of an image, and more where the weights are packed.
    pub scratch: A,
    /// How images are rounded.
    pub rounding: Rounding,
}

#[cfg(feature = "std")]
impl<A> HybridConv<A> {
    /// Shows every span of the arena.
    pub(crate) fn visit(&mut self, each: &mut dyn FnMut(Access, &mut A)) {
        each(Access::Scratch, &mut self.scratch);
        self.conv.visit(each);
    }

    /// The same operation with other spans of the arena.
    pub(crate) fn placed<B>(self, place: &mut dyn FnMut(A) -> B) -> HybridConv<B> {
        let Self { conv, scales, packed, scratch, rounding } = self;
        HybridConv { conv: conv.placed(place), scales, packed, scratch: place(scratch), rounding }
    }
}

/// Rounds each image to bytes, convolves those, and gives the sums their scale back.
pub(crate) fn conv(op: &HybridConv, constants: Constants<'_>, arena: &mut [i8]) {
    let HybridConv { conv: op, scales, scratch, rounding, .. } = op;
    let [input, output, rounded] = lend(arena, op.input, op.output, *scratch);
    let (input, output): (&[Bytes], &mut [Bytes]) = (input.as_chunks().0, output.as_chunks_mut().0);
    let (weights, biases) = (&constants.bytes[op.weights.range()], &constants.words[op.biases.range()]);
    let scales = &constants.words[scales.range()];
    let (depth, channels) = (op.depth as usize, op.to.channels as usize);
    let kernel = (op.window.height * op.window.width) as usize * depth;
    let group = channels / (op.from.channels / op.depth) as usize;
    let images = input.chunks_exact(op.from.plane()).zip(output.chunks_exact_mut(op.to.plane()));
    for (image, outputs) in images {
        let steps = Steps::of(*rounding, image);
        rounded.iter_mut().zip(image).for_each(|(to, from)| *to = steps.round(get(from), libm::roundf));
        for (pixel, outputs) in outputs.chunks_exact_mut(channels).enumerate() {
            let (_, rows, columns) = reaches(pixel, &op.window, op.from, op.to);
            for (channel, out) in outputs.iter_mut().enumerate() {
                let weights = &weights[channel * kernel..][..kernel];
                let mut sum = 0i32;
                taps(rows, columns, &op.window, op.from, |tap, at| {
                    let inputs = &rounded[at + channel / group * depth..][..depth];
                    let products = kernels::dot(inputs, &weights[tap * depth..][..depth], -steps.zero);
                    sum = sum.wrapping_add(products);
                });
                let sum = sum as f32 * (steps.scale * word(scales[channel]));
                *out = put(op.bounds.clamp(sum + word(biases[channel])));
            }
        }
    }
}

/// The bytes that an image is rounded to.
pub(crate) struct Steps {
    /// Real value of one step.
    pub(crate) scale: f32,
    /// Steps of one.
    inverse: f32,
    /// Byte that stands for real zero.
    pub(crate) zero: i32,
    /// Least byte.
    least: f32,
}

impl Steps {
    #[inline(always)]
    pub(crate) fn of(rounding: Rounding, image: &[Bytes]) -> Self {
        match rounding {
            Rounding::Symmetric => Self::symmetric(image),
            Rounding::Asymmetric => Self::asymmetric(image),
        }
    }

    /// TFLite's `SymmetricQuantizeFloats`.
    #[inline(always)]
    fn symmetric(image: &[Bytes]) -> Self {
        let (least, most) = range(image);
        let range = most.max(-least);
        let (scale, inverse) = if range == 0.0 { (1.0, 1.0) } else { (range / 127.0, 127.0 / range) };
        Self { scale, inverse, zero: 0, least: -127.0 }
    }

    /// TFLite's `AsymmetricQuantizeFloats`.
    #[inline(always)]
    fn asymmetric(image: &[Bytes]) -> Self {
        let (least, most) = range(image);
        let (least, most) = (f64::from(least), f64::from(most));
        if least == most {
            return Self { scale: 1.0, inverse: 1.0, zero: 0, least: -128.0 };
        }
        let scale = (most - least) / 255.0;
        // Seen from the end that is nearer to zero, its byte is more exact.
        let from_least = 128.0 - least / scale < 127.0 + most / scale;
        let zero = if from_least { -128.0 - least / scale } else { 127.0 - most / scale };
        let zero = libm::round(zero).clamp(-128.0, 127.0) as i32;
        Self { scale: scale as f32, inverse: 1.0 / scale as f32, zero, least: -128.0 }
    }

    /// The byte of a value; `round` is a function that rounds halves away from zero.
    #[inline(always)]
    pub(crate) fn round(&self, value: f32, round: impl Fn(f32) -> f32) -> i8 {
        round(self.zero as f32 + value * self.inverse).clamp(self.least, 127.0) as i8
    }
}

/// The least and the greatest value, or zero. Sixteen of each are compared side by side, since one would wait for the one before it.
#[inline(always)]
fn range(image: &[Bytes]) -> (f32, f32) {
    let (chunks, rest) = image.as_chunks::<16>();
    let (mut least, mut most) = ([0.0f32; 16], [0.0f32; 16]);
    for chunk in chunks {
        let values = chunk.map(|bytes| get(&bytes));
        least = core::array::from_fn(|i| if values[i] < least[i] { values[i] } else { least[i] });
        most = core::array::from_fn(|i| if values[i] > most[i] { values[i] } else { most[i] });
    }
    let rest = || rest.iter().map(get);
    let least = least.into_iter().chain(rest()).fold(0.0, f32::min);
    (least, most.into_iter().chain(rest()).fold(0.0, f32::max))
}

#[cfg(feature = "std")]
mod lower {
    use super::{HybridConv, Rounding};
    use crate::error::{ModelError, ModelErrorKind};
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
    use crate::op::Layout;
    use crate::op::{FloatConv, Op, Span};
    use crate::planner::node::{Node, Operand};
    use crate::planner::{Lowering, Unplaced};

    impl<'a> Lowering<'_, 'a> {
        /// Adds a convolution of floats with weights of bytes.
        pub(in crate::operators::conv) fn push_hybrid_conv(
            &mut self,
            node: &Node<'_, 'a>,
            mut conv: FloatConv<Unplaced>,
            weights: &Operand<'_, 'a>,
        ) -> Result<(), ModelError> {
            let (scales, zeros) =
                (weights.tensor.quantisation.scales, weights.tensor.quantisation.zero_points);
            let channels = conv.to.channels as usize;
            // As TFLite chooses.
            let rounding = match scales.len() {
                count if count == channels => Rounding::Asymmetric,
                1 => Rounding::Symmetric,
                count => {
                    let found = format!("{count} scales");
                    let expected = format!("1 or {channels}");
                    return Err(node.error(ModelErrorKind::Quantisation, weights, found, expected));
                }
            };
            if (0..zeros.len()).any(|channel| zeros.get(channel) != Some(0)) {
                let found = "a zero point that is not 0";
                return Err(node.error(ModelErrorKind::Quantisation, weights, found, "symmetric weights"));
            }
            let scale = |channel: usize| scales.get(channel.min(scales.len() - 1)).unwrap_or(0.0);
            let scales = self.pools.words((0..channels).map(|channel| scale(channel).to_bits() as i32))?;
            let (packed, scratch) = self.hybrid_weights(&mut conv, node.contents(weights)?)?;
            self.ops.push(Op::HybridConv(HybridConv { conv, scales, packed, scratch, rounding }));
            Ok(())
        }

        /// Puts the weights into the pool of bytes, as the kernels want them, and says where what belongs to them lies.
        fn hybrid_weights(
            &mut self,
            conv: &mut FloatConv<Unplaced>,
            weights: &[u8],
        ) -> Result<(Span, Unplaced), ModelError> {
            #[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
            if let Some(form) = self.kernels.form()
                && conv.depth == conv.from.channels
            {
                let signed: Vec<i8> = weights.iter().map(|byte| *byte as i8).collect();
                let packed = form.sums(conv, &signed);
                (conv.weights, conv.layout) = (self.pools.bytes(packed.bytes.into_iter())?, Layout::Packed);
                let words = self.pools.words(packed.words.into_iter())?;
                return Ok((words, self.scratch(packed.scratch)));
            }
            conv.weights = self.pools.contents(weights)?;
            Ok((Span::default(), self.scratch(conv.from.plane())))
        }
    }
}
