//! Weights and constants in the order in which the packed kernels read them.

use super::cost::Rates;
use super::image::{Padded, SLACK};
use crate::fixed::Factor;
use crate::kernels::Channels;
use crate::op::{Conv, Depthwise, FloatConv, FullyConnected, Image, Rescaling, Window};

/// How a kernel set multiplies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// Lanes of 32 bits in a vector.
    pub(crate) lanes: usize,
    /// Panels, each one vector of channels, that are packed into bytes together.
    pub(crate) panels: usize,
    /// Order of the channels of a full block.
    pub(crate) order: Order,
    /// Inputs in a 32-bit word: 4 bytes, or 2 integers of 16 bits.
    pub(crate) inputs: usize,
    /// Bytes of a weight: as many as of an input in a word, or one that the kernel widens.
    pub(crate) weight: usize,
    /// What is added to an input byte before it is multiplied: 128 makes it unsigned; nothing stands for the input's
    /// own offset.
    pub(crate) bias: Option<i32>,
    /// Whether a vector of sums may be two pixels' of a convolution.
    pub(crate) pairs: bool,
    /// Pixels of a depthwise convolution of few panels that are computed together.
    pub(crate) together: usize,
    /// What its instructions take.
    pub(crate) rates: Rates,
}

/// Order of the channels of a full block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Panel by panel.
    Natural,
    /// By fours from each panel in turn, so that the saturating packs of x86 put its bytes in order.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "only x86 packs so"))]
    Interleaved,
}

/// Flips the sign bit of a byte: what was `i8` becomes the `u8` that is 128 greater.
#[cfg(target_arch = "x86_64")]
pub(super) const FLIP: i8 = i8::MIN;

/// AVX2: products of 16-bit pairs.
#[cfg(target_arch = "x86_64")]
pub(crate) const AVX2: Form = Form {
    lanes: 8,
    panels: 2,
    order: Order::Interleaved,
    inputs: 2,
    weight: 2,
    bias: None,
    pairs: false,
    together: 1,
    rates: Rates { multiply: 0.5, latency: 1.0, weights: 0.5, word: 0.5, write: 8.0, row: 3.0 },
};
/// AVX2 with weights of bytes, which are widened when they are read: half as many bytes, and one instruction more for a vector.
#[cfg(target_arch = "x86_64")]
pub(crate) const AVX2_BYTES: Form =
    Form { weight: 1, rates: Rates { multiply: 0.53, weights: 0.85, write: 8.5, ..AVX2.rates }, ..AVX2 };
/// AVX-VNNI: products of four unsigned with four signed bytes.
#[cfg(target_arch = "x86_64")]
pub(crate) const AVX_VNNI: Form = Form {
    lanes: 8,
    panels: 2,
    order: Order::Interleaved,
    inputs: 4,
    weight: 1,
    bias: Some(128),
    pairs: false,
    together: 1,
    rates: Rates { multiply: 0.52, latency: 4.0, weights: 0.5, word: 0.5, write: 9.0, row: 0.7 },
};
/// AVX-512 VNNI: the same in longer vectors.
#[cfg(target_arch = "x86_64")]
pub(crate) const VNNI: Form = Form {
    lanes: 16,
    panels: 4,
    order: Order::Interleaved,
    inputs: 4,
    weight: 1,
    bias: Some(128),
    pairs: true,
    together: 4,
    rates: Rates { multiply: 1.0, latency: 4.0, weights: 1.0, word: 1.0, write: 12.0, row: 0.4 },
};
/// AVX-512 VNNI in vectors of 256 bits: fewer lanes that channels may leave empty.
#[cfg(target_arch = "x86_64")]
pub(crate) const VNNI_SHORT: Form = Form {
    lanes: 8,
    panels: 4,
    pairs: false,
    together: 1,
    rates: Rates { multiply: 0.515, latency: 4.0, weights: 0.5, word: 0.5, write: 6.0, row: 0.4 },
    ..VNNI
};
/// NEON: products of four signed bytes.
#[cfg(target_arch = "aarch64")]
pub(crate) const NEON: Form = Form {
    lanes: 4,
    panels: 4,
    order: Order::Natural,
    inputs: 4,
    weight: 1,
    bias: Some(0),
    pairs: false,
    together: 1,
    rates: Rates { multiply: 0.5, latency: 4.0, weights: 0.5, word: 0.5, write: 6.0, row: 1.0 },
};

