//! Images of another size.

mod area;
mod bilinear;

pub use area::{Accumulator, Area};
pub use bilinear::Bilinear;

use super::Size;

/// From which size to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scaling {
    /// The images that are read.
    pub from: Size,
    /// Rows of those that are written.
    pub height: usize,
    /// Width of those that are written.
    pub width: usize,
}

impl Scaling {
    /// The size of the images that are written.
    pub const fn to(self) -> Size {
        Size { height: self.height, width: self.width, channels: self.from.channels }
    }
}

/// Lengths along one axis, before and after, divided by what they have in common: the least whole numbers of their
/// ratio.
const fn ratio(from: usize, to: usize) -> (u32, u32) {
    let (mut a, mut b) = (from, to);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    let common = if a > 0 { a } else { 1 };
    ((from / common) as u32, (to / common) as u32)
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub use kind::{Method, ResizeParams, Resizer};
