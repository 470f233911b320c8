//! Commands of a runner, cut out of what comes by a line.

/// A command that comes byte by byte, of at most `N` bytes without its end: what is longer is cut off.
#[derive(Clone, Debug)]
pub(super) struct Command<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Command<N> {
    /// Before the first byte.
    pub(super) const fn new() -> Self {
        Command { bytes: [0; N], len: 0 }
    }

    /// Takes a byte; the command, where that ends one.
    pub(super) fn take(&mut self, byte: u8) -> Option<Self> {
        if byte == b'%' {
            return Some(core::mem::replace(self, Command::new()));
        }
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
        None
    }

    pub(super) fn text(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.len]).unwrap_or("?")
    }
}