/// WebAssembly's vectors of 128 bits: products of 16-bit pairs.
#[cfg(target_arch = "wasm32")]
pub(crate) const SIMD128: Form = Form {
    lanes: 4,
    panels: 4,
    order: Order::Natural,
    inputs: 2,
    weight: 2,
    bias: None,
    pairs: false,
    together: 1,
    rates: Rates { multiply: 1.0, latency: 2.0, weights: 0.5, word: 0.5, write: 8.0, row: 4.0 },
};

/// An operator's constants, packed.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    pub(crate) bytes: Vec<i8>,
    pub(crate) words: Vec<i32>,
    /// Bytes of scratch memory.
    pub(crate) scratch: usize,
}

impl Form {
    /// Bytes of the weights of a lane for a word of inputs.
    #[inline(always)]
    pub(crate) const fn word(self) -> usize {
        self.inputs * self.weight
    }

    /// Channels that are written together.
    #[inline(always)]
    pub(crate) const fn block(self) -> usize {
        self.lanes * self.panels
    }

    /// Blocks of channels: first channel and number of panels of each. A last block that does not fill all panels
    /// is cut down to those that it needs.
    #[inline(always)]
    pub(crate) fn blocks(self, channels: usize) -> impl Iterator<Item = (usize, usize)> {
        (0..channels.div_ceil(self.block())).map(move |i| {
            let first = i * self.block();
            (first, self.panels_of(channels - first))
        })
    }

    /// Panels of a block of `channels`.
    #[inline(always)]
    fn panels_of(self, channels: usize) -> usize {
        channels.div_ceil(self.lanes).min(self.panels)
    }

    /// Pixels that are computed together by so many panels.
    #[inline(always)]
    pub(crate) const fn pixels(self, panels: usize) -> usize {
        if panels == self.panels { 6 } else { 8 }
    }

    /// Lanes of all blocks.
    #[inline(always)]
    pub(crate) fn walked(self, channels: usize) -> usize {
        let full = (channels - 1) / self.block() * self.block();
        full + self.panels_of(channels - full) * self.lanes
    }

    /// The channel, counted from the block's first, that lane `lane` of panel `panel` computes.
    pub(crate) fn channel(self, panels: usize, panel: usize, lane: usize) -> usize {
        if panels < self.panels || self.order == Order::Natural {
            return panel * self.lanes + lane;
        }
        lane / 4 * (4 * panels) + panel * 4 + lane % 4
    }

    /// Packs a convolution, or says that it must stay plain.
    pub(crate) fn conv(
        self,
        op: &Conv<impl Copy>,
        weights: &[i8],
        channels: &Channels<'_>,
    ) -> Option<Packed> {
        if op.depth != op.from.channels {
            return None;
        }
        let (out, depth) = (op.to.channels as usize, op.depth as usize);
        let window = &op.window;
        let per_kernel = window.height as usize * window.width as usize * depth;
        let weight = |channel: usize, y: usize, x: usize, c: usize| {
            weights[channel * per_kernel + (y * window.width as usize + x) * depth + c]
        };
        let (mut packed, sums) = self.tiled((op.from, op.to, window), (out, depth), weight);
        self.constants(&mut packed.words, &op.rescaling, channels, &sums)?;
        Some(packed)
    }

    /// Packs a convolution whose sums are handed on as they are: one channel after the other, each with the sum of its weights
    /// in the place of its multiplier. Scratch memory also holds the inputs as bytes, before the image, and the sums, behind it.
    pub(crate) fn sums(self, op: &FloatConv<impl Copy>, weights: &[i8]) -> Packed {
        let form = self.in_order();
        let (out, depth, window) = (op.to.channels as usize, op.depth as usize, &op.window);
        let per_kernel = window.height as usize * window.width as usize * depth;
        let weight = |channel: usize, y: usize, x: usize, c: usize| {
            weights[channel * per_kernel + (y * window.width as usize + x) * depth + c]
        };
        let (mut packed, sums) = form.tiled((op.from, op.to, window), (out, depth), weight);
        let lanes = form.walked(out);
        packed.words.resize(packed.words.len() + lanes, 0);
        packed.words.extend(sums.iter().map(|sums| (sums.positive + sums.negative) as i32));
        packed.words.resize(packed.words.len() + 3 * lanes - out, 0);
        packed.scratch += rounded(op.from) + 4 * (op.to.height * op.to.width) as usize * lanes;
        packed
    }

