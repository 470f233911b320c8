//! Packed kernels against the plain ones, on random shapes, strides, paddings and extreme values.

mod int16_float;

use super::pack::{self, Form, Packed};
use crate::fixed::Factor;
use crate::kernels::Channels;
use crate::kernels::{Constants, Kernels, Plain};
use crate::op::{
    Arithmetic, Binary, Conv, Depthwise, FullyConnected, Image, Layout, Pool, Pooling, Rescaling, Span,
    Window,
};

/// A small generator of random numbers (Marsaglia's xorshift64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn of(&mut self, range: std::ops::RangeInclusive<i64>) -> i64 {
        let count = (range.end() - range.start() + 1) as u64;
        range.start() + (self.next() % count) as i64
    }

    /// Bytes over the whole range, or all of one extreme.
    fn bytes(&mut self, count: usize) -> Vec<i8> {
        let kind = self.of(0..=9);
        let byte = |random: &mut Self| match kind {
            0 => -128,
            1 => 127,
            2 if random.of(0..=1) == 0 => -128,
            2 => 127,
            3 => 0,
            _ => random.of(-128..=127) as i8,
        };
        (0..count).map(|_| byte(self)).collect()
    }

    fn axis(&mut self) -> (u32, u32, u32, u32, u32, u32) {
        let (taps, stride, dilation) = (self.of(1..=5) as u32, self.of(1..=3) as u32, self.of(1..=2) as u32);
        let (reach, pad) = ((taps - 1) * dilation + 1, self.of(0..=3) as u32);
        let size = self.of(1..=12) as u32 + reach.saturating_sub(pad);
        // Up to three windows may start or end in padding; none may lie in padding alone.
        let most = (size - 1 + pad) / stride + 1;
        (size, taps, stride, dilation, pad.min(reach - 1), self.of(1..=i64::from(most)) as u32)
    }

    fn images(&mut self, from: u32, to: u32) -> (Image, Image, Window) {
        let (height, rows, stride_y, dilation_y, pad_top, out_height) = self.axis();
        let (width, columns, stride_x, dilation_x, pad_left, out_width) = self.axis();
        let batch = self.of(1..=2) as u32;
        let window = Window {
            height: rows,
            width: columns,
            stride_y,
            stride_x,
            dilation_y,
            dilation_x,
            pad_top,
            pad_left,
        };
        (
            Image { batch, height, width, channels: from },
            Image { batch, height: out_height, width: out_width, channels: to },
            window,
        )
    }

    fn rescaling(&mut self) -> Rescaling {
        let (a, b) = (self.of(-128..=127) as i32, self.of(-128..=127) as i32);
        let (min, max) = if self.of(0..=1) == 0 { (-128, 127) } else { (a.min(b), a.max(b)) };
        let input_offset = -self.of(-128..=127) as i32;
        // Every third begins at zero, as after a ReLU.
        let output_offset = if self.of(0..=2) == 0 { min } else { self.of(-128..=127) as i32 };
        Rescaling { input_offset, output_offset, min, max }
    }

    /// Biases, multipliers and shifts; now and then a channel that never changes.
    fn channels(&mut self, count: usize) -> Vec<i32> {
        let mut words: Vec<i32> = (0..count).map(|_| self.of(-50_000..=50_000) as i32).collect();
        words.extend((0..count).map(|_| self.of(1 << 30..=(1 << 31) - 1) as i32));
        // Where there is a factor of a half or more, sums are small, or nearly all outputs would be the largest.
        let most = -self.of(0..=3).min(1);
        if most == 0 {
            words[..count].iter_mut().for_each(|bias| *bias /= 1000);
        }
        words.extend((0..count).map(|_| if self.of(0..=20) == 0 { -31 } else { self.of(-12..=most) as i32 }));
        words
    }
}

/// Arena of an operator: input, output, scratch.
fn arena(input: &[i8], output: usize, scratch: usize) -> (Vec<i8>, [Span; 3]) {
    let mut at = 0;
    let spans = [input.len(), output, scratch].map(|len| {
        let span = Span { at, len: len as u32 };
        at += span.len.next_multiple_of(16);
        span
    });
    let mut arena = vec![0x55; at as usize];
    arena[..input.len()].copy_from_slice(input);
    (arena, spans)
}

fn whole<T>(items: &[T]) -> Span {
    Span { at: 0, len: items.len() as u32 }
}

