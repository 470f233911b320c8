//! Integers as the arena holds them: little-endian bytes.

/// An integer type of the arena.
pub(crate) trait Cell: Copy {
    /// The bytes of one integer.
    type Bytes: Copy;
    /// Number of these bytes.
    const SIZE: usize;
    /// Least integer.
    const MIN: i32;
    /// Greatest integer.
    const MAX: i32;
    /// A run of bytes as integers.
    fn of(bytes: &[i8]) -> &[Self::Bytes];
    /// A run of bytes as integers.
    fn of_mut(bytes: &mut [i8]) -> &mut [Self::Bytes];
    /// The integer.
    fn get(bytes: &Self::Bytes) -> i32;
    /// The bytes of an integer within range.
    fn put(value: i32) -> Self::Bytes;
}

macro_rules! cell {
    ($integer:ty) => {
        impl Cell for $integer {
            type Bytes = [i8; size_of::<$integer>()];
            const SIZE: usize = size_of::<$integer>();
            const MIN: i32 = <$integer>::MIN as i32;
            const MAX: i32 = <$integer>::MAX as i32;
            #[inline]
            fn of(bytes: &[i8]) -> &[Self::Bytes] {
                bytes.as_chunks().0
            }
            #[inline]
            fn of_mut(bytes: &mut [i8]) -> &mut [Self::Bytes] {
                bytes.as_chunks_mut().0
            }
            #[inline]
            fn get(bytes: &Self::Bytes) -> i32 {
                <$integer>::from_le_bytes(bytes.map(|byte| byte as u8)) as i32
            }
            #[inline]
            fn put(value: i32) -> Self::Bytes {
                (value as $integer).to_le_bytes().map(|byte| byte as i8)
            }
        }
    };
}

cell!(i8);
cell!(u8);
cell!(i16);
cell!(i32);
