//! Depthwise convolutions with several outputs of each input channel: the packed kernels for Arm's DSP extension against the
//! plain ones, over all combinations of shapes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use kws_nn::kernels::{Channels, Constants, Dsp, Kernels, Plain, Streamed};
use kws_nn::op::{Depthwise, Image, Layout, Rescaling, Span, Window};

/// A small generator of random numbers (Marsaglia's xorshift64).
struct Random(u64);

impl Random {
    fn of(&mut self, least: i32, most: i32) -> i32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        least + (self.0 % (most - least + 1) as u64) as i32
    }

    fn bytes(&mut self, count: usize) -> Vec<i8> {
        (0..count).map(|_| self.of(-128, 127) as i8).collect()
    }
}

/// One dimension: size, taps, stride, dilation, padding before.
type Axis = [u32; 5];

/// Windows that end within the padding, or the image, one column before they would leave it.
fn outputs([size, taps, stride, dilation, pad]: Axis) -> u32 {
    (size + 2 * pad).saturating_sub((taps - 1) * dilation + 1) / stride + 1
}

fn case(
    random: &mut Random,
    [from, multiplier]: [u32; 2],
    [rows, columns]: [Axis; 2],
    rescaling: Rescaling,
) -> bool {
    let to = Image { batch: 2, height: outputs(rows), width: outputs(columns), channels: from * multiplier };
    let from = Image { batch: 2, height: rows[0], width: columns[0], channels: from };
    let [window_rows, window_columns] = [rows[1], columns[1]];
    let out = to.channels as usize;
    let weights = random.bytes((window_rows * window_columns) as usize * out);
    // Factors of a half or more are exact where the activation begins at zero; now and then a channel never changes.
    let most = if rescaling.min >= rescaling.output_offset { 3 } else { -1 };
    let mut words: Vec<i32> = (0..out).map(|_| random.of(-5000, 5000)).collect();
    words.extend((0..out).map(|_| random.of(1 << 30, i32::MAX)));
    words.extend((0..out).map(|_| if random.of(0, 20) == 0 { -31 } else { random.of(-9, most) }));
    let [input, output] = [from, to].map(|image| image.batch as usize * image.plane());
    let plain = Depthwise {
        input: Span { at: 0, len: input as u32 },
        output: Span { at: input as u32, len: output as u32 },
        scratch: Span::default(),
        weights: Span { at: 0, len: weights.len() as u32 },
        channels: Span { at: 0, len: words.len() as u32 },
        from,
        to,
        multiplier,
        window: Window {
            height: rows[1],
            width: columns[1],
            stride_y: rows[2],
            stride_x: columns[2],
            dilation_y: rows[3],
            dilation_x: columns[3],
            pad_top: rows[4],
            pad_left: columns[4],
        },
        rescaling,
        layout: Layout::Plain,
    };
    let mut stream = Vec::new();
    let Some(scratch) = Dsp::pack_multiplied(&plain, &weights, &Channels::of(&words), &mut stream) else {
        return false;
    };
    let packed = Depthwise {
        scratch: Span { at: (input + output) as u32, len: scratch as u32 },
        channels: Span { at: 0, len: stream.len() as u32 },
        layout: Layout::Packed,
        ..plain
    };
    let inputs = random.bytes(input);
    let arena = |scratch| {
        let mut arena = inputs.clone();
        arena.resize(input + output + scratch, 0x55);
        arena
    };
    let (mut expected, mut found) = (arena(0), arena(scratch));
    Plain.depthwise(&plain, Constants { bytes: &weights, words: &words }, &mut expected);
    Dsp.multiplied_depthwise(&packed, Constants { bytes: &[], words: &stream }, &mut found);
    assert_eq!(found[..input + output], expected, "{plain:?}");
    // A single column is the same along a row.
    found[input..].fill(0x55);
    Plain.depthwise(&plain.along_rows(), Constants { bytes: &weights, words: &words }, &mut found);
    assert_eq!(found[..input + output], expected, "{plain:?}");
    true
}

/// Shapes of an axis: even and odd windows and numbers of outputs, with and without padding, a single pixel.
const AXES: [Axis; 10] = [
    [1, 1, 1, 1, 0],
    [1, 3, 1, 1, 1],
    [9, 1, 1, 1, 0],
    [8, 2, 2, 1, 0],
    [9, 3, 1, 1, 1],
    [8, 3, 1, 1, 0],
    [10, 3, 2, 1, 1],
    [7, 4, 3, 1, 1],
    [11, 5, 1, 1, 2],
    [9, 7, 2, 1, 3],
];

#[test]
fn packed_kernels_equal_the_plain_ones() {
    let random = &mut Random(0x9E37_79B9_7F4A_7C15);
    // Inputs whose zero is not in their middle, at both ends of what it may be, and an activation.
    let rescalings = [(0, 0, -128), (17, -5, -128), (128, -128, -128), (-127, 3, 3)];
    let (mut packed, mut cases) = (0, 0);
    for (shape, multiplier) in [2, 3, 4, 5, 8].into_iter().enumerate() {
        for (i, rows) in AXES.into_iter().enumerate() {
            for (j, columns) in AXES.into_iter().enumerate() {
                let (input_offset, output_offset, min) = rescalings[(i + j) % 4];
                let rescaling =
                    Rescaling { input_offset, output_offset, min, max: 127 - (i as i32 % 2) * 30 };
                let from = [2, 3, 4, 7, 16][(shape + i + j) % 5];
                cases += 1;
                packed += usize::from(case(random, [from, multiplier], [rows, columns], rescaling));
            }
        }
    }
    assert_eq!(packed, cases, "cases without a packed form");
}

#[test]
fn dilated_windows_have_a_packed_form_along_columns_only() {
    let random = &mut Random(0xD1B5_4A32_D192_ED03);
    let rescaling = Rescaling { input_offset: 3, output_offset: 0, min: -128, max: 127 };
    let (dense, dilated) = ([9, 3, 1, 1, 1], [9, 3, 1, 2, 2]);
    assert!(case(random, [4, 2], [dilated, dense], rescaling));
    assert!(!case(random, [4, 2], [dense, dilated], rescaling));
}
