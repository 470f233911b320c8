//! Windows that slide over images.

use crate::op::{Image, Window};

/// The part of a window along one dimension that lies inside the image.
#[derive(Clone, Copy)]
pub(crate) struct Reach {
    /// First tap inside.
    pub(crate) first: usize,
    /// One past the last tap inside.
    pub(crate) end: usize,
    /// Coordinate in the image that tap `first` reads.
    pub(crate) start: usize,
}

impl Reach {
    /// Taps of a window of `taps`, `dilation` apart, that lie in `0..size` when the window starts at
    /// `output · stride − pad`.
    #[inline]
    pub(crate) fn new(output: usize, stride: u32, pad: u32, taps: u32, dilation: u32, size: u32) -> Self {
        let (pad, dilation, size) = (pad as usize, dilation as usize, size as usize);
        let from = output * stride as usize;
        let first = pad.saturating_sub(from).div_ceil(dilation);
        let end = (size + pad).saturating_sub(from).div_ceil(dilation).min(taps as usize);
        if end <= first {
            // Dilation or padding may leave no tap inside.
            return Self { first: 0, end: 0, start: 0 };
        }
        Self { first, end, start: (from + first * dilation).saturating_sub(pad) }
    }

    pub(crate) fn len(self) -> usize {
        self.end - self.first
    }
}

/// The rows and columns of the window at one output pixel that lie inside the image.
pub(crate) fn reaches(pixel: usize, window: &Window, from: Image, to: Image) -> (usize, Reach, Reach) {
    let (row, x) = (pixel / to.width as usize, pixel % to.width as usize);
    let (batch, y) = (row / to.height as usize, row % to.height as usize);
    let rows = Reach::new(y, window.stride_y, window.pad_top, window.height, window.dilation_y, from.height);
    let columns =
        Reach::new(x, window.stride_x, window.pad_left, window.width, window.dilation_x, from.width);
    (batch, rows, columns)
}

/// Calls `tap` with each tap of the window and the pixel of the image, in channels, that it reads.
pub(crate) fn taps(
    rows: Reach,
    columns: Reach,
    window: &Window,
    from: Image,
    mut tap: impl FnMut(usize, usize),
) {
    for i in 0..rows.len() {
        let y = rows.start + i * window.dilation_y as usize;
        for j in 0..columns.len() {
            let x = columns.start + j * window.dilation_x as usize;
            let at = (y * from.width as usize + x) * from.channels as usize;
            tap((rows.first + i) * window.width as usize + columns.first + j, at);
        }
    }
}
