//! Memory that models run in.

/// An arena of a size that is known when the firmware is built, where kernels may load whole words.
#[derive(Clone, Debug)]
#[repr(C, align(16))]
pub struct Arena<const BYTES: usize>([i8; BYTES]);

impl<const BYTES: usize> Arena<BYTES> {
    /// An arena of zeros.
    pub const fn new() -> Self {
        Arena([0; BYTES])
    }
}

impl<const BYTES: usize> Default for Arena<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const BYTES: usize> AsMut<[i8]> for Arena<BYTES> {
    fn as_mut(&mut self) -> &mut [i8] {
        &mut self.0
    }
}