/// Runs one case plainly and packed and compares; says whether the case had a packed form.
fn compare(
    input: &[i8],
    output: usize,
    packed: Option<Packed>,
    plain: impl Fn(&mut [i8], [Span; 3]),
    fast: impl Fn(&mut [i8], [Span; 3], &Packed),
    case: &dyn std::fmt::Debug,
) -> usize {
    let Some(packed) = packed else { return 0 };
    let (mut expected, spans) = arena(input, output, 0);
    plain(&mut expected, spans);
    let (mut found, found_spans) = arena(input, output, packed.scratch);
    fast(&mut found, found_spans, &packed);
    assert_eq!(found[found_spans[1].range()], expected[spans[1].range()], "{case:?}");
    1
}

fn convolutions<K: Kernels>(form: Form, layout: Layout, kernels: K, seed: u64) -> usize {
    let random = &mut Random(seed);
    let (mut packed, mut paired) = (0, 0);
    for _ in 0..400 {
        let depth = random.of(1..=40) as u32;
        // Every fourth case has so few channels that two pixels may fit into one vector.
        let out = if random.of(0..=3) == 0 { 8 } else { random.of(1..=140) as u32 };
        let (from, to, window) = random.images(depth, out);
        let weights = random.bytes((to.channels * window.height * window.width * depth) as usize);
        let words = random.channels(to.channels as usize);
        let input = random.bytes(from.batch as usize * from.plane());
        let op = Conv {
            input: Span::default(),
            output: Span::default(),
            scratch: Span::default(),
            weights: whole(&weights),
            channels: whole(&words),
            from,
            to,
            depth,
            window,
            rescaling: random.rescaling(),
            layout: Layout::Plain,
        };
        let plain = |arena: &mut [i8], [input, output, _]: [Span; 3]| {
            Plain.conv(&Conv { input, output, ..op }, Constants { bytes: &weights, words: &words }, arena);
        };
        let fast = |arena: &mut [i8], [input, output, scratch]: [Span; 3], packed: &Packed| {
            let (weights, channels) = (whole(&packed.bytes), whole(&packed.words));
            let op = Conv { input, output, scratch, weights, channels, layout, ..op };
            kernels.conv(&op, Constants { bytes: &packed.bytes, words: &packed.words }, arena);
        };
        paired += usize::from(form.paired(to) != out as usize);
        let form = form.conv(&op, &weights, &Channels::of(&words));
        packed += compare(&input, from.batch as usize * to.plane(), form, plain, fast, &op);
    }
    assert!(!form.pairs || paired > 20, "{paired} cases joined pixels");
    packed
}

fn depthwise<K: Kernels>(form: Form, kernels: K, seed: u64) -> usize {
    let random = &mut Random(seed);
    let (mut packed, mut spread) = (0, 0);
    for _ in 0..400 {
        // Every other case has few channels, of which several pixels may fit into one block.
        let channels = if random.of(0..=1) == 0 { 1 << random.of(2..=5) } else { random.of(1..=150) as u32 };
        // Every third has several kernels for each channel.
        let multiplier = if random.of(0..=2) == 0 { random.of(2..=9) as u32 } else { 1 };
        let channels = channels.div_ceil(multiplier) * multiplier;
        let (from, to, window) = random.images(channels / multiplier, channels);
        let weights = random.bytes((window.height * window.width * channels) as usize);
        let words = random.channels(channels as usize);
        let input = random.bytes(from.batch as usize * from.plane());
        let op = Depthwise {
            input: Span::default(),
            output: Span::default(),
            scratch: Span::default(),
            weights: whole(&weights),
            channels: whole(&words),
            from,
            to,
            multiplier,
            window,
            rescaling: random.rescaling(),
            layout: Layout::Plain,
        };
        let plain = |arena: &mut [i8], [input, output, _]: [Span; 3]| {
            Plain.depthwise(
                &Depthwise { input, output, ..op },
                Constants { bytes: &weights, words: &words },
                arena,
            );
        };
        let fast = |arena: &mut [i8], [input, output, scratch]: [Span; 3], packed: &Packed| {
            let (weights, channels) = (whole(&packed.bytes), whole(&packed.words));
            let op = Depthwise { input, output, scratch, weights, channels, layout: Layout::Packed, ..op };
            kernels.depthwise(&op, Constants { bytes: &packed.bytes, words: &packed.words }, arena);
        };
        spread += usize::from(form.spread(&op) != channels as usize);
        let form = form.depthwise(&op, &weights, &Channels::of(&words));
        packed += compare(&input, from.batch as usize * to.plane(), form, plain, fast, &op);
    }
    assert!(spread > 4, "{spread} cases joined pixels");
    packed
}

