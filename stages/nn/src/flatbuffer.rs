//! A bounds-checked reader of flatbuffers, for hostile files.
//!
//! A flatbuffer is a tree of *tables* that point at each other by relative offsets
//! (<https://flatbuffers.dev/internals/>). Nothing here allocates, nothing trusts an offset, and nothing assumes
//! alignment: a number is read from its little-endian bytes after its range was checked.
#![forbid(unsafe_code)]

use std::fmt;
use std::marker::PhantomData;

/// A place in the file that cannot be what the format demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// What was being read.
    pub(crate) what: &'static str,
    /// Byte offset in the file at which it was looked for.
    pub(crate) at: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {} lies outside the file", self.what, self.at)
    }
}

type Result<T> = std::result::Result<T, Malformed>;

fn array<const N: usize>(bytes: &[u8], at: usize, what: &'static str) -> Result<[u8; N]> {
    at.checked_add(N)
        .and_then(|end| bytes.get(at..end))
        .and_then(|slice| slice.try_into().ok())
        .ok_or(Malformed { what, at })
}

fn u16_at(bytes: &[u8], at: usize, what: &'static str) -> Result<usize> {
    Ok(usize::from(u16::from_le_bytes(array(bytes, at, what)?)))
}

fn u32_at(bytes: &[u8], at: usize, what: &'static str) -> Result<usize> {
    Ok(u32::from_le_bytes(array(bytes, at, what)?) as usize)
}

/// Follows the unsigned relative offset stored at `at`.
fn follow(bytes: &[u8], at: usize, what: &'static str) -> Result<usize> {
    let target = at.checked_add(u32_at(bytes, at, what)?).filter(|target| *target < bytes.len());
    target.ok_or(Malformed { what, at })
}

/// One table: a set of optional fields, found through its vtable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    vtable: usize,
    vtable_len: usize,
}

impl<'a> Table<'a> {
    /// The root table of a whole file.
    pub(crate) fn root(bytes: &'a [u8]) -> Result<Self> {
        Self::at(bytes, follow(bytes, 0, "the root table")?)
    }

    fn at(bytes: &'a [u8], at: usize) -> Result<Self> {
        let what = "the vtable of a table";
        let back = i32::from_le_bytes(array(bytes, at, what)?);
        let vtable = i64::try_from(at).ok().map(|at| at - i64::from(back));
        let vtable = vtable.and_then(|v| usize::try_from(v).ok()).ok_or(Malformed { what, at })?;
        let vtable_len = u16_at(bytes, vtable, what)?;
        let inside = vtable.checked_add(vtable_len).is_some_and(|end| end <= bytes.len());
        if vtable_len < 4 || !inside {
            return Err(Malformed { what, at });
        }
        Ok(Self { bytes, at, vtable, vtable_len })
    }

    /// Where field number `slot` lies, or nothing when the file leaves it at its default.
    fn field(&self, slot: usize) -> Result<Option<usize>> {
        let entry = 4 + 2 * slot;
        if entry + 2 > self.vtable_len {
            return Ok(None);
        }
        let offset = u16_at(self.bytes, self.vtable + entry, "a field of a table")?;
        Ok((offset != 0).then_some(self.at + offset))
    }

    fn scalar<const N: usize>(&self, slot: usize) -> Result<Option<[u8; N]>> {
        self.field(slot)?.map(|at| array(self.bytes, at, "a number")).transpose()
    }

    /// An 8-bit field, signed as it stands in most TFLite enums.
    pub(crate) fn i8(&self, slot: usize, default: i8) -> Result<i8> {
        Ok(self.scalar(slot)?.map_or(default, i8::from_le_bytes))
    }

    /// A 32-bit signed field.
    pub(crate) fn i32(&self, slot: usize, default: i32) -> Result<i32> {
        Ok(self.scalar(slot)?.map_or(default, i32::from_le_bytes))
    }

    /// A 32-bit unsigned field.
    pub(crate) fn u32(&self, slot: usize, default: u32) -> Result<u32> {
        Ok(self.scalar(slot)?.map_or(default, u32::from_le_bytes))
    }

    /// A 64-bit unsigned field.
    pub(crate) fn u64(&self, slot: usize, default: u64) -> Result<u64> {
        Ok(self.scalar(slot)?.map_or(default, u64::from_le_bytes))
    }

    /// A 32-bit float field.
    pub(crate) fn f32(&self, slot: usize, default: f32) -> Result<f32> {
        Ok(self.scalar(slot)?.map_or(default, f32::from_le_bytes))
    }

