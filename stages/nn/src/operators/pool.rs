//! AVERAGE_POOL_2D and MAX_POOL_2D.
//!
//! Reference: TFLite's `reference_integer_ops::AveragePool` and `MaxPool`.

use crate::kernels::cell::Cell;
use crate::kernels::float::{get, put};
use crate::kernels::window::Reach;
#[cfg(all(
    feature = "std",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")
))]
use crate::kernels::window::reaches;
use crate::kernels::{Constants, float, pair};
use crate::op::{Bounds, Image, Span, Window, spans};

/// What a pooling window computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Mean of what of the window lies inside the image, rounded to nearest, ties away from zero.
    Average,
    /// Greatest.
    Max,
}

/// AVERAGE_POOL_2D and MAX_POOL_2D, int8 or int16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool<A = Span> {
    /// What is computed.
    pub pooling: Pooling,
    /// Input image in the arena.
    pub input: A,
    /// Output image in the arena.
    pub output: A,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// The sliding window; its dilations are one.
    pub window: Window,
    /// Least output, from the fused activation.
    pub min: i32,
    /// Greatest output.
    pub max: i32,
}

spans!(Pool { input: Read, output: Write } { pooling, from, to, window, min, max });

/// AVERAGE_POOL_2D and MAX_POOL_2D, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatPool<A = Span> {
    /// What is computed.
    pub pooling: Pooling,
    /// Input image in the arena.
    pub input: A,
    /// Output image in the arena.
    pub output: A,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// The sliding window; its dilations are one.
    pub window: Window,
    /// Bounds of the output.
    pub bounds: Bounds,
}

spans!(FloatPool { input: Read, output: Write } { pooling, from, to, window, bounds });

/// Pools each channel over the window. Padding does not take part.
pub(crate) fn pool<C: Pooled>(op: &Pool, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let (input, output) = (C::of(input), C::of_mut(output));
    let (image, width, depth) = (op.from.plane(), op.to.width as usize, op.to.channels as usize);
    for (pixel, outputs) in output.chunks_exact_mut(depth).enumerate() {
        let (row, x) = (pixel / width, pixel % width);
        let (batch, y) = (row / op.to.height as usize, row % op.to.height as usize);
        let w = &op.window;
        let rows = Reach::new(y, w.stride_y, w.pad_top, w.height, 1, op.from.height);
        let columns = Reach::new(x, w.stride_x, w.pad_left, w.width, 1, op.from.width);
        let count = rows.len() * columns.len();
        // Where the window is as wide as the image, its rows are one run of pixels.
        let (runs, pixels) = match (count, columns.len() == op.from.width as usize) {
            (0, _) => (0, 1),
            (count, true) => (1, count),
            (_, false) => (rows.len(), columns.len()),
        };
        let first = batch * image + rows.start * op.from.row() + columns.start * depth;
        let seen = Seen { cells: input.get(first..).unwrap_or(&[]), pixels, line: op.from.row(), depth };
        let value = |value: i32| C::put(value.max(op.min).min(op.max));
        let (blocks, rest) = outputs.as_chunks_mut::<AT_ONCE>();
        let done = blocks.len() * AT_ONCE;
        for (block, outputs) in blocks.iter_mut().enumerate() {
            let channel = block * AT_ONCE;
            *outputs = match op.pooling {
                Pooling::Max => {
                    let mut most = [C::MIN; AT_ONCE];
                    (0..runs)
                        .for_each(|run| most = C::greatest(seen.run(run, channel, AT_ONCE), depth, most));
                    most.map(value)
                }
                Pooling::Average => {
                    let mut sums = [0; AT_ONCE];
                    (0..runs).for_each(|run| sums = C::sums(seen.run(run, channel, AT_ONCE), depth, sums));
                    sums.map(|sum| value(mean(sum, count)))
                }
            };
        }
        for (channel, out) in (done..).zip(rest) {
            let values =
                || (0..runs).flat_map(|run| seen.run(run, channel, 1).iter().step_by(depth)).map(C::get);
            *out = value(match op.pooling {
                Pooling::Max => values().max().unwrap_or(C::MIN),
                Pooling::Average => mean(values().sum(), count),
            });
        }
    }
}

/// Channels that are held in registers while the window is gone through.
const AT_ONCE: usize = 8;

