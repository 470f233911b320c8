//! AVERAGE_POOL_2D, MAX_POOL_2D and MEAN, float32.

use super::{get, pair, put};
use crate::kernels::Constants;
use crate::kernels::walk::each;
use crate::kernels::window::Reach;
use crate::op::{FloatMean, FloatPool, Pooling};

/// Pools each channel over the window. Padding does not take part.
pub(in crate::kernels) fn pool(op: &FloatPool, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
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

/// Means over any axes.
pub(in crate::kernels) fn mean(op: &FloatMean, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let count: u32 = op.reduced.iter().product();
    let mut outputs = output.iter_mut();
    each(&op.kept, [&op.kept_steps], |[start]| {
        let mut sum = 0.0;
        each(&op.reduced, [&op.reduced_steps], |[offset]| sum += get(&input[(start + offset) as usize]));
        if let Some(out) = outputs.next() {
            *out = put(sum / count as f32);
        }
    });
}
