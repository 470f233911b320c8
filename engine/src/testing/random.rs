//! Random numbers, the same in every run.

/// Random numbers, the same in every run and on every machine.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Those of a seed.
    pub const fn new(seed: u64) -> Self {
        Random(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// The next number, of 64 bits (xorshift).
    pub const fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// The next number, from 0 and below `limit`.
    pub const fn below(&mut self, limit: u64) -> u64 {
        self.bits() % limit
    }
}
