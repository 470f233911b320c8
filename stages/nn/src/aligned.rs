//! Constants that begin where a cache line does.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Bytes of a cache line, and of the longest vector of weights that a kernel loads.
pub(crate) const LINE: usize = 64;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([i8; LINE]);

/// Bytes that begin at a multiple of 64 in memory, so that a vector of weights lies in one cache line rather than in two, which
/// memory from the heap does not promise. Clones share them.
#[derive(Clone)]
pub struct AlignedBytes {
    lines: Arc<[Line]>,
    len: usize,
}

impl AlignedBytes {
    /// A copy of these bytes.
    pub(crate) fn new(bytes: &[i8]) -> Self {
        let lines = bytes.chunks(LINE).map(|chunk| {
            let mut line = Line([0; LINE]);
            line.0[..chunk.len()].copy_from_slice(chunk);
            line
        });
        Self { lines: lines.collect(), len: bytes.len() }
    }
}

impl Deref for AlignedBytes {
    type Target = [i8];

    fn deref(&self) -> &[i8] {
        // SAFETY: lines are bytes without padding between them, and there are as many lines as `len` bytes take.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl AsRef<[i8]> for AlignedBytes {
    fn as_ref(&self) -> &[i8] {
        self
    }
}

impl fmt::Debug for AlignedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self[..].fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{AlignedBytes, LINE};

    #[test]
    fn bytes_are_kept_and_begin_a_line() {
        for len in [0, 1, LINE - 1, LINE, LINE + 1, 1000] {
            let bytes: Vec<i8> = (0..len).map(|i| i as i8).collect();
            let aligned = AlignedBytes::new(&bytes);
            assert_eq!(*aligned, *bytes);
            assert!(len == 0 || (aligned.as_ptr() as usize).is_multiple_of(LINE), "{len}");
        }
    }
}