fn fully_connected<K: Kernels>(form: Form, kernels: K, seed: u64) -> usize {
    let random = &mut Random(seed);
    let (mut packed, mut rows_kept) = (0, 0);
    for _ in 0..400 {
        let (rows, inputs, outputs) =
            (random.of(1..=3) as u32, random.of(1..=400) as u32, random.of(1..=140) as u32);
        let weights = random.bytes((inputs * outputs) as usize);
        let words = random.channels(outputs as usize);
        let input = random.bytes((rows * inputs) as usize);
        let op = FullyConnected {
            input: Span::default(),
            output: Span::default(),
            weights: whole(&weights),
            channels: whole(&words),
            rows,
            inputs,
            outputs,
            weights_offset: 0,
            rescaling: random.rescaling(),
            layout: Layout::Plain,
        };
        let plain = |arena: &mut [i8], [input, output, _]: [Span; 3]| {
            let op = FullyConnected { input, output, ..op };
            Plain.fully_connected(&op, Constants { bytes: &weights, words: &words }, arena);
        };
        let fast = |arena: &mut [i8], [input, output, _]: [Span; 3], packed: &Packed| {
            let op = FullyConnected { input, output, layout: Layout::Packed, ..op };
            kernels.fully_connected(&op, Constants { bytes: &weights, words: &packed.words }, arena);
        };
        let rowed = form.fully_connected(&op, &weights, &Channels::of(&words));
        let rowed = rowed.map(|words| Packed { words, ..Packed::default() });
        rows_kept += compare(&input, (rows * outputs) as usize, rowed, plain, fast, &op);
        let fast = |arena: &mut [i8], [input, output, scratch]: [Span; 3], packed: &Packed| {
            let (weights, channels) = (whole(&packed.bytes), whole(&packed.words));
            let op =
                FullyConnected { input, output, weights, channels, layout: Layout::Packed, ..op }.as_conv();
            let constants = Constants { bytes: &packed.bytes, words: &packed.words };
            kernels.conv(&Conv { scratch, ..op }, constants, arena);
        };
        let form = form.conv(&op.as_conv(), &weights, &Channels::of(&words));
        packed += compare(&input, (rows * outputs) as usize, form, plain, fast, &op);
    }
    assert!(rows_kept > 300, "{rows_kept} cases kept their rows");
    packed
}

fn binaries<K: Kernels>(kernels: K, seed: u64) {
    let (random, mut joined_forms) = (&mut Random(seed), 0);
    for _ in 0..400 {
        let (outer, row) = (random.of(1..=4) as u32, random.of(1..=150) as u32);
        let counts = [1, 1, 1, outer, row];
        // Each input goes on or stands still along either axis.
        let mut steps = || [random.of(0..=1) as i32, random.of(0..=1) as i32];
        let [a_steps, b_steps] =
            [steps(), steps()].map(|[outer, inner]| [0, 0, 0, outer * row as i32, inner]);
        let count = (outer * row) as usize;
        let input = random.bytes(2 * count);
        // What a sum adds is at most half of either; now and then a product grows.
        let factor = |random: &mut Random, shifts| Factor {
            multiplier: random.of(1 << 30..=(1 << 31) - 1) as i32,
            shift: random.of(shifts) as i32,
        };
        let arithmetic =
            [Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply][random.of(0..=2) as usize];
        let shifts = if arithmetic == Arithmetic::Multiply { -9..=1 } else { -20..=-15 };
        let Rescaling { input_offset: a_offset, output_offset, min, max } = random.rescaling();
        let op = Binary {
            arithmetic,
            a: Span { at: 0, len: count as u32 },
            b: Span { at: count as u32, len: count as u32 },
            output: Span { at: 2 * count as u32, len: count as u32 },
            counts,
            a_steps,
            b_steps,
            a_offset,
            b_offset: -random.of(-128..=127) as i32,
            a_factor: factor(random, -4..=0),
            b_factor: factor(random, -4..=0),
            factor: factor(random, shifts),
            output_offset,
            min,
            max,
        };
        // Those of one scale have exact ties.
        let op = if random.of(0..=3) == 0 {
            let half = Factor { multiplier: 1 << 30, shift: random.of(-1..=0) as i32 };
            Binary { a_factor: half, b_factor: half, factor: Factor { shift: -18, ..half }, ..op }
        } else {
            op
        };
        let joined = op.joined();
        joined_forms += usize::from(joined.is_some());
        let run = |op: &Binary, binary: &dyn Fn(&Binary, Constants<'_>, &mut [i8])| {
            let mut arena = input.clone();
            arena.resize(3 * count, 0x55);
            binary(op, Constants { bytes: &[], words: &[] }, &mut arena);
            arena
        };
        let expected = run(&op, &|op, constants, arena| Plain.binary(op, constants, arena));
        let fast = |op: &Binary| run(op, &|op, constants, arena| kernels.binary(op, constants, arena));
        assert_eq!(fast(&op), expected, "{op:?}");
        if let Some(joined) = joined {
            assert_eq!(fast(&joined), expected, "{op:?}, joined");
        }
    }
    assert!(joined_forms > 100, "{joined_forms} sums have a joined form");
}

