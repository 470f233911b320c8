//! Floats, int16 and means by vectors against the plain kernels, the same bits.

use super::{Form, Random, arena, whole};
use crate::fixed::Factor;
use crate::kernels::{Constants, Kernels, Plain};
use crate::op::{
    AXES, Bounds, Conv, Depthwise, FloatConv, FloatDepthwise, FloatFullyConnected, FullyConnected,
    HybridConv, Image, Layout, Mean, Rescaling, Rounding, Span, Window,
};
use crate::planner::float::panels;

/// Floats of either sign and of several magnitudes.
fn floats(random: &mut Random, count: usize) -> Vec<f32> {
    (0..count)
        .map(|_| random.of(-1_000_000..=1_000_000) as f32 / [1e3, 1e6, 3e7][random.of(0..=2) as usize])
        .collect()
}

fn bits(floats: &[f32]) -> Vec<i32> {
    floats.iter().map(|x| x.to_bits() as i32).collect()
}

fn bytes(items: impl Iterator<Item = [u8; 4]>) -> Vec<i8> {
    items.flatten().map(|byte| byte as i8).collect()
}

/// Shapes of a convolution between so many channels; now and then windows are pixels.
fn shapes(random: &mut Random, from: u32, to: u32) -> (Image, Image, Window) {
    if random.of(0..=3) > 0 {
        return random.images(from, to);
    }
    let (height, width) = (random.of(1..=3) as u32, random.of(1..=9) as u32);
    let image = |channels| Image { batch: 1, height, width, channels };
    let window = Window {
        height: 1,
        width: 1,
        stride_y: 1,
        stride_x: 1,
        dilation_y: 1,
        dilation_x: 1,
        pad_top: 0,
        pad_left: 0,
    };
    (image(from), image(to), window)
}

/// Runs an operator in an arena whose input, output and scratch memory are where the spans say.
type Run<'a> = &'a dyn Fn(&mut [i8], [Span; 3]);

