//! A bounds-checked reader of the maps of numbers in which custom operators keep their options.
//!
//! A flexbuffer (<https://flatbuffers.dev/internals/#flexbuffers>) is read from its end: the last byte is the width of
//! the root, the one before it the root's type. What a map holds lies in front: how many there are, their names and
//! their values, each found by an offset backwards. Nothing here allocates, nothing trusts an offset.
#![forbid(unsafe_code)]

/// Most entries of a map; more are not looked at.
const MOST: usize = 64;

/// Types of values, by their numbers in the format.
mod kind {
    pub(super) const INT: u8 = 1;
    pub(super) const UINT: u8 = 2;
    pub(super) const INDIRECT_INT: u8 = 6;
    pub(super) const INDIRECT_UINT: u8 = 7;
    pub(super) const MAP: u8 = 9;
    pub(super) const BOOL: u8 = 26;
}

/// A map from names to values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Map<'a> {
    bytes: &'a [u8],
    /// First value.
    values: usize,
    /// Bytes of a value.
    width: usize,
    count: usize,
    /// First offset to a name.
    names: usize,
    /// Bytes of an offset to a name.
    names_width: usize,
}

impl<'a> Map<'a> {
    /// The map that these bytes are; nothing where they are something else, or damaged.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let [.., of, width] = *bytes else { return None };
        let root = bytes.len().checked_sub(2 + usize::from(width))?;
        if of >> 2 != kind::MAP {
            return None;
        }
        let values = back(bytes, root, usize::from(width))?;
        let width = 1 << (of & 3);
        let count = number(bytes, values.checked_sub(width)?, width)?;
        let names_width = number(bytes, values.checked_sub(2 * width)?, width)?;
        let names = back(bytes, values.checked_sub(3 * width)?, width)?;
        let (count, names_width) = (usize::try_from(count).ok()?, usize::try_from(names_width).ok()?);
        (count <= MOST).then_some(Self { bytes, values, width, count, names, names_width })
    }

    /// The whole number of this name; nothing where there is none, or a value of another type.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        let at = (0..self.count).find(|number| self.is_named(*number, name))?;
        let types = self.values.checked_add(self.count * self.width)?;
        let of = *self.bytes.get(types.checked_add(at)?)?;
        let value = self.values + at * self.width;
        let (at, width) = match of >> 2 {
            kind::INDIRECT_INT | kind::INDIRECT_UINT => (back(self.bytes, value, self.width)?, 1 << (of & 3)),
            _ => (value, self.width),
        };
        let bits = number(self.bytes, at, width)?;
        match of >> 2 {
            kind::INT | kind::INDIRECT_INT => Some(signed(bits, width)),
            kind::UINT | kind::INDIRECT_UINT | kind::BOOL => i64::try_from(bits).ok(),
            _ => None,
        }
    }

    fn is_named(&self, number: usize, name: &str) -> bool {
        let offset = number.checked_mul(self.names_width).and_then(|offset| self.names.checked_add(offset));
        let name_at = offset.and_then(|offset| back(self.bytes, offset, self.names_width));
        let rest = name_at.and_then(|at| self.bytes.get(at..)?.strip_prefix(name.as_bytes()));
        rest.is_some_and(|rest| rest.first() == Some(&0))
    }
}

/// The unsigned number of 1, 2, 4 or 8 little-endian bytes at `at`.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let mut whole = [0; 8];
    let bytes = bytes.get(at..at.checked_add(width)?).filter(|_| matches!(width, 1 | 2 | 4 | 8))?;
    whole.get_mut(..width)?.copy_from_slice(bytes);
    Some(u64::from_le_bytes(whole))
}

/// The same bits as a signed number of so many bytes.
fn signed(bits: u64, width: usize) -> i64 {
    let unused = 64 - 8 * width as u32;
    (bits << unused) as i64 >> unused
}

/// What the offset at `at` points back to.
fn back(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    at.checked_sub(usize::try_from(number(bytes, at, width)?).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"clamping": true, "low": -3, "high": 1000}`, as the `flexbuffers` of PyPI's `flatbuffers` writes it.
    const MAP: &[u8] =
        b"clamping\0high\0low\0\x03\x13\x0b\x07\x03\0\x01\0\x03\0\x01\0\xe8\x03\xfd\xffi\x05\x05\t%\x01";

    #[test]
    fn numbers_are_found_by_their_names() {
        let map = Map::read(MAP).unwrap();
        let found = ["clamping", "high", "low", "hi", "higher", ""].map(|name| map.integer(name));
        assert_eq!(found, [Some(1), Some(1000), Some(-3), None, None, None]);
    }

    #[test]
    fn an_indirect_number_is_followed() {
        // One value, an offset to the two bytes of 300 before the map.
        let map = b"n\0,\x01\x01\x05\x01\x01\x01\x07\x19\x02$\x01";
        assert_eq!(Map::read(map).unwrap().integer("n"), Some(300));
    }

    #[test]
    fn damage_is_no_panic() {
        for length in 0..MAP.len() {
            if let Some(map) = Map::read(&MAP[..length]) {
                let _ = map.integer("low");
            }
        }
        for at in 0..MAP.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bytes = MAP.to_vec();
                bytes[at] = value;
                let _ =
                    Map::read(&bytes).map(|map| ["clamping", "high", "low"].map(|name| map.integer(name)));
            }
        }
    }
}