/// What of an image a window shows: runs of so many pixels, each a line behind the one before.
struct Seen<'a, T> {
    cells: &'a [T],
    pixels: usize,
    /// Cells from one run to the next.
    line: usize,
    /// Cells from one pixel to the next.
    depth: usize,
}

impl<'a, T> Seen<'a, T> {
    /// A run from the first pixel's channel on, up to so many channels of the last pixel.
    fn run(&self, run: usize, channel: usize, channels: usize) -> &'a [T] {
        let cells = self.cells.get(run * self.line + channel..).unwrap_or(&[]);
        let length = (self.pixels - 1) * self.depth + channels;
        cells.get(..length).unwrap_or(&[])
    }
}

/// Integers of which eight channels are pooled at once; `cells` are a run from the first of these channels of its first pixel
/// to the last one of its last pixel.
pub(crate) trait Pooled: Cell {
    /// The greatest of each channel, and of what is held.
    fn greatest(cells: &[Self::Bytes], depth: usize, held: [i32; AT_ONCE]) -> [i32; AT_ONCE];
    /// The sum of each channel, and of what is held.
    fn sums(cells: &[Self::Bytes], depth: usize, held: [i32; AT_ONCE]) -> [i32; AT_ONCE];
}

impl Pooled for i16 {
    fn greatest(cells: &[Self::Bytes], depth: usize, mut held: [i32; AT_ONCE]) -> [i32; AT_ONCE] {
        for pixel in cells.chunks(depth) {
            held.iter_mut().zip(pixel).for_each(|(held, cell)| *held = (*held).max(i16::get(cell)));
        }
        held
    }

    fn sums(cells: &[Self::Bytes], depth: usize, mut held: [i32; AT_ONCE]) -> [i32; AT_ONCE] {
        for pixel in cells.chunks(depth) {
            held.iter_mut().zip(pixel).for_each(|(held, cell)| *held += i16::get(cell));
        }
        held
    }
}

/// Bytes are pooled four to a word: eight channels fit into the registers of a Cortex-M.
impl Pooled for i8 {
    #[inline(never)]
    fn greatest(mut cells: &[Self::Bytes], depth: usize, held: [i32; AT_ONCE]) -> [i32; AT_ONCE] {
        let held = held.map(|held| [held as i8]);
        let [mut low, mut high] = words(&held);
        while let Some(pixel) = cells.first_chunk() {
            let words = words(pixel);
            (low, high) = (most(low, words[0]), most(high, words[1]));
            cells = cells.get(depth..).unwrap_or(&[]);
        }
        bytes([low, high]).map(|byte| i32::from(byte) - 128)
    }

    fn sums(cells: &[Self::Bytes], depth: usize, mut held: [i32; AT_ONCE]) -> [i32; AT_ONCE] {
        for cells in cells.chunks(MOST_PIXELS * depth) {
            let pixels = cells.len().div_ceil(depth) as i32;
            for (held, sum) in held.iter_mut().zip(few_sums(cells, depth)) {
                *held += i32::from(sum) - 128 * pixels;
            }
        }
        held
    }
}

/// Pixels whose sum of unsigned bytes fits into 16 bits.
const MOST_PIXELS: usize = 257;

/// The sum of each channel, each byte 128 more.
#[inline(never)]
fn few_sums(mut cells: &[[i8; 1]], depth: usize) -> [u16; AT_ONCE] {
    const EVEN: u32 = 0x00ff_00ff;
    let [mut a, mut b, mut c, mut d] = [0; 4];
    while let Some(pixel) = cells.first_chunk() {
        let [low, high] = words(pixel);
        (a, b) = (a + (low & EVEN), b + (low >> 8 & EVEN));
        (c, d) = (c + (high & EVEN), d + (high >> 8 & EVEN));
        cells = cells.get(depth..).unwrap_or(&[]);
    }
    [a, b, a >> 16, b >> 16, c, d, c >> 16, d >> 16].map(|sum| sum as u16)
}

/// Eight signed bytes as unsigned ones, each 128 more.
#[inline]
fn words(bytes: &[[i8; 1]; AT_ONCE]) -> [u32; 2] {
    let [[a], [b], [c], [d], [e], [f], [g], [h]] = *bytes;
    let word = |a: i8, b: i8, c: i8, d: i8| u32::from_le_bytes([a as u8, b as u8, c as u8, d as u8]) ^ HIGH;
    [word(a, b, c, d), word(e, f, g, h)]
}

