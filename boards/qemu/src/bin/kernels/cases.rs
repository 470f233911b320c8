//! Random operators, run plainly and packed.

use heapless::Vec;
use kws_qemu::random::Random;
use kws_stages::nn::kernels::{Channels, Constants, Dsp, Kernels, Plain, Streamed};
use kws_stages::nn::op::{Conv, Depthwise, FullyConnected, Image, Layout, Rescaling, Span, Window};

use crate::sets::Set;

/// Cases of each operator.
pub(crate) const CASES: u32 = 300;
/// Most bytes of an image.
const IMAGE: usize = 8192;
const WEIGHTS: usize = 8192;
const CHANNELS: usize = 32;

/// Memory for one case at a time.
#[repr(align(16))]
pub(crate) struct Bench {
    /// Input, output and scratch.
    arena: [i8; 3 * IMAGE],
    input: [i8; IMAGE],
    expected: [i8; IMAGE],
    weights: [i8; WEIGHTS],
    /// Biases, multipliers and shifts.
    words: [i32; 3 * CHANNELS],
    stream: Stream,
}

/// What a set's kernels read beside the input.
type Stream = Vec<i32, { 2 * WEIGHTS }>;

const INPUT: u32 = 0;
const OUTPUT: u32 = IMAGE as u32;
const SCRATCH: u32 = 2 * IMAGE as u32;

/// Size, taps, stride, dilation, padding and outputs of one dimension.
fn axis(random: &mut Random) -> [u32; 6] {
    let (taps, stride, dilation) = (random.of(1, 5), random.of(1, 3), random.of(1, 2));
    let (reach, pad) = ((taps - 1) * dilation + 1, random.of(0, 3).min((taps - 1) * dilation));
    let size = random.of(1, 7) + reach.saturating_sub(pad);
    // Up to three windows may start or end in padding.
    let most = (size - 1 + pad) / stride + 1;
    [size, taps, stride, dilation, pad, random.of(1, most)]
}

fn images(random: &mut Random, from: u32, to: u32) -> (Image, Image, Window) {
    let [height, rows, stride_y, dilation_y, pad_top, out_height] = axis(random);
    let [width, columns, stride_x, dilation_x, pad_left, out_width] = axis(random);
    let batch = random.of(1, 2);
    (
        Image { batch, height, width, channels: from },
        Image { batch, height: out_height, width: out_width, channels: to },
        Window {
            height: rows,
            width: columns,
            stride_y,
            stride_x,
            dilation_y,
            dilation_x,
            pad_top,
            pad_left,
        },
    )
}

fn rescaling(random: &mut Random) -> Rescaling {
    let byte = |random: &mut Random| random.of(0, 255) as i32 - 128;
    let (a, b) = (byte(random), byte(random));
    let (min, max) = if random.of(0, 1) == 0 { (-128, 127) } else { (a.min(b), a.max(b)) };
    Rescaling { input_offset: -byte(random), output_offset: byte(random), min, max }
}

fn size(image: Image) -> usize {
    image.batch as usize * image.plane()
}

fn whole(len: usize) -> Span {
    Span { at: 0, len: len as u32 }
}

impl Bench {
    pub(crate) const fn new() -> Self {
        Self {
            arena: [0; 3 * IMAGE],
            input: [0; IMAGE],
            expected: [0; IMAGE],
            weights: [0; WEIGHTS],
            words: [0; 3 * CHANNELS],
            stream: Vec::new(),
        }
    }

    /// New inputs, weights and channels; nothing where the case is too large.
    fn fill(
        &mut self,
        random: &mut Random,
        most_shift: i32,
        [input, output, weights, channels]: [usize; 4],
    ) -> Option<()> {
        if input > IMAGE || output > IMAGE || weights > WEIGHTS || channels > CHANNELS {
            return None;
        }
        random.fill(&mut self.input[..input]);
        random.fill(&mut self.weights[..weights]);
        let words = &mut self.words[..3 * channels];
        for (i, word) in words.iter_mut().enumerate() {
            *word = match i / channels {
                // Where there is a factor of a half or more, sums are small, or nearly all outputs would be the largest.
                0 if most_shift >= 0 => random.of(0, 100) as i32 - 50,
                0 => random.of(0, 100_000) as i32 - 50_000,
                1 => random.of(1 << 30, i32::MAX as u32) as i32,
                // Now and then a channel that never changes.
                _ if random.of(0, 20) == 0 => -31,
                _ => most_shift - random.of(0, 11) as i32,
            };
        }
        self.stream.clear();
        Some(())
    }