    /// The form with the channels of every block in their own order, and a vector of sums one pixel's.
    const fn in_order(self) -> Self {
        Self { order: Order::Natural, pairs: false, ..self }
    }

    /// Packs a depthwise convolution of a single input channel as the convolution that it is.
    pub(crate) fn single(
        self,
        op: &Depthwise<impl Copy>,
        weights: &[i8],
        channels: &Channels<'_>,
    ) -> Option<Packed> {
        let (out, window) = (op.to.channels as usize, &op.window);
        let weight = |channel: usize, y: usize, x: usize, _: usize| {
            weights[(y * window.width as usize + x) * out + channel]
        };
        let (mut packed, sums) = self.tiled((op.from, op.to, window), (out, 1), weight);
        self.constants(&mut packed.words, &op.rescaling, channels, &sums)?;
        Some(packed)
    }

    /// The steps and weights of a convolution of `out` channels that read `depth` each, and the sums of the channels' weights.
    fn tiled(
        self,
        (from, to, window): (Image, Image, &Window),
        (out, depth): (usize, usize),
        weight: impl Fn(usize, usize, usize, usize) -> i8,
    ) -> (Packed, Vec<Sums>) {
        let padded = Padded::new(from, to, window);
        // Taps that lie side by side in the image form one run; dilation tears them apart.
        let (runs, taps) =
            if window.dilation_x == 1 { (1, window.width as usize) } else { (window.width as usize, 1) };
        let (width, height) = (taps * depth, window.height as usize);
        let mut packed = Packed::default();
        let mut steps = Vec::new();
        for y in 0..height {
            for run in 0..runs {
                let at =
                    y * window.dilation_y as usize * padded.row() + run * window.dilation_x as usize * depth;
                steps.extend((0..width.div_ceil(self.inputs)).map(|i| (y, run, at, i * self.inputs)));
            }
        }
        let walked = self.paired(to);
        packed.words.extend(steps.iter().map(|(_, _, at, i)| ((at + i) * (4 / self.inputs)) as i32));
        // Where each input of each step has its weight; nothing stands for an input that only fills up a word.
        let inputs: Vec<Option<[usize; 3]>> = steps
            .iter()
            .flat_map(|&(y, run, _, i)| (i..i + self.inputs).map(move |i| (y, run, i)))
            .map(|(y, run, i)| (i < width).then(|| [y, run * taps + i / depth, i % depth]))
            .collect();
        // The weights of each channel in the order of the steps: looked up once, since a model is packed when a program
        // starts.
        let mut rows = vec![0; out * inputs.len()];
        for (channel, row) in rows.chunks_exact_mut(inputs.len().max(1)).enumerate() {
            for (value, input) in row.iter_mut().zip(&inputs) {
                if let Some([y, x, c]) = *input {
                    *value = weight(channel, y, x, c);
                }
            }
        }
        let none = vec![0; inputs.len()];
        let row = |channel: usize| match channel < walked {
            true => &rows[channel % out * inputs.len()..][..inputs.len()],
            false => &none,
        };
        packed.bytes.reserve_exact(self.walked(walked) * steps.len() * self.word());
        for (first, panels) in self.blocks(walked) {
            let lanes: Vec<&[i8]> = (0..panels)
                .flat_map(|panel| (0..self.lanes).map(move |lane| (panel, lane)))
                .map(|(panel, lane)| row(first + self.channel(panels, panel, lane)))
                .collect();
            for step in 0..steps.len() {
                for row in &lanes {
                    packed.word(self, &row[step * self.inputs..][..self.inputs]);
                }
            }
        }
        let sums: Vec<Sums> = (0..walked).map(|channel| Sums::of(row(channel).iter().copied())).collect();
        packed.scratch = (padded.len() * (4 / self.inputs) + SLACK).next_multiple_of(16);
        (packed, sums)
    }