fn bytes(words: [u32; 2]) -> [u8; AT_ONCE] {
    let [[a, b, c, d], [e, f, g, h]] = words.map(u32::to_le_bytes);
    [a, b, c, d, e, f, g, h]
}

/// The high bit of each byte of a word.
const HIGH: u32 = 0x8080_8080;

/// The greater of each unsigned byte.
#[inline]
fn most(a: u32, b: u32) -> u32 {
    // With its high bit set, no byte borrows from the next; that bit stays where the rest of `a` is at least that of `b`.
    let rest = (a | HIGH) - (b & !HIGH);
    let at_least = ((a & !b) | (!(a ^ b) & rest)) & HIGH;
    let mask = (at_least << 1).wrapping_sub(at_least >> 7);
    (a & mask) | (b & !mask)
}

/// Pools int8 for kernel sets with vectors, to be compiled for their instructions: pixel by pixel of the window, many
/// channels at once.
#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")))]
#[inline(always)]
pub(crate) fn vectors(op: &Pool, arena: &mut [i8]) {
    /// Channels whose values are in registers together.
    const CHANNELS: usize = 64;
    let (input, output) = pair(arena, op.input, op.output);
    let depth = op.to.channels as usize;
    for (pixel, outputs) in output.chunks_exact_mut(depth).enumerate() {
        let (batch, rows, columns) = reaches(pixel, &op.window, op.from, op.to);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        let lines = image.chunks_exact(op.from.row()).skip(rows.start).take(rows.len());
        let pixels = lines.flat_map(|line| line.chunks_exact(depth).skip(columns.start).take(columns.len()));
        for (block, outputs) in outputs.chunks_mut(CHANNELS).enumerate() {
            let pixels = pixels.clone().map(|pixel| &pixel[block * CHANNELS..][..outputs.len()]);
            let mut values = [0i32; CHANNELS];
            match op.pooling {
                Pooling::Max => {
                    values = [i32::from(i8::MIN); CHANNELS];
                    for pixel in pixels {
                        values.iter_mut().zip(pixel).for_each(|(most, x)| *most = i32::from(*x).max(*most));
                    }
                }
                Pooling::Average => {
                    for pixel in pixels {
                        values.iter_mut().zip(pixel).for_each(|(sum, x)| *sum += i32::from(*x));
                    }
                    let count = rows.len() * columns.len();
                    values[..outputs.len()].iter_mut().for_each(|sum| *sum = mean(*sum, count));
                }
            }
            for (out, value) in outputs.iter_mut().zip(values) {
                *out = value.max(op.min).min(op.max) as i8;
            }
        }
    }
}

/// Mean, rounded to nearest, ties away from zero.
fn mean(sum: i32, count: usize) -> i32 {
    let count = (count as i32).max(1);
    if sum > 0 { (sum + count / 2) / count } else { (sum - count / 2) / count }
}

