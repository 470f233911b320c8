//! Numbers that are computed with side by side.

/// Real and imaginary parts.
pub(super) type Complex<V> = [V; 2];

/// `L` numbers, each of which is computed with as if it were alone.
pub(super) trait Lanes<const L: usize>: Copy {
    /// Takes numbers from memory.
    fn load(numbers: [f32; L]) -> Self;
    /// Gives them back.
    fn store(self) -> [f32; L];
    /// Each plus its counterpart.
    fn plus(self, other: Self) -> Self;
    /// Each minus its counterpart.
    fn minus(self, other: Self) -> Self;
    /// Each times its counterpart.
    fn times(self, other: Self) -> Self;
    /// Takes complex numbers apart.
    fn part(numbers: &[Complex<f32>; L]) -> Complex<Self>;
    /// Puts complex numbers together, the last one first.
    fn pair_back(parts: Complex<Self>) -> [Complex<f32>; L];
    /// Puts complex numbers together.
    fn pair(parts: Complex<Self>) -> [Complex<f32>; L];
    /// The first number of `after`, then these from the last down to the second.
    fn mirrored(self, after: Self) -> Self;
    /// Four complex numbers for each lane, as blocks of `L` have them: real parts of a block, then imaginary ones.
    fn gather(numbers: [Complex<Self>; 4]) -> [[f32; 8]; L];
}

impl Lanes<1> for f32 {
    #[inline(always)]
    fn load([number]: [f32; 1]) -> Self {
        number
    }

    #[inline(always)]
    fn store(self) -> [f32; 1] {
        [self]
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self + other
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self - other
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self * other
    }

    #[inline(always)]
    fn part([number]: &[Complex<f32>; 1]) -> Complex<Self> {
        *number
    }

    #[inline(always)]
    fn pair_back(number: Complex<Self>) -> [Complex<f32>; 1] {
        [number]
    }

    #[inline(always)]
    fn pair(number: Complex<Self>) -> [Complex<f32>; 1] {
        [number]
    }

    #[inline(always)]
    fn mirrored(self, after: Self) -> Self {
        after
    }

    #[inline(always)]
    fn gather([a, b, c, d]: [Complex<Self>; 4]) -> [[f32; 8]; 1] {
        [[a[0], a[1], b[0], b[1], c[0], c[1], d[0], d[1]]]
    }
}
