//! Where operands lie and what shape they have.

/// A run of `len` items from `at` on: bytes of the arena, or items of a pool of constants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First item.
    pub at: u32,
    /// Number of items.
    pub len: u32,
}

impl Span {
    /// The span as a range of indices.
    #[inline]
    pub const fn range(self) -> core::ops::Range<usize> {
        self.at as usize..self.at as usize + self.len as usize
    }
}

/// Shape of a batch of images, channels last: `[batch, height, width, channels]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Number of images.
    pub batch: u32,
    /// Rows.
    pub height: u32,
    /// Columns.
    pub width: u32,
    /// Channels, the fastest dimension.
    pub channels: u32,
}

impl Image {
    /// Items of one row.
    #[inline]
    pub const fn row(self) -> usize {
        self.width as usize * self.channels as usize
    }

    /// Items of one image.
    #[inline]
    pub const fn plane(self) -> usize {
        self.height as usize * self.row()
    }
}

/// A window that slides over an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Rows of the window.
    pub height: u32,
    /// Columns of the window.
    pub width: u32,
    /// Rows between two outputs.
    pub stride_y: u32,
    /// Columns between two outputs.
    pub stride_x: u32,
    /// Rows between two rows of the window.
    pub dilation_y: u32,
    /// Columns between two columns of the window.
    pub dilation_x: u32,
    /// Rows of padding above the image.
    pub pad_top: u32,
    /// Columns of padding left of the image.
    pub pad_left: u32,
}

/// Dimensions that a [`Move`](super::Move) or a [`Mean`](super::Mean) walks at most, runs of contiguous bytes not counted.
pub const AXES: usize = 5;

/// How the weights of an operator lie in the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// As the `.tflite` file has them.
    Plain,
    /// As the kernel set that the plan was made for wants them.
    Packed,
    /// Likewise, in the second form that some sets of computers have for some shapes.
    #[cfg(feature = "std")]
    Second,
}