/// The same of floats.
pub(crate) fn float(op: &FloatPool, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = float::pair(arena, op.input, op.output);
    let (width, depth, w) = (op.to.width as usize, op.to.channels as usize, &op.window);
    for (pixel, outputs) in output.chunks_exact_mut(depth).enumerate() {
        let (row, x) = (pixel / width, pixel % width);
        let (batch, y) = (row / op.to.height as usize, row % op.to.height as usize);
        let rows = Reach::new(y, w.stride_y, w.pad_top, w.height, 1, op.from.height);
        let columns = Reach::new(x, w.stride_x, w.pad_left, w.width, 1, op.from.width);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            let line = |y: usize| &image[y * op.from.row()..][..op.from.row()];
            let values = (rows.start..rows.start + rows.len()).flat_map(|y| {
                let line = line(y);
                (columns.start..columns.start + columns.len()).map(move |x| get(&line[x * depth + channel]))
            });
            let count = (rows.len() * columns.len()).max(1) as f32;
            *out = put(op.bounds.clamp(match op.pooling {
                Pooling::Average => values.sum::<f32>() / count,
                Pooling::Max => values.fold(f32::MIN, f32::max),
            }));
        }
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::{FloatPool, Pool, Pooling};
    use crate::error::{ModelError, ModelErrorKind};
    use crate::op::{Op, Window};
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::planner::operators::code;
    use crate::planner::window::Sliding;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        /// AVERAGE_POOL_2D and MAX_POOL_2D: one input.
        pub(crate) fn pool_2d(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            let (from, to) = (node.image(&input)?, node.image(&output)?);
            if to.channels != from.channels {
                return Err(node.shape(&output, format!("{} channels", from.channels)));
            }
            let (sliding, taps) = node.pool_sliding()?;
            let pooling =
                if node.operator.code.code == code::MAX_POOL_2D { Pooling::Max } else { Pooling::Average };
            if input.tensor.element == Element::F32 {
                return self.float_pool(node, pooling, taps, &sliding);
            }
            let int16 = node.is_int16(&[&input, &output])?;
            let window = node.window(&sliding, taps, from, (&output, to))?;
            let (min, max) = node.activation(&output, node.options()?.i8(5, 0)?)?;
            let op = Pool {
                pooling,
                input: self.read(node, &input)?,
                output: self.write(node, &output)?,
                from,
                to,
                window,
                min,
                max,
            };
            self.ops.push(if int16 { Op::Int16Pool(op) } else { Op::Pool(op) });
            Ok(())
        }

        /// AVERAGE_POOL_2D and MAX_POOL_2D.
        fn float_pool(
            &mut self,
            node: &Node<'_, 'a>,
            pooling: Pooling,
            taps: (u32, u32),
            sliding: &Sliding,
        ) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            node.expect(&output, Element::F32)?;
            let (from, to) = (node.image(&input)?, node.image(&output)?);
            let op = FloatPool {
                pooling,
                window: node.window(sliding, taps, from, (&output, to))?,
                bounds: node.bounds(node.options()?.i8(5, 0)?)?,
                input: self.read(node, &input)?,
                output: self.write(node, &output)?,
                from,
                to,
            };
            self.ops.push(Op::FloatPool(op));
            Ok(())
        }
    }

    impl Node<'_, '_> {
        /// Padding and strides, and the window's rows and columns.
        fn pool_sliding(&self) -> Result<(Sliding, (u32, u32)), ModelError> {
            let options = self.options()?;
            let sliding = Sliding {
                padding: options.i8(0, 0)?,
                stride: (options.i32(2, 0)?, options.i32(1, 0)?),
                dilation: (1, 1),
            };
            let taps = |slot| -> Result<u32, ModelError> {
                let taps = options.i32(slot, 0)?;
                u32::try_from(taps).ok().filter(|n| (1..=1 << 12).contains(n)).ok_or_else(|| {
                    self.refuse(
                        ModelErrorKind::Shape,
                        format!("a window of {taps} rows or columns"),
                        "1 to 4096",
                    )
                })
            };
            Ok((sliding, (taps(4)?, taps(3)?)))
        }

        /// The window of an AVERAGE_POOL_2D or MAX_POOL_2D.
        pub(crate) fn pool_window(&self) -> Result<Window, ModelError> {
            let (input, output) = (self.input(0)?, self.output(0)?);
            let (sliding, taps) = self.pool_sliding()?;
            self.window(&sliding, taps, self.image(&input)?, (&output, self.image(&output)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greater_of_bytes_is_found_in_words() {
        for a in 0..=255u32 {
            for b in 0..=255u32 {
                let (x, y) = (a << 24 | b << 16 | a, b << 24 | a << 16 | b << 8 | a);
                let greater = a.max(b);
                assert_eq!(most(x, y), greater << 24 | greater << 16 | b << 8 | a, "{a} {b}");
            }
        }
    }

    #[test]
    fn bytes_are_pooled_as_wider_integers_are() {
        let mut seed = 1u32;
        for (depth, pixels) in [(8, 1), (8, 300), (11, 49), (40, 600), (9, 257), (8, 258)] {
            let bytes: Vec<[i8; 1]> = (0..(pixels - 1) * depth + AT_ONCE)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    // Long runs of the greatest and of the least.
                    [match seed >> 30 {
                        0 => 127,
                        1 => -128,
                        _ => (seed >> 20) as i8,
                    }]
                })
                .collect();
            let wide: Vec<[i8; 2]> = bytes.iter().map(|[byte]| i16::put(i32::from(*byte))).collect();
            let sums = [3; AT_ONCE];
            assert_eq!(i8::sums(&bytes, depth, sums), i16::sums(&wide, depth, sums), "{depth} {pixels}");
            let least = [-128; AT_ONCE];
            assert_eq!(i8::greatest(&bytes, depth, least), i16::greatest(&wide, depth, least));
        }
    }
}