    /// Channels that a convolution walks as one. Where those of a pixel fill half a vector, and the pixels of a row go in
    /// pairs, a vector computes two pixels: each half reads its own words of the image.
    pub(crate) fn paired(self, to: Image) -> usize {
        let channels = to.channels as usize;
        let pairs = self.pairs && 2 * channels == self.lanes && to.width.is_multiple_of(2);
        if pairs { self.lanes } else { channels }
    }

    /// Channels that a depthwise convolution walks as one. At a horizontal stride of one, neighbouring pixels read
    /// neighbouring pixels: where whole blocks fit into a row, several pixels of few channels make one of many.
    pub(crate) fn spread(self, op: &Depthwise<impl Copy>) -> usize {
        let (channels, block) = (op.to.channels as usize, self.block());
        let joins = op.window.stride_x == 1
            && channels < block
            && block.is_multiple_of(channels)
            && op.to.row().is_multiple_of(block);
        if joins { block } else { channels }
    }

    /// Packs a depthwise convolution, or says that it must stay plain. Where a channel has several kernels, the image holds
    /// it as often.
    pub(crate) fn depthwise(
        self,
        op: &Depthwise<impl Copy>,
        weights: &[i8],
        channels: &Channels<'_>,
    ) -> Option<Packed> {
        let (out, spread, window) = (op.to.channels as usize, self.spread(op), &op.window);
        let padded = Padded::new(op.from, op.to, window).repeated(op.multiplier);
        let taps = window.height as usize * window.width as usize;
        let mut packed = Packed::default();
        let steps = taps.div_ceil(self.inputs);
        for tap in 0..steps * self.inputs {
            // A tap that only fills up a word has no weight; it reads where the first one does.
            let tap = if tap < taps { tap } else { 0 };
            let (y, x) = (tap / window.width as usize, tap % window.width as usize);
            let at = y * window.dilation_y as usize * padded.row() + x * window.dilation_x as usize * out;
            packed.words.push((at * (4 / self.inputs)) as i32);
        }
        let value = |channel: usize, tap: usize| {
            if tap < taps && channel < spread { weights[tap * out + channel % out] } else { 0 }
        };
        for (first, panels) in self.blocks(spread) {
            for step in 0..steps {
                for (panel, lane) in (0..panels).flat_map(|p| (0..self.lanes).map(move |l| (p, l))) {
                    let channel = first + self.channel(panels, panel, lane);
                    let mut weights = [0; 4];
                    for (j, weight) in weights[..self.inputs].iter_mut().enumerate() {
                        *weight = value(channel, step * self.inputs + j);
                    }
                    packed.word(self, &weights[..self.inputs]);
                }
            }
        }
        let sums: Vec<Sums> =
            (0..spread).map(|channel| Sums::of((0..taps).map(|tap| value(channel, tap)))).collect();
        self.constants(&mut packed.words, &op.rescaling, channels, &sums)?;
        packed.scratch = (padded.len() * (4 / self.inputs) + SLACK).next_multiple_of(16);
        Some(packed)
    }

    /// Words of a fully connected layer whose weights stay as they are, since it cannot become a convolution: biases that
    /// make up for the inputs' form.
    pub(crate) fn fully_connected(
        self,
        op: &FullyConnected<impl Copy>,
        weights: &[i8],
        channels: &Channels<'_>,
    ) -> Option<Vec<i32>> {
        if op.weights_offset != 0 {
            return None;
        }
        let rows = weights.chunks_exact(op.inputs as usize).zip(channels.biases);
        let extra = op.rescaling.input_offset - self.bias.unwrap_or(0);
        let bias = |(row, bias): (&[i8], &i32)| {
            let sum = row.iter().fold(0i32, |sum, w| sum.wrapping_add(i32::from(*w)));
            bias.wrapping_add(sum.wrapping_mul(extra))
        };
        let mut words: Vec<i32> = rows.map(bias).collect();
        words.extend_from_slice(channels.multipliers);
        words.extend_from_slice(channels.shifts);
        Some(words)
    }

