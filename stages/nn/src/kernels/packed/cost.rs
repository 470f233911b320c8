//! What a run of an operator takes in each of the forms that its weights may have, estimated: the planner takes the cheapest.
//!
//! Estimates are cycles of one core whose data lie in its caches. They follow the loops: a step is bound by multiplications, by
//! loads of weights and of inputs, or by the wait of a sum for the one before it, whichever takes longest, and weights that do not
//! fit a cache are read from the next one. What matters is the order of the candidates of one operator; the bench `candidates`
//! compares it with what they take.

use super::image::{Corners, Padded};
use super::pack::Form;
use crate::op::{Conv, Depthwise, FullyConnected};

/// Cycles that the instructions of a form take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    /// Products of a vector, added to their sums.
    pub(crate) multiply: f32,
    /// From a sum to the next one that needs it.
    pub(crate) latency: f32,
    /// A vector of weights, read from the nearest cache and, where the kernel does so, widened.
    pub(crate) weights: f32,
    /// A word of inputs to all lanes.
    pub(crate) word: f32,
    /// Rescaling a vector of sums and writing its bytes.
    pub(crate) write: f32,
    /// Sixteen inputs times sixteen weights in a row, of kernels that read rows of weights.
    pub(crate) row: f32,
}

/// Bytes of weights that each of a core's two caches holds, beside what else is there, and bytes that it reads in a cycle from
/// what is behind.
const NEAR: (f32, f32) = (24_576.0, 26.0);
const FAR: (f32, f32) = (786_432.0, 4.0);
/// The part of the shorter one of two things that go on at once which is not hidden behind the longer one.
const SHOWS: f32 = 0.2;
/// Cycles that a call takes, a block of channels, and a group of pixels.
const CALL: f32 = 60.0;
const BLOCK: f32 = 24.0;
const GROUP: f32 = 12.0;
/// Bytes of inputs that are copied in a cycle, and cycles that each row of them takes.
const COPY: (f32, f32) = (16.0, 8.0);
/// Cycles that the plain kernels take for a product, and for an output.
const PLAIN: (f32, f32) = (0.5, 12.0);

/// Cycles of a convolution whose weights have this form, in a model with so many `weights`.
pub(crate) fn conv(form: Form, op: &Conv<impl Copy>, weights: usize) -> f32 {
    let (padded, window) = (Padded::new(op.from, op.to, &op.window), &op.window);
    let runs = if window.dilation_x == 1 { 1 } else { window.width as usize };
    let width = window.width as usize / runs * op.depth as usize;
    let steps = window.height as usize * runs * width.div_ceil(form.inputs);
    let channels = form.paired(op.to);
    let pairs = if channels == op.to.channels as usize { 1.0 } else { 2.0 };
    let corners = Corners::new(padded, op.to, window);
    let corners = corners.spread(op.to, channels, 2 * corners.right).joined();
    let (rates, lane) = (form.rates, steps * form.word());
    let mut cycles = fill(form, padded);
    for (_, panels) in form.blocks(channels) {
        let bytes = panels * form.lanes * lane;
        // Between two runs they are where the model's weights are; from one group of pixels to the next, nearer.
        let (first, next) = (read(bytes, weights * form.weight), read(bytes, bytes));
        let group = |pixels: usize, sets: usize, read: f32| {
            let sums = steps as f32 * step(rates, panels, pixels, sets, pairs);
            sums.max(read) + SHOWS * sums.min(read) + (pixels * panels) as f32 * rates.write + GROUP
        };
        cycles += BLOCK;
        if padded.is_window(window) {
            cycles += group(1, 4, first);
            continue;
        }
        let (most, rows) = (form.pixels(panels), corners.rows as f32);
        let (groups, left) = (corners.columns / most, corners.columns % most);
        cycles += rows * groups as f32 * group(most, 2, next) + (1.0 + SHOWS) * (first - next);
        if left > 0 {
            cycles += rows * group(left, if left * panels < 4 { 2 } else { 1 }, next);
        }
    }
    CALL + op.to.batch as f32 * cycles
}

/// Cycles of a step of `panels` by `pixels` sums that wait for each other in `sets`.
fn step(rates: Rates, panels: usize, pixels: usize, sets: usize, pairs: f32) -> f32 {
    let (panels, pixels) = (panels as f32, pixels as f32);
    let loads = panels * rates.weights + pixels * pairs * rates.word;
    (panels * pixels * rates.multiply).max(loads).max(rates.latency / sets as f32)
}

/// Cycles in which `part` of `all` bytes of weights are read that are used by turns.
fn read(part: usize, all: usize) -> f32 {
    let (part, all) = (part as f32, all as f32);
    // What a cache holds of them is not read from behind it. Each byte that it lacks throws out another one before its turn.
    let behind = |(bytes, rate): (f32, f32)| part * (2.0 * (1.0 - bytes / all)).clamp(0.0, 1.0) / rate;
    behind(NEAR) + behind(FAR)
}

/// Cycles in which an image is copied to where its padding is written out.
fn fill(form: Form, padded: Padded) -> f32 {
    (padded.len() * (4 / form.inputs)) as f32 / COPY.0 + padded.height as f32 * COPY.1
}

/// Cycles of a depthwise convolution whose weights have this form.
pub(crate) fn depthwise(form: Form, op: &Depthwise<impl Copy>) -> f32 {
    let padded = Padded::new(op.from, op.to, &op.window).repeated(op.multiplier);
    let spread = form.spread(op);
    let steps = (op.window.height as usize * op.window.width as usize).div_ceil(form.inputs) as f32;
    let pixels = (op.to.plane() / spread) as f32;
    let panels = (form.walked(spread) / form.lanes) as f32;
    // The words of each lane are put together from the items of as many taps.
    let word = form.inputs as f32 * form.rates.word + form.rates.weights;
    let pixel = panels * (steps * word.max(form.rates.multiply) + form.rates.write) + GROUP;
    CALL + op.to.batch as f32 * (fill(form, padded) + pixels * pixel)
}

/// Cycles of a fully connected layer whose weights stay in rows, in a model with so many `weights`.
pub(crate) fn rows(form: Form, op: &FullyConnected<impl Copy>, weights: usize) -> f32 {
    let inputs = op.inputs as usize;
    let row = inputs as f32 / 16.0 * form.rates.row;
    // Lanes are added to one sum, which is rescaled by itself; what does not fill a vector goes by single bytes.
    let output = row.max(read(inputs, weights)) + 40.0;
    CALL + op.rows as f32 * op.outputs as f32 * output
}

/// Cycles of `products` and `outputs` with the plain kernels.
pub(crate) fn plain(products: f32, outputs: f32) -> f32 {
    CALL + products * PLAIN.0 + outputs * PLAIN.1
}