fn pools<K: Kernels>(kernels: K, seed: u64) {
    let random = &mut Random(seed);
    for _ in 0..200 {
        let channels = random.of(1..=150) as u32;
        let (from, to, window) = random.images(channels, channels);
        let input = random.bytes(from.batch as usize * from.plane());
        let Rescaling { min, max, .. } = random.rescaling();
        let op = Pool {
            pooling: if random.of(0..=1) == 0 { Pooling::Average } else { Pooling::Max },
            input: Span::default(),
            output: Span::default(),
            from,
            to,
            window: Window { dilation_x: 1, dilation_y: 1, ..window },
            min,
            max,
        };
        let run = |pool: &dyn Fn(&Pool, Constants<'_>, &mut [i8])| {
            let (mut arena, [input, output, _]) = arena(&input, to.batch as usize * to.plane(), 0);
            pool(&Pool { input, output, ..op }, Constants { bytes: &[], words: &[] }, &mut arena);
            arena
        };
        let expected = run(&|op, constants, arena| Plain.pool(op, constants, arena));
        assert_eq!(run(&|op, constants, arena| kernels.pool(op, constants, arena)), expected, "{op:?}");
    }
}

/// Most random cases must have a packed form, or the test would show nothing.
fn all<K: Kernels>(form: Form, kernels: K, panel: usize) {
    assert!(convolutions(form, Layout::Packed, kernels, 1) > 300);
    assert!(depthwise(form, kernels, 2) > 300);
    assert!(fully_connected(form, kernels, 3) > 300);
    binaries(kernels, 4);
    pools(kernels, 5);
    int16_float::all(kernels, form, panel);
}

/// Tests a set, where this computer has it.
fn tested<K: Kernels>(name: &str, form: Form, panel: usize, set: Option<K>) {
    match set {
        Some(kernels) => all(form, kernels, panel),
        None => println!("SKIPPED: this computer has no {name}"),
    }
}

/// The second forms, of convolutions alone; fully connected layers are some whose window is the whole image.
#[cfg(target_arch = "x86_64")]
#[test]
fn second_forms_equal_plain() {
    match super::Avx2::detect() {
        Some(kernels) => assert!(convolutions(pack::AVX2_BYTES, Layout::Second, kernels, 6) > 300),
        None => println!("SKIPPED: this computer has no AVX2"),
    }
    match super::Vnni::detect() {
        Some(kernels) => assert!(convolutions(pack::VNNI_SHORT, Layout::Second, kernels, 7) > 300),
        None => println!("SKIPPED: this computer has no AVX-512 VNNI"),
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn avx2_equals_plain() {
    tested("AVX2", pack::AVX2, super::Avx2::PANEL, super::Avx2::detect());
}

#[cfg(target_arch = "x86_64")]
#[test]
fn avx_vnni_equals_plain() {
    tested("AVX-VNNI", pack::AVX_VNNI, super::AvxVnni::PANEL, super::AvxVnni::detect());
}

#[cfg(target_arch = "x86_64")]
#[test]
fn vnni_equals_plain() {
    tested("AVX-512 VNNI", pack::VNNI, super::Vnni::PANEL, super::Vnni::detect());
}

#[cfg(target_arch = "aarch64")]
#[test]
fn neon_equals_plain() {
    tested("NEON", pack::NEON, super::Neon::PANEL, super::Neon::detect());
}

#[cfg(target_arch = "aarch64")]
#[test]
fn neon_dotprod_equals_plain() {
    tested("NEON with dot products", pack::NEON, super::NeonDot::PANEL, super::NeonDot::detect());
}

#[cfg(target_arch = "wasm32")]
#[test]
fn simd128_equals_plain() {
    tested("vectors", pack::SIMD128, super::Simd128::PANEL, super::Simd128::detect());
}
