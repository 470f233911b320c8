//! The input image in scratch memory, padding written out.

use crate::op::{Image, Window};

/// Bytes that a kernel may read beyond the last window.
pub(crate) const SLACK: usize = 64;

/// Shape of the padded image: exactly what the windows of all outputs reach.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Padded {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
    /// How often each channel of the input is there, side by side.
    repeat: usize,
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
            repeat: 1,
        }
    }

    /// The image with each channel so often.
    pub(crate) fn repeated(self, multiplier: u32) -> Self {
        let repeat = multiplier as usize;
        Self { channels: self.channels * repeat, repeat, ..self }
    }

    /// Whether the image is one window, so that its items are in the order of the weights.
    pub(super) fn is_window(&self, window: &Window) -> bool {
        (self.height, self.width) == (window.height as usize, window.width as usize)
            && (window.dilation_x, window.dilation_y) == (1, 1)
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
        let row = from.row() * self.repeat;
        // Where nothing lies beside the input's rows, they are one, with padding before and behind it.
        if window.pad_left == 0 && self.row() == row {
            let (above, rest) = image.split_at_mut((window.pad_top as usize * row).min(image.len()));
            let (inside, below) = rest.split_at_mut((from.height as usize * row).min(rest.len()));
            above.fill(pad);
            self.copy(input, inside, form);
            return below.fill(pad);
        }
        let before = (window.pad_left as usize * self.channels).min(self.row());
        let copied = row.min(self.row() - before);
        let mut rows = image.chunks_exact_mut(self.row()).take(self.height);
        for row in rows.by_ref().take(window.pad_top as usize) {
            row.fill(pad);
        }
        // The image's rows lead, so that `zip` takes no row of ours beyond them.
        for (source, row) in input.chunks_exact(from.row()).zip(rows.by_ref()) {
            let (left, rest) = row.split_at_mut(before);
            let (inside, right) = rest.split_at_mut(copied);
            left.fill(pad);
            self.copy(source, inside, &form);
            right.fill(pad);
        }
        rows.for_each(|row| row.fill(pad));
    }

    /// Copies bytes, each through `form` and as often as the image holds it, as many as both sides have.
    #[inline(always)]
    fn copy<T: Copy>(&self, from: &[i8], to: &mut [T], form: impl Fn(i8) -> T) {
        match self.repeat {
            1 => copy(from, to, form),
            2 => repeat::<2, T>(from, to, form),
            4 => repeat::<4, T>(from, to, form),
            8 => repeat::<8, T>(from, to, form),
            times => to.chunks_mut(times).zip(from).for_each(|(to, from)| to.fill(form(*from))),
        }
    }
}

/// Items for products of unsigned with signed bytes.
#[cfg(target_arch = "x86_64")]
pub(super) mod unsigned {
    use super::super::pack::FLIP;

    /// Bytes of an item of the image.
    pub(in super::super) const ITEM: usize = 1;

    /// An input byte, as the image holds it.
    pub(in super::super) fn item(byte: i8, _: i32) -> [i8; ITEM] {
        [byte ^ FLIP]
    }

    /// What the image holds beyond its border: the input's zero point.
    pub(in super::super) fn padding(offset: i32) -> [i8; ITEM] {
        [(-offset) as i8 ^ FLIP]
    }
}

/// Copies bytes, each through `form`, as many as both sides have. In pieces of lengths that the compiler knows: what a
/// loop over single bytes leaves to its last round costs more than short rows do.
#[inline(always)]
fn copy<T: Copy>(from: &[i8], to: &mut [T], form: impl Fn(i8) -> T) {
    let (from, from_rest) = from[..from.len().min(to.len())].as_chunks::<64>();
    let (to, to_rest) = to.as_chunks_mut::<64>();
    for (to, from) in to.iter_mut().zip(from) {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = form(*from));
    }
    let (from, from_rest) = from_rest.as_chunks::<8>();
    let (to, to_rest) = to_rest.as_chunks_mut::<8>();
    for (to, from) in to.iter_mut().zip(from) {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = form(*from));
    }
    to_rest.iter_mut().zip(from_rest).for_each(|(to, from)| *to = form(*from));
}

/// Copies bytes, each through `form` and `N` times; eight at once, which become vectors.
#[inline(always)]
fn repeat<const N: usize, T: Copy>(from: &[i8], to: &mut [T], form: impl Fn(i8) -> T) {
    let to = to.as_chunks_mut::<N>().0;
    let (eights, from_rest) = from[..from.len().min(to.len())].as_chunks::<8>();
    let (to_eights, to_rest) = to.as_chunks_mut::<8>();
    for (to, from) in to_eights.iter_mut().zip(eights) {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = [form(*from); N]);
    }
    to_rest.iter_mut().zip(from_rest).for_each(|(to, from)| *to = [form(*from); N]);
}

/// The corners of the windows of all outputs in the padded image, in items.
#[derive(Clone, Copy, Debug)]
pub(super) struct Corners {
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// From one row to the next.
    pub(super) down: usize,
    /// From one column to the next.
    pub(super) right: usize,
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

    /// The corners when `channels` items of each row of outputs are taken as one pixel, the next one `right` away.
    pub(super) fn spread(self, to: Image, channels: usize, right: usize) -> Self {
        if channels == to.channels as usize {
            return self;
        }
        Self { columns: to.row() / channels, right, ..self }
    }

    /// The same corners in a single row, where the last of a row is as far from the first of the next as from the one
    /// before it.
    pub(super) fn joined(self) -> Self {
        if self.columns == 1 {
            return Self { rows: 1, columns: self.rows, right: self.down, ..self };
        }
        if self.down != self.columns * self.right {
            return self;
        }
        Self { rows: 1, columns: self.rows * self.columns, ..self }
    }

    /// The last one.
    pub(super) fn last(self) -> usize {
        (self.rows - 1) * self.down + (self.columns - 1) * self.right
    }
}
