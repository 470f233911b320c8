//! Convolutions of each channel on its own.

use pulp::Arch;

use super::patches::Window;

/// Channels that are computed side by side.
const LANES: usize = 8;

/// Where the weights of a tap begin, and where the pixel begins that it reads.
type Tap = (usize, usize);

/// Adds the convolution of an example's plane to `sums`; `weights` lie tap by tap, channels together.
pub(super) fn forward(window: Window, x: &[f32], weights: &[f32], sums: &mut [f32]) {
    let channels = window.output[2];
    let mut taps = Vec::with_capacity(window.taps());
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for (at, sums) in sums.chunks_exact_mut(channels).enumerate() {
                seen(window, at, &mut taps);
                let (lanes, rest) = sums.as_chunks_mut::<LANES>();
                for (index, sums) in lanes.iter_mut().enumerate() {
                    add(&taps, LANES * index, x, weights, sums);
                }
                let start = channels - rest.len();
                for (index, sum) in rest.iter_mut().enumerate() {
                    add(&taps, start + index, x, weights, std::array::from_mut(sum));
                }
            }
        },
    );
}

/// From the gradient of the sums: adds that of the weights to `dw`, and that of the input to `dx`, where it is wanted.
pub(super) fn backward(
    window: Window,
    x: &[f32],
    weights: &[f32],
    gradient: &[f32],
    mut dx: Option<&mut [f32]>,
    dw: &mut [f32],
) {
    let channels = window.output[2];
    let mut taps = Vec::with_capacity(window.taps());
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for (at, gradient) in gradient.chunks_exact(channels).enumerate() {
                seen(window, at, &mut taps);
                let (lanes, rest) = gradient.as_chunks::<LANES>();
                let start = channels - rest.len();
                for (index, gradient) in lanes.iter().enumerate() {
                    spread(&taps, LANES * index, x, gradient, dw, Onto::Weights);
                    if let Some(dx) = &mut dx {
                        spread(&taps, LANES * index, weights, gradient, dx, Onto::Input);
                    }
                }
                for (index, gradient) in rest.iter().enumerate() {
                    spread(&taps, start + index, x, &[*gradient], dw, Onto::Weights);
                    if let Some(dx) = &mut dx {
                        spread(&taps, start + index, weights, &[*gradient], dx, Onto::Input);
                    }
                }
            }
        },
    );
}

/// The taps that lie on the plane for the output pixel `at`.
#[inline(always)]
fn seen(window: Window, at: usize, taps: &mut Vec<Tap>) {
    let ([_, columns, channels], wide) = (window.input, window.output[1]);
    let ((rows, y), (across, x)) = (window.seen(0, at / wide), window.seen(1, at % wide));
    taps.clear();
    for (row, y) in rows.zip(y..) {
        for (tap, x) in across.clone().zip(x..) {
            taps.push(((row * window.kernel[1] + tap) * channels, (y * columns + x) * channels));
        }
    }
}

/// Adds to the sums of some channels, from `channel` on, what the taps read.
#[inline(always)]
fn add<const N: usize>(taps: &[Tap], channel: usize, x: &[f32], weights: &[f32], sums: &mut [f32; N]) {
    let mut total = *sums;
    for &(tap, pixel) in taps {
        let x: &[f32; N] = part(x, pixel + channel);
        let weights: &[f32; N] = part(weights, tap + channel);
        for lane in 0..N {
            total[lane] += x[lane] * weights[lane];
        }
    }
    *sums = total;
}

/// Which of two a gradient goes to.
#[derive(Clone, Copy)]
enum Onto {
    Weights,
    Input,
}

/// Adds the gradient of some channels' sums, times what they were made from, to the gradient of weights or input.
#[inline(always)]
fn spread<const N: usize>(
    taps: &[Tap],
    channel: usize,
    from: &[f32],
    gradient: &[f32; N],
    to: &mut [f32],
    onto: Onto,
) {
    for &(tap, pixel) in taps {
        let (read, written) = match onto {
            Onto::Weights => (pixel, tap),
            Onto::Input => (tap, pixel),
        };
        let read: &[f32; N] = part(from, read + channel);
        let start = written + channel;
        let written: &mut [f32; N] = (&mut to[start..start + N]).try_into().expect("a part of that length");
        let mut total = *written;
        for lane in 0..N {
            total[lane] += read[lane] * gradient[lane];
        }
        *written = total;
    }
}

#[inline(always)]
fn part<const N: usize>(values: &[f32], start: usize) -> &[f32; N] {
    values[start..start + N].try_into().expect("a part of that length")
}
