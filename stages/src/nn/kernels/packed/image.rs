//! The input image in scratch memory, padding written out.

use crate::nn::op::{Image, Window};

/// Bytes that a kernel may read beyond the last window.
pub(crate) const SLACK: usize = 64;

/// Shape of the padded image: exactly what the windows of all outputs reach.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Padded {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
}

impl Padded {
    pub(crate) fn new(from: Image, to: Image, window: &Window) -> Self {
        let reach = |count: u32, stride: u32, taps: u32, dilation: u32| {
            (count as usize - 1) * stride as usize + (taps as usize - 1) * dilation as usize + 1
        };
        Self {
            height: reach(to.height, window.stride_y, window.height, window.dilation_y),
            width: reach(to.width, window.stride_x, window.width, window.dilation_x),
            channels: from.channels as usize,
        }
    }

    /// Items of one row.
    pub(crate) fn row(&self) -> usize {
        self.width * self.channels
    }

    /// Items of the image.
    pub(crate) fn len(&self) -> usize {
        self.height * self.row()
    }

    /// Copies `input` into `image`, each byte through `form`, and `pad` wherever a window reaches beyond it.
    #[inline(always)]
    pub(super) fn fill<T: Copy>(
        &self,
        input: &[i8],
        (from, window): (Image, &Window),
        image: &mut [T],
        pad: T,
        form: impl Fn(i8) -> T,
    ) {
        let before = (window.pad_left as usize * self.channels).min(self.row());
        let copied = from.row().min(self.row() - before);
        let mut rows = image.chunks_exact_mut(self.row()).take(self.height);
        for row in rows.by_ref().take(window.pad_top as usize) {
            row.fill(pad);
        }
        // The image's rows lead, so that `zip` takes no row of ours beyond them.
        for (source, row) in input.chunks_exact(from.row()).zip(rows.by_ref()) {
            let (left, rest) = row.split_at_mut(before);
            let (inside, right) = rest.split_at_mut(copied);
            left.fill(pad);
            inside.iter_mut().zip(source).for_each(|(to, from)| *to = form(*from));
            right.fill(pad);
        }
        rows.for_each(|row| row.fill(pad));
    }
}

/// The corners of the windows of all outputs in the padded image, in items.
#[derive(Clone, Copy, Debug)]
pub(super) struct Corners {
    rows: usize,
    columns: usize,
    down: usize,
    right: usize,
}

impl Corners {
    pub(super) fn new(padded: Padded, to: Image, window: &Window) -> Self {
        Self {
            rows: to.height as usize,
            columns: to.width as usize,
            down: window.stride_y as usize * padded.row(),
            right: window.stride_x as usize * padded.channels,
        }
    }

    /// The corners when `channels` items of each row of outputs are taken as one pixel.
    pub(super) fn spread(self, to: Image, channels: usize) -> Self {
        if channels == to.channels as usize {
            return self;
        }
        Self { columns: to.row() / channels, right: channels, ..self }
    }

    /// All of them, in row-major order of the outputs.
    pub(super) fn iter(self) -> impl Iterator<Item = usize> {
        let Self { rows, columns, down, right } = self;
        (0..rows).flat_map(move |y| (0..columns).map(move |x| y * down + x * right))
    }

    /// The last one.
    pub(super) fn last(self) -> usize {
        (self.rows - 1) * self.down + (self.columns - 1) * self.right
    }
}