    /// Runs the case with both kernels and compares every byte of the outputs.
    fn compare(
        &mut self,
        [input, output, weights, channels]: [usize; 4],
        scratch: usize,
        plain: impl Fn(Constants<'_>, &mut [i8]),
        packed: impl Fn(Constants<'_>, &mut [i8]),
    ) -> Option<bool> {
        if scratch > IMAGE {
            return None;
        }
        let written = OUTPUT as usize..OUTPUT as usize + output;
        self.arena.fill(0x55);
        self.arena[..input].copy_from_slice(&self.input[..input]);
        plain(
            Constants { bytes: &self.weights[..weights], words: &self.words[..3 * channels] },
            &mut self.arena,
        );
        self.expected[..output].copy_from_slice(&self.arena[written.clone()]);
        self.arena.fill(0x55);
        self.arena[..input].copy_from_slice(&self.input[..input]);
        packed(Constants { bytes: &[], words: &self.stream }, &mut self.arena);
        // Nothing beyond the output may be written either.
        let beyond = &self.arena[written.end..SCRATCH as usize];
        Some(self.arena[written] == self.expected[..output] && beyond.iter().all(|byte| *byte == 0x55))
    }

    /// One random convolution: whether both kernels agree, or nothing where it has no packed form.
    pub(crate) fn convolution<K: Set>(&mut self, random: &mut Random) -> Option<bool> {
        let (depth, out) = (random.of(1, 20), random.of(1, CHANNELS as u32));
        let (from, to, window) = images(random, depth, out);
        let weights = (out * window.height * window.width * depth) as usize;
        let sizes = [size(from), size(to), weights, out as usize];
        self.fill(random, K::MOST_SHIFT, sizes)?;
        let op = Conv {
            input: Span { at: INPUT, len: size(from) as u32 },
            output: Span { at: OUTPUT, len: size(to) as u32 },
            scratch: Span::default(),
            weights: whole(weights),
            channels: whole(3 * out as usize),
            from,
            to,
            depth,
            window,
            rescaling: rescaling(random),
            layout: Layout::Plain,
        };
        let channels = Channels::of(&self.words[..3 * out as usize]);
        let scratch = K::pack_conv(&op, &self.weights[..weights], &channels, &mut self.stream)?;
        let packed = Conv { scratch: Span { at: SCRATCH, len: scratch as u32 }, ..op };
        let packed = Conv { channels: whole(self.stream.len()), layout: Layout::Packed, ..packed };
        self.compare(
            sizes,
            scratch,
            |constants, arena| Plain.conv(&op, constants, arena),
            |constants, arena| K::SET.conv(&packed, constants, arena),
        )
    }

    fn random_depthwise<K: Set>(
        &mut self,
        random: &mut Random,
        from: u32,
        to: u32,
    ) -> Option<(Depthwise, [usize; 4])> {
        let multiplier = to / from;
        let (from, to, window) = images(random, from, to);
        let weights = (to.channels * window.height * window.width) as usize;
        let sizes = [size(from), size(to), weights, to.channels as usize];
        self.fill(random, K::MOST_SHIFT, sizes)?;
        let op = Depthwise {
            input: Span { at: INPUT, len: size(from) as u32 },
            output: Span { at: OUTPUT, len: size(to) as u32 },
            scratch: Span::default(),
            weights: whole(weights),
            channels: whole(3 * to.channels as usize),
            from,
            to,
            multiplier,
            window,
            rescaling: rescaling(random),
            layout: Layout::Plain,
        };
        Some((op, sizes))
    }

    /// One random depthwise convolution, likewise.
    pub(crate) fn depthwise<K: Set>(&mut self, random: &mut Random) -> Option<bool> {
        let out = random.of(4, CHANNELS as u32);
        let (op, sizes) = self.random_depthwise::<K>(random, out, out)?;
        let channels = Channels::of(&self.words[..3 * out as usize]);
        let scratch = K::pack_depthwise(&op, &self.weights[..sizes[2]], &channels, &mut self.stream)?;
        let packed = self.packed_depthwise(op, scratch);
        self.compare(
            sizes,
            scratch,
            |constants, arena| Plain.depthwise(&op, constants, arena),
            |constants, arena| K::SET.depthwise(&packed, constants, arena),
        )
    }

    /// One random depthwise convolution with several outputs of each channel, likewise.
    pub(crate) fn multiplied<K: Set>(&mut self, random: &mut Random) -> Option<bool> {
        let from = random.of(2, CHANNELS as u32 / 2);
        let out = from * random.of(2, CHANNELS as u32 / from);
        let (mut op, sizes) = self.random_depthwise::<K>(random, from, out)?;
        // Windows with gaps between their columns have no packed form.
        op.window.dilation_x = 1;
        op.window.pad_left = op.window.pad_left.min(op.window.width - 1);
        let channels = Channels::of(&self.words[..3 * out as usize]);
        let scratch = K::pack_multiplied(&op, &self.weights[..sizes[2]], &channels, &mut self.stream)?;
        let packed = self.packed_depthwise(op, scratch);
        self.compare(
            sizes,
            scratch,
            |constants, arena| Plain.depthwise(&op, constants, arena),
            |constants, arena| K::SET.multiplied_depthwise(&packed, constants, arena),
        )
    }

    /// The operation that the stream was packed for.
    fn packed_depthwise(&self, op: Depthwise, scratch: usize) -> Depthwise {
        let packed = Depthwise { scratch: Span { at: SCRATCH, len: scratch as u32 }, ..op };
        Depthwise { channels: whole(self.stream.len()), layout: Layout::Packed, ..packed }
    }

    /// One random depthwise convolution of a single channel, which becomes a convolution, likewise.
    pub(crate) fn single<K: Set>(&mut self, random: &mut Random) -> Option<bool> {
        let out = random.of(2, CHANNELS as u32);
        let (op, sizes) = self.random_depthwise::<K>(random, 1, out)?;
        let channels = Channels::of(&self.words[..3 * out as usize]);
        let scratch = K::pack_single(&op, &self.weights[..sizes[2]], &channels, &mut self.stream)?;
        let packed = Conv { scratch: Span { at: SCRATCH, len: scratch as u32 }, ..op.as_conv() };
        let packed = Conv { channels: whole(self.stream.len()), ..packed };
        self.compare(
            sizes,
            scratch,
            |constants, arena| Plain.depthwise(&op, constants, arena),
            |constants, arena| K::SET.conv(&packed, constants, arena),
        )
    }

    /// One random fully connected layer, likewise, with the kernels of the DSP extension: those for Helium have it as a
    /// convolution.
    pub(crate) fn fully_connected(&mut self, random: &mut Random) -> Option<bool> {
        let (rows, inputs, outputs) = (random.of(1, 3), random.of(1, 250), random.of(1, CHANNELS as u32));
        let weights = (inputs * outputs) as usize;
        let sizes = [(rows * inputs) as usize, (rows * outputs) as usize, weights, outputs as usize];
        self.fill(random, Dsp::MOST_SHIFT, sizes)?;
        let op = FullyConnected {
            input: Span { at: INPUT, len: rows * inputs },
            output: Span { at: OUTPUT, len: rows * outputs },
            weights: whole(weights),
            channels: whole(3 * outputs as usize),
            rows,
            inputs,
            outputs,
            weights_offset: 0,
            rescaling: rescaling(random),
            layout: Layout::Plain,
        };
        let channels = Channels::of(&self.words[..3 * outputs as usize]);
        Dsp::pack_fully_connected(&op, &self.weights[..weights], &channels, &mut self.stream)?;
        let packed = FullyConnected { channels: whole(self.stream.len()), layout: Layout::Packed, ..op };
        self.compare(
            sizes,
            0,
            |constants, arena| Plain.fully_connected(&op, constants, arena),
            |constants, arena| Dsp.fully_connected(&packed, constants, arena),
        )
    }
}