    /// Appends, in the order of the lanes, each channel's bias, multiplier, rounding and shift, or says that the
    /// operator must stay plain because a channel of it has no such form.
    fn constants(
        self,
        words: &mut Vec<i32>,
        rescaling: &Rescaling,
        channels: &Channels<'_>,
        sums: &[Sums],
    ) -> Option<()> {
        let extra = self.bias.map_or(0, |bias| i64::from(rescaling.input_offset - bias));
        let mut rows = [const { Vec::new() }; 4];
        for (first, panels) in self.blocks(sums.len()) {
            for (panel, lane) in (0..panels).flat_map(|p| (0..self.lanes).map(move |l| (p, l))) {
                let channel = first + self.channel(panels, panel, lane);
                let lane = match sums.get(channel) {
                    Some(sums) => {
                        let channel = channel % channels.biases.len();
                        let factor = Factor {
                            multiplier: channels.multipliers[channel],
                            shift: channels.shifts[channel],
                        };
                        sums.lane(channels.biases[channel], factor, rescaling, extra)?
                    }
                    None => [0; 4],
                };
                rows.iter_mut().zip(lane).for_each(|(row, word)| row.push(word));
            }
        }
        rows.iter().for_each(|row| words.extend(row));
        Some(())
    }
}

/// Sums over a channel's weights.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    positive: i64,
    negative: i64,
}

impl Sums {
    fn of(weights: impl Iterator<Item = i8>) -> Self {
        weights.map(i64::from).fold(Self::default(), |sums, w| Self {
            positive: sums.positive + w.max(0),
            negative: sums.negative + w.min(0),
        })
    }

    /// Bias, multiplier, rounding and shift of one channel; `extra` is what the input's form lacks of its offset.
    ///
    /// The kernels round with one addition, and one more for negative sums, where TFLite compares remainders. That is the
    /// same as long as nothing overflows, which the channel's weights must prove here. A channel whose output never
    /// changes (pruned away in training, its scale next to nothing) needs no proof: it becomes a constant, which stays the
    /// same when one is taken from it for a negative sum.
    fn lane(self, bias: i32, factor: Factor, rescaling: &Rescaling, extra: i64) -> Option<[i32; 4]> {
        let (low, high) = (i64::from(rescaling.input_offset) - 128, i64::from(rescaling.input_offset) + 127);
        let bound = |sum: i64| i32::try_from(sum).ok().filter(|sum| sum.unsigned_abs() < (1 << 31) - 256);
        let least = bound(i64::from(bias) + self.positive * low + self.negative * high)?;
        let most = bound(i64::from(bias) + self.positive * high + self.negative * low)?;
        let output = |sum: i32| {
            let scaled = i64::from(factor.apply(sum)) + i64::from(rescaling.output_offset);
            scaled.max(i64::from(rescaling.min)).min(i64::from(rescaling.max)) as i32
        };
        if factor.shift <= 0 && output(least) == output(most) {
            return Some([0, 0, 2 * output(least) + 1, 1]);
        }
        const BOUND: i32 = 1 << 30;
        // Without a shift there is nothing to round, and what is taken from negative sums is lost where the activation
        // begins at zero.
        let most_shift = if rescaling.min >= rescaling.output_offset { 0 } else { -1 };
        if !(-23..=most_shift).contains(&factor.shift) || least <= -BOUND || most >= BOUND {
            return None;
        }
        let right = -factor.shift;
        // The bias may wrap: so does the sum, back to where it belongs.
        let bias = (i64::from(bias) + (self.positive + self.negative) * extra) as i32;
        Some([bias, factor.multiplier, ((1 << right) >> 1) + (rescaling.output_offset << right), right])
    }
}

/// Bytes of scratch memory before the padded image: an image's inputs, one byte each.
pub(super) fn rounded(from: Image) -> usize {
    from.plane().next_multiple_of(64)
}

impl Packed {
    /// Appends one 32-bit word of weights.
    fn word(&mut self, form: Form, weights: &[i8]) {
        match *weights {
            [a, b] if form.weight == 2 => {
                let ([a, b], [c, d]) = (i16::from(a).to_le_bytes(), i16::from(b).to_le_bytes());
                self.bytes.extend_from_slice(&[a as i8, b as i8, c as i8, d as i8]);
            }
            _ => self.bytes.extend_from_slice(weights),
        }
    }
}