/// Runs both and compares their outputs.
fn same(input: &[i8], output: usize, scratch: usize, run: [Run<'_>; 2], case: &dyn std::fmt::Debug) {
    let [expected, found] = run.map(|run| {
        let (mut arena, spans) = arena(input, output, scratch);
        run(&mut arena, spans);
        arena[spans[1].range()].to_vec()
    });
    assert_eq!(found, expected, "{case:?}");
}

fn float_convolutions<K: Kernels>(kernels: K, panel: usize) {
    let random = &mut Random(6);
    for _ in 0..200 {
        let (depth, out) = (random.of(1..=20) as u32, random.of(1..=80) as u32);
        let (from, to, window) = shapes(random, depth, out);
        let weights = bits(&floats(random, (out * window.height * window.width * depth) as usize));
        let count = weights.len();
        let bound = random.of(0..=6) as f32;
        let biases = bits(&floats(random, out as usize));
        let plain = [&weights[..], &biases].concat();
        let packed = panels(&weights, out as usize, panel);
        let packed_count = packed.len();
        let packed = [packed, biases].concat();
        let image = floats(random, from.batch as usize * from.plane());
        let op = FloatConv {
            input: Span::default(),
            output: Span::default(),
            weights: Span { at: 0, len: count as u32 },
            biases: Span { at: count as u32, len: out },
            from,
            to,
            depth,
            window,
            bounds: Bounds { min: -bound, max: bound + 1.0 },
            layout: Layout::Plain,
        };
        let fast = FloatConv {
            weights: Span { at: 0, len: packed_count as u32 },
            biases: Span { at: packed_count as u32, len: out },
            layout: Layout::Packed,
            ..op
        };
        let input = bytes(image.iter().map(|x| x.to_le_bytes()));
        let run = |op: FloatConv, [input, output, _]: [Span; 3]| FloatConv { input, output, ..op };
        same(
            &input,
            4 * to.batch as usize * to.plane(),
            0,
            [
                &|arena, spans| {
                    Plain.float_conv(&run(op, spans), Constants { bytes: &[], words: &plain }, arena)
                },
                &|arena, spans| {
                    kernels.float_conv(&run(fast, spans), Constants { bytes: &[], words: &packed }, arena)
                },
            ],
            &op,
        );
    }
}

/// Weights of bytes: images are rounded first.
fn hybrid_convolutions<K: Kernels>(kernels: K, form: Form) {
    let random = &mut Random(7);
    for _ in 0..200 {
        let (depth, out) = (random.of(1..=20) as u32, random.of(1..=80) as u32);
        let (from, to, window) = shapes(random, depth, out);
        let weights = random.bytes((out * window.height * window.width * depth) as usize);
        let mut words = bits(&floats(random, out as usize));
        words.extend(bits(&(0..out).map(|_| random.of(1..=1000) as f32 / 1e4).collect::<Vec<_>>()));
        let conv = FloatConv {
            input: Span::default(),
            output: Span::default(),
            weights: whole(&weights),
            biases: Span { at: 0, len: out },
            from,
            to,
            depth,
            window,
            bounds: Bounds { min: f32::MIN, max: f32::MAX },
            layout: Layout::Plain,
        };
        let rounding = [Rounding::Symmetric, Rounding::Asymmetric][random.of(0..=1) as usize];
        let scales = Span { at: out, len: out };
        let image = floats(random, from.batch as usize * from.plane());
        let input = bytes(image.iter().map(|x| x.to_le_bytes()));
        let packed = form.sums(&conv, &weights);
        let behind = Span { at: words.len() as u32, len: packed.words.len() as u32 };
        words.extend(packed.words);
        let run = |conv: FloatConv, [input, output, scratch]: [Span; 3]| HybridConv {
            conv: FloatConv { input, output, ..conv },
            scales,
            packed: behind,
            scratch,
            rounding,
        };
        let fast = FloatConv { weights: whole(&packed.bytes), layout: Layout::Packed, ..conv };
        let (plain, constants) =
            (Constants { bytes: &weights, words: &words }, Constants { bytes: &packed.bytes, words: &words });
        same(
            &input,
            4 * to.batch as usize * to.plane(),
            packed.scratch,
            [&|arena, spans| Plain.hybrid_conv(&run(conv, spans), plain, arena), &|arena, spans| {
                kernels.hybrid_conv(&run(fast, spans), constants, arena)
            }],
            &(conv, rounding),
        );
    }
}

fn float_depthwise<K: Kernels>(kernels: K) {
    let random = &mut Random(8);
    for _ in 0..200 {
        let channels = random.of(1..=80) as u32;
        let (from, to, window) = random.images(channels, channels);
        let count = channels * window.height * window.width;
        let words = bits(&floats(random, (count + channels) as usize));
        let image = floats(random, from.batch as usize * from.plane());
        let op = FloatDepthwise {
            input: Span::default(),
            output: Span::default(),
            weights: Span { at: 0, len: count },
            biases: Span { at: count, len: channels },
            from,
            to,
            multiplier: 1,
            window,
            bounds: Bounds { min: f32::MIN, max: 100.0 },
        };
        let input = bytes(image.iter().map(|x| x.to_le_bytes()));
        let run = |[input, output, _]: [Span; 3]| FloatDepthwise { input, output, ..op };
        let constants = Constants { bytes: &[], words: &words };
        same(
            &input,
            4 * to.batch as usize * to.plane(),
            0,
            [&|arena, spans| Plain.float_depthwise(&run(spans), constants, arena), &|arena, spans| {
                kernels.float_depthwise(&run(spans), constants, arena)
            }],
            &op,
        );
    }
}

fn float_fully_connected<K: Kernels>(kernels: K, panel: usize) {
    let random = &mut Random(9);
    for _ in 0..200 {
        let (rows, inputs, outputs) =
            (random.of(1..=9) as u32, random.of(1..=200) as u32, random.of(1..=80) as u32);
        let weights = bits(&floats(random, (inputs * outputs) as usize));
        let biases = bits(&floats(random, outputs as usize));
        let packed = panels(&weights, outputs as usize, panel);
        let spans = [weights.len(), packed.len()]
            .map(|len| (Span { at: 0, len: len as u32 }, Span { at: len as u32, len: outputs }));
        let [plain, packed] = [weights, packed].map(|weights| [weights, biases.clone()].concat());
        let op = |kind: usize, [input, output, _]: [Span; 3]| FloatFullyConnected {
            input,
            output,
            weights: spans[kind].0,
            biases: spans[kind].1,
            inputs,
            outputs,
            bounds: Bounds { min: 0.0, max: f32::MAX },
            layout: [Layout::Plain, Layout::Packed][kind],
        };
        let image = floats(random, (rows * inputs) as usize);
        let input = bytes(image.iter().map(|x| x.to_le_bytes()));
        let constants = [&plain, &packed].map(|words| Constants { bytes: &[], words });
        same(
            &input,
            4 * (rows * outputs) as usize,
            0,
            [
                &|arena, spans| Plain.float_fully_connected(&op(0, spans), constants[0], arena),
                &|arena, spans| kernels.float_fully_connected(&op(1, spans), constants[1], arena),
            ],
            &(rows, inputs, outputs),
        );
    }
}

/// Rescaling to int16, and words with biases of 32 bits or of 64.
fn int16(random: &mut Random, channels: usize) -> (Rescaling, Vec<i32>) {
    let mut words: Vec<i32> = (0..channels).map(|_| random.of(-50_000..=50_000) as i32).collect();
    if random.of(0..=1) == 0 {
        let high: Vec<i32> = words.iter().map(|low| low >> 31).collect();
        words.extend(high);
    }
    words.extend((0..channels).map(|_| random.of(1 << 30..=(1 << 31) - 1) as i32));
    words.extend((0..channels).map(|_| random.of(-15..=-2) as i32));
    let (a, b) = (random.of(-32768..=32767) as i32, random.of(-32768..=32767) as i32);
    (Rescaling { input_offset: 0, output_offset: 0, min: a.min(b), max: a.max(b) }, words)
}

fn int16_operators<K: Kernels>(kernels: K, panel: usize) {
    let random = &mut Random(10);
    for _ in 0..200 {
        let (depth, out) = (random.of(1..=20) as u32, random.of(1..=80) as u32);
        let (from, to, window) = shapes(random, depth, out);
        let weights = random.bytes((out * window.height * window.width * depth) as usize);
        let (rescaling, words) = int16(random, out as usize);
        let packed = panels(&weights, out as usize, panel);
        let input = random.bytes(2 * from.batch as usize * from.plane());
        let op = |weights: &[i8], layout, [input, output, _]: [Span; 3]| Conv {
            input,
            output,
            scratch: Span::default(),
            weights: whole(weights),
            channels: whole(&words),
            from,
            to,
            depth,
            window,
            rescaling,
            layout,
        };
        same(
            &input,
            2 * to.batch as usize * to.plane(),
            0,
            [
                &|arena, spans| {
                    let constants = Constants { bytes: &weights, words: &words };
                    Plain.int16_conv(&op(&weights, Layout::Plain, spans), constants, arena);
                },
                &|arena, spans| {
                    let constants = Constants { bytes: &packed, words: &words };
                    kernels.int16_conv(&op(&packed, Layout::Packed, spans), constants, arena);
                },
            ],
            &(from, to, window),
        );
        let (from, to, window) = random.images(out, out);
        let weights = random.bytes((window.height * window.width * out) as usize);
        let input = random.bytes(2 * from.batch as usize * from.plane());
        let op = |layout, [input, output, _]: [Span; 3]| Depthwise {
            input,
            output,
            scratch: Span::default(),
            weights: whole(&weights),
            channels: whole(&words),
            from,
            to,
            multiplier: 1,
            window,
            rescaling,
            layout,
        };
        let constants = Constants { bytes: &weights, words: &words };
        same(
            &input,
            2 * to.batch as usize * to.plane(),
            0,
            [
                &|arena, spans| Plain.int16_depthwise(&op(Layout::Plain, spans), constants, arena),
                &|arena, spans| kernels.int16_depthwise(&op(Layout::Packed, spans), constants, arena),
            ],
            &(from, to, window),
        );
        let (rows, inputs) = (random.of(1..=9) as u32, random.of(1..=400) as u32);
        let weights = random.bytes((inputs * out) as usize);
        let packed = panels(&weights, out as usize, panel);
        let input = random.bytes(2 * (rows * inputs) as usize);
        let op = |weights: &[i8], layout, [input, output, _]: [Span; 3]| FullyConnected {
            input,
            output,
            weights: whole(weights),
            channels: whole(&words),
            rows,
            inputs,
            outputs: out,
            weights_offset: 0,
            rescaling,
            layout,
        };
        same(
            &input,
            2 * (rows * out) as usize,
            0,
            [
                &|arena, spans| {
                    let constants = Constants { bytes: &weights, words: &words };
                    Plain.int16_fully_connected(&op(&weights, Layout::Plain, spans), constants, arena);
                },
                &|arena, spans| {
                    let constants = Constants { bytes: &packed, words: &words };
                    kernels.int16_fully_connected(&op(&packed, Layout::Packed, spans), constants, arena);
                },
            ],
            &(rows, inputs, out),
        );
    }
}

fn means<K: Kernels>(kernels: K) {
    let random = &mut Random(11);
    for _ in 0..200 {
        let [batch, pixels, channels] = [random.of(1..=3), random.of(1..=40), random.of(1..=100)];
        let [batch, pixels, channels] = [batch as u32, pixels as u32, channels as u32];
        let input = random.bytes((batch * pixels * channels) as usize);
        let axes = |counts: [u32; 2]| [[1; AXES - 2].as_slice(), &counts].concat().try_into().unwrap();
        let steps = |steps: [i32; 2]| [[0; AXES - 2].as_slice(), &steps].concat().try_into().unwrap();
        let op = |[input, output, _]: [Span; 3]| Mean {
            input,
            output,
            kept: axes([batch, channels]),
            kept_steps: steps([(pixels * channels) as i32, 1]),
            reduced: axes([1, pixels]),
            reduced_steps: steps([0, channels as i32]),
            sum_offset: 3 * pixels as i32,
            factor: Factor { multiplier: 1 << 30, shift: -3 },
            output_offset: -5,
        };
        let constants = Constants { bytes: &[], words: &[] };
        same(
            &input,
            (batch * channels) as usize,
            0,
            [&|arena, spans| Plain.mean(&op(spans), constants, arena), &|arena, spans| {
                kernels.mean(&op(spans), constants, arena)
            }],
            &(batch, pixels, channels),
        );
    }
}

/// All of them; `panel` is what the set's panels are wide.
pub(super) fn all<K: Kernels>(kernels: K, form: Form, panel: usize) {
    float_convolutions(kernels, panel);
    hybrid_convolutions(kernels, form);
    float_depthwise(kernels);
    float_fully_connected(kernels, panel);
    int16_operators(kernels, panel);
    means(kernels);
}