    /// A field that is a table of its own.
    pub(crate) fn table(&self, slot: usize) -> Result<Option<Table<'a>>> {
        let Some(at) = self.field(slot)? else { return Ok(None) };
        Self::at(self.bytes, follow(self.bytes, at, "a nested table")?).map(Some)
    }

    /// The bytes of a vector whose elements take `size` bytes; empty when the file leaves it out.
    fn vector(&self, slot: usize, size: usize) -> Result<(usize, &'a [u8])> {
        let what = "a vector";
        let Some(at) = self.field(slot)? else { return Ok((0, &[])) };
        let start = follow(self.bytes, at, what)?;
        let count = u32_at(self.bytes, start, what)?;
        let first = start + 4;
        let bytes = count
            .checked_mul(size)
            .and_then(|len| first.checked_add(len))
            .and_then(|end| self.bytes.get(first..end))
            .ok_or(Malformed { what, at: start })?;
        Ok((first, bytes))
    }

    /// Where the first element of a vector lies, whose elements take `size` bytes, and how many there are. Their number
    /// stands before it.
    pub(crate) fn place(&self, slot: usize, size: usize) -> Result<(usize, usize)> {
        let (first, bytes) = self.vector(slot, size)?;
        if first == 0 {
            return Err(Malformed { what: "a vector that a graph must have", at: self.at });
        }
        Ok((first, bytes.len() / size))
    }

    /// A vector of bytes.
    pub(crate) fn bytes(&self, slot: usize) -> Result<&'a [u8]> {
        Ok(self.vector(slot, 1)?.1)
    }

    /// A string; bytes that are not UTF-8 are replaced, at most 64 characters are kept.
    pub(crate) fn string(&self, slot: usize) -> Result<String> {
        let bytes = self.bytes(slot)?;
        let bytes = &bytes[..bytes.len().min(256)];
        Ok(String::from_utf8_lossy(bytes)
            .chars()
            .take(64)
            .map(|c| if c.is_control() { '?' } else { c })
            .collect())
    }

    /// A vector of numbers, lent from the file.
    pub(crate) fn numbers<T: Number<N>, const N: usize>(&self, slot: usize) -> Result<Numbers<'a, T, N>> {
        Ok(Numbers { bytes: self.vector(slot, N)?.1.as_chunks().0, number: PhantomData })
    }

    /// A vector of tables.
    pub(crate) fn tables(
        &self,
        slot: usize,
    ) -> Result<impl ExactSizeIterator<Item = Result<Table<'a>>> + use<'a>> {
        let (first, bytes) = self.vector(slot, 4)?;
        let all = self.bytes;
        Ok((0..bytes.len() / 4)
            .map(move |i| Table::at(all, follow(all, first + 4 * i, "a table of a vector")?)))
    }
}

/// A number that stands in `N` little-endian bytes.
pub(crate) trait Number<const N: usize>: Copy {
    /// The number in these bytes.
    fn from_bytes(bytes: [u8; N]) -> Self;
}

impl Number<4> for i32 {
    fn from_bytes(bytes: [u8; 4]) -> Self {
        i32::from_le_bytes(bytes)
    }
}

impl Number<4> for f32 {
    fn from_bytes(bytes: [u8; 4]) -> Self {
        f32::from_le_bytes(bytes)
    }
}

impl Number<8> for i64 {
    fn from_bytes(bytes: [u8; 8]) -> Self {
        i64::from_le_bytes(bytes)
    }
}

/// A vector of numbers that stays in the file: reading a hostile file copies no vector, so that many references
/// to one long vector cost nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Numbers<'a, T, const N: usize> {
    bytes: &'a [[u8; N]],
    number: PhantomData<T>,
}

/// A vector of 32-bit integers.
pub(crate) type I32s<'a> = Numbers<'a, i32, 4>;
/// A vector of 32-bit floats.
pub(crate) type F32s<'a> = Numbers<'a, f32, 4>;
/// A vector of 64-bit integers.
pub(crate) type I64s<'a> = Numbers<'a, i64, 8>;

impl<'a, T: Number<N>, const N: usize> Numbers<'a, T, N> {
    /// A vector that is not in a file.
    pub(crate) fn lent(bytes: &'a [[u8; N]]) -> Self {
        Numbers { bytes, number: PhantomData }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The one at `index`.
    pub(crate) fn get(&self, index: usize) -> Option<T> {
        self.bytes.get(index).copied().map(T::from_bytes)
    }

    /// All of them in order.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = T> + use<'a, T, N> {
        self.bytes.iter().copied().map(T::from_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_and_short_files_are_malformed() {
        for len in 0..8 {
            assert!(Table::root(&vec![0xff; len]).is_err());
        }
    }

    #[test]
    fn a_vtable_before_the_file_is_malformed() {
        // Root at byte 4 whose vtable offset points far before the file.
        let mut bytes = vec![4, 0, 0, 0];
        bytes.extend_from_slice(&i32::MAX.to_le_bytes());
        assert!(Table::root(&bytes).is_err());
    }

    #[test]
    fn a_vector_longer_than_the_file_is_malformed() {
        // vtable at 4 (length 6, one field at offset 4 of its table), table at 10, vector at 18.
        let mut bytes = vec![10, 0, 0, 0, 6, 0, 8, 0, 4, 0];
        bytes.extend_from_slice(&6i32.to_le_bytes());
        bytes.extend_from_slice(&4u32.to_le_bytes());
        bytes.extend_from_slice(&u32::MAX.to_le_bytes());
        let table = Table::root(&bytes).unwrap();
        assert!(table.bytes(0).is_err());
        assert!(table.numbers::<i64, 8>(0).is_err());
        assert_eq!(table.bytes(1).unwrap(), &[] as &[u8]);
    }
}
