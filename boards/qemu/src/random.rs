//! Pseudo-random inputs and a hash of outputs, the same on the board and on the host.

/// Marsaglia's xorshift of 32 bits.
#[derive(Clone, Debug)]
pub struct Random(u32);

impl Random {
    /// The generator at its one seed.
    #[allow(clippy::new_without_default, reason = "a seed is no neutral value")]
    pub const fn new() -> Self {
        Self(0x1234_5678)
    }

    fn bits(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    /// A number from `least` to `most`.
    pub fn of(&mut self, least: u32, most: u32) -> u32 {
        least + ((u64::from(self.bits()) * (u64::from(most - least) + 1)) >> 32) as u32
    }

    /// Fills with bytes over the whole range, or, once in a while, with extremes.
    pub fn fill(&mut self, bytes: &mut [i8]) {
        let kind = self.of(0, 9);
        bytes.fill_with(|| match kind {
            0 => i8::MIN,
            1 => i8::MAX,
            2 => [i8::MIN, i8::MAX][self.of(0, 1) as usize],
            3 => 0,
            _ => self.of(0, 255) as u8 as i8,
        });
    }

    /// An input of run number `run`: the last two runs get nothing but one extreme or the other.
    pub fn byte(&mut self, run: u32) -> i8 {
        let bits = self.bits();
        match run % 8 {
            6 => i8::MIN,
            7 => i8::MAX,
            _ => (bits >> 24) as i8,
        }
    }

    /// The samples of window number `run`: louder from window to window.
    pub fn window<const N: usize>(&mut self, run: u32) -> [i16; N] {
        let shift = 16 + 2 * (7 - run % 8);
        core::array::from_fn(|_| (self.bits() as i32 >> shift) as i16)
    }
}

/// Fowler, Noll and Vo's hash FNV-1a of 32 bits.
#[derive(Clone, Debug)]
pub struct Hash(u32);

impl Hash {
    /// The hash of nothing.
    #[allow(clippy::new_without_default, reason = "as `Random`")]
    pub const fn new() -> Self {
        Self(0x811C_9DC5)
    }

    /// Goes on with more bytes.
    pub fn add(&mut self, bytes: impl IntoIterator<Item = u8>) {
        for byte in bytes {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }

    /// The hash of all bytes so far.
    pub const fn value(&self) -> u32 {
        self.0
    }
}
