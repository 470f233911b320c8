//! Each pixel between the four nearest.

use kws_engine::{Block, Flow, Stage, StageFault};

use super::{Scaling, ratio};

/// `resize` by bilinear interpolation between the four nearest pixels, whose centres lie at halves; beyond the edges
/// stand the pixels at the edges. The value is exact, rounded to the nearest with ties upwards. For making images
/// larger or a little smaller: of an image that becomes much smaller it looks at few pixels.
///
/// # Reads
/// `image` u8 `[height, width, channels]`.
///
/// # Writes
/// `image` u8 `[new height, new width, channels]`, one for each.
///
/// # Parameters
/// `width`, `height`, `method = "bilinear"`.
///
/// # Reference
/// TensorFlow's `RESIZE_BILINEAR` with half-pixel centres and OpenCV's `INTER_LINEAR`, which compute the same in singles
/// or with 11 fractional bits, and differ by at most one step.
///
/// # Example
/// ```
/// use kws_engine::{Block, Stage};
/// use kws_stages::vision::{Bilinear, Scaling, Size};
///
/// let from = Size { height: 1, width: 2, channels: 1 };
/// let mut resize = Bilinear(Scaling { from, height: 1, width: 4 });
/// let mut out = [0; 4];
/// resize.process(Block { at: 1, items: &[0, 100] }, &mut out)?;
/// assert_eq!(out, [0, 25, 75, 100]);
/// # Ok::<(), kws_engine::StageFault>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Bilinear(pub Scaling);

/// Where a pixel of the result lies between two along one axis.
#[derive(Clone, Copy)]
struct Between {
    first: usize,
    second: usize,
    /// Weight of the second, of `Axis::whole`.
    weight: u32,
}

/// One axis: lengths in their least whole numbers, and the last place.
#[derive(Clone, Copy)]
struct Axis {
    from: u32,
    to: u32,
    last: usize,
}

impl Axis {
    const fn new(from: usize, to: usize) -> Self {
        let (least_from, least_to) = ratio(from, to);
        Axis { from: least_from, to: least_to, last: from.saturating_sub(1) }
    }

    /// What the weights of two neighbours sum to.
    const fn whole(self) -> u32 {
        2 * self.to
    }

    /// The neighbours of a place: its centre is at ((2 index + 1) from − to) / (2 to).
    #[inline]
    fn at(self, index: usize) -> Between {
        let doubled = (2 * index as u64 + 1) * u64::from(self.from);
        let Some(beyond) = doubled.checked_sub(u64::from(self.to)) else {
            return Between { first: 0, second: 0, weight: 0 };
        };
        let whole = u64::from(self.whole());
        let first = (beyond / whole) as usize;
        Between {
            first: first.min(self.last),
            second: (first + 1).min(self.last),
            weight: (beyond % whole) as u32,
        }
    }
}

impl Stage for Bilinear {
    type In = u8;
    type Out = u8;

    fn process(&mut self, input: Block<'_, u8>, output: &mut [u8]) -> Result<Flow, StageFault> {
        let Scaling { from, height, width } = self.0;
        if input.len() != from.items() || output.len() != self.0.to().items() {
            return Err(StageFault::new("`resize` received images of another size"));
        }
        let (down, across) = (Axis::new(from.height, height), Axis::new(from.width, width));
        for (index, row) in output.chunks_exact_mut(width * from.channels).enumerate() {
            let between = down.at(index);
            let [upper, lower] =
                [between.first, between.second].map(|place| &input[place * from.row()..][..from.row()]);
            let weights = [down.whole() - between.weight, between.weight];
            match from.channels {
                1 => interpolate::<1>([upper, lower], weights, across, row),
                _ => interpolate::<3>([upper, lower], weights, across, row),
            }
        }
        Ok(Flow::Emit)
    }
}

/// A row between two, whose weights are given.
#[inline]
fn interpolate<const C: usize>(rows: [&[u8]; 2], weights: [u32; 2], across: Axis, row: &mut [u8]) {
    let [(upper, _), (lower, _)] = rows.map(|row| row.as_chunks::<C>());
    let whole = (weights[0] + weights[1]) * across.whole();
    let (row, _) = row.as_chunks_mut::<C>();
    for (index, pixel) in row.iter_mut().enumerate() {
        let Between { first, second, weight } = across.at(index);
        let column = |place: usize, channel: usize| {
            weights[0] * u32::from(upper[place][channel]) + weights[1] * u32::from(lower[place][channel])
        };
        *pixel = core::array::from_fn(|channel| {
            let sum = (across.whole() - weight) * column(first, channel) + weight * column(second, channel);
            ((sum + whole / 2) / whole) as u8
        });
    }
}
