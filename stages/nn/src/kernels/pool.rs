//! AVERAGE_POOL_2D and MAX_POOL_2D on integers: TFLite's `reference_integer_ops::AveragePool` and `MaxPool`.

use super::cell::Cell;
use super::window::Reach;
use super::{Constants, pair};
use crate::op::{Pool, Pooling};

/// Pools each channel over the window. Padding does not take part.
pub(super) fn pool<C: Cell>(op: &Pool, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let (input, output) = (C::of(input), C::of_mut(output));
    let (image, width, depth) = (op.from.plane(), op.to.width as usize, op.to.channels as usize);
    for (pixel, outputs) in output.chunks_exact_mut(depth).enumerate() {
        let (row, x) = (pixel / width, pixel % width);
        let (batch, y) = (row / op.to.height as usize, row % op.to.height as usize);
        let w = &op.window;
        let rows = Reach::new(y, w.stride_y, w.pad_top, w.height, 1, op.from.height);
        let columns = Reach::new(x, w.stride_x, w.pad_left, w.width, 1, op.from.width);
        let image = &input[batch * image..][..image];
        let lines = || image.chunks_exact(op.from.row()).skip(rows.start).take(rows.len());
        for (channel, out) in outputs.iter_mut().enumerate() {
            let values = || {
                lines().flat_map(move |line| {
                    line[columns.start * depth..][..columns.len() * depth].iter().skip(channel).step_by(depth)
                })
            };
            let value = match op.pooling {
                Pooling::Max => values().map(C::get).max().unwrap_or(C::MIN),
                Pooling::Average => mean(values().map(C::get).sum(), rows.len() * columns.len()),
            };
            *out = C::put(value.max(op.min).min(op.max));
        }
    }
}

/// Mean, rounded to nearest, ties away from zero.
fn mean(sum: i32, count: usize) -> i32 {
    let count = (count as i32).max(1);
    if sum > 0 { (sum + count / 2) / count } else { (sum - count / 2) / count }
}
