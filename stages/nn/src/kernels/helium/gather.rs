//! Windows of images, gathered in scratch memory.

use super::assembly;
use crate::kernels::window::Reach;
use crate::op::{Image, Window};

/// Gathers windows over all channels of an image, one tap after the other. Padding counts as the zero point.
#[derive(Clone, Copy)]
pub(super) struct Gather<'a> {
    from: Image,
    window: &'a Window,
    zero_point: i8,
}

impl<'a> Gather<'a> {
    #[inline]
    pub(super) fn new(from: Image, window: &'a Window, input_offset: i32) -> Self {
        debug_assert!((-127..=128).contains(&input_offset));
        Self { from, window, zero_point: -input_offset as i8 }
    }

    /// Rows of the windows of a row of outputs.
    #[inline]
    pub(super) fn rows(&self, y: usize) -> Reach {
        let w = self.window;
        Reach::new(y, w.stride_y, w.pad_top, w.height, w.dilation_y, self.from.height)
    }

    /// Columns of the windows of a column of outputs.
    #[inline]
    pub(super) fn columns(&self, x: usize) -> Reach {
        let w = self.window;
        Reach::new(x, w.stride_x, w.pad_left, w.width, w.dilation_x, self.from.width)
    }

    /// Whether no tap lies in the padding.
    #[inline]
    pub(super) fn is_inside(&self, rows: Reach, columns: Reach) -> bool {
        rows.len() == self.window.height as usize && columns.len() == self.window.width as usize
    }

    /// Channel 0 of the first tap inside.
    #[inline]
    pub(super) fn start(&self, rows: Reach, columns: Reach) -> usize {
        rows.start * self.from.row() + columns.start * self.from.channels as usize
    }

    /// Bytes of a window.
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        (self.window.height * self.window.width * self.from.channels) as usize
    }

    /// Writes the window to the first bytes of `to`.
    #[inline]
    pub(super) fn window(&self, image: &[i8], rows: Reach, columns: Reach, to: &mut [i8]) {
        let (w, depth) = (self.window, self.from.channels as usize);
        let to = &mut to[..self.bytes()];
        if !self.is_inside(rows, columns) {
            to.fill(self.zero_point);
            if rows.len() * columns.len() == 0 {
                return;
            }
        }
        let across = w.width as usize * depth;
        let (down, at) = (w.dilation_y as usize * self.from.row(), self.start(rows, columns));
        let to = &mut to[rows.first * across..][..rows.len() * across];
        if w.dilation_x == 1 {
            let run = columns.len() * depth;
            return assembly::copy_rows(
                &image[at..],
                down,
                &mut to[columns.first * depth..],
                across,
                rows.len(),
                run,
            );
        }
        for column in 0..columns.len() {
            let (from, to) = (
                &image[at + column * w.dilation_x as usize * depth..],
                &mut to[(columns.first + column) * depth..],
            );
            assembly::copy_rows(from, down, to, across, rows.len(), depth);
        }
    }
}
