//! Enrolled words as data: a page of flash that is written without the firmware.
//!
//! All numbers are little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `KWSM` |
//! | 2 | version of the layout, 1 |
//! | 2 | words |
//! | 2 | values of an embedding |
//! | 2 | 0 |
//! | 4 | fingerprint of the embedding |
//! | values | what all embeddings have in common, i8 |
//! | (1 + values) × words | steps of the cosine from which on the word counts as heard, u8, and its direction, i8 |
//! | 4 | CRC-32 (ISO HDLC) of all before it |

use core::fmt::{self, Display};

use crc::{CRC_32_ISO_HDLC, Crc, Table};

const CHECK: Crc<u32, Table<0>> = Crc::<u32, Table<0>>::new(&CRC_32_ISO_HDLC);
const MAGIC: [u8; 4] = *b"KWSM";
const VERSION: u16 = 1;
/// Bytes before the values.
const HEADER: usize = 16;
/// Bytes of the check.
const TAIL: usize = 4;

/// Where a board keeps enrolled words, and what it does with what was found there.
///
/// A board names its own `crate::PAGE`; firmware of a `match` whose words are `replaceable` reads it.
#[derive(Clone, Copy)]
pub struct Page {
    bytes: &'static [u8],
    tell: fn(Result<usize, PageError>),
}

impl Page {
    /// No page, on computers.
    pub const NONE: Page = Page::new(&[], |_| {});

    /// A page of flash. `tell` hears once how many words were found in it, or why those of the firmware are used.
    pub const fn new(bytes: &'static [u8], tell: fn(Result<usize, PageError>)) -> Self {
        Page { bytes, tell }
    }

    /// Tells what was found.
    pub(super) fn tell(&self, found: Result<usize, PageError>) {
        (self.tell)(found);
    }

    /// The words of the page, if it has as many as are replaced, of this embedding.
    ///
    /// # Errors
    /// Says why the page cannot be used.
    pub fn words(&self, words: usize, values: usize, embedding: u32) -> Result<PageWords, PageError> {
        let number = |at: usize| self.bytes.get(at..at + 2).map(|two| u16::from_le_bytes([two[0], two[1]]));
        let (Some(header), true) = (self.bytes.get(..HEADER), self.bytes.starts_with(&MAGIC)) else {
            return Err(PageError::Empty);
        };
        match number(4) {
            Some(VERSION) => {}
            version => return Err(PageError::Version(version.unwrap_or(0))),
        }
        let found = [6, 8].map(|at| usize::from(number(at).unwrap_or(0)));
        let whole = HEADER + found[1] + found[0] * (1 + found[1]);
        let Some((body, tail)) = self.bytes.get(..whole + TAIL).map(|used| used.split_at(whole)) else {
            return Err(PageError::Damaged);
        };
        if CHECK.checksum(body).to_le_bytes() != tail {
            return Err(PageError::Damaged);
        }
        if header[12..HEADER] != embedding.to_le_bytes() || found[1] != values {
            return Err(PageError::Embedding);
        }
        if found[0] != words {
            return Err(PageError::Words { found: found[0], expected: words });
        }
        Ok(PageWords { body: &body[HEADER..], values })
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("bytes", &self.bytes.len()).finish()
    }
}

/// The words of a page that was found good.
#[derive(Clone, Copy, Debug)]
pub struct PageWords {
    body: &'static [u8],
    values: usize,
}

impl PageWords {
    /// What all embeddings have in common.
    pub(super) fn centre(&self) -> impl Iterator<Item = i8> + Clone + use<> {
        self.body[..self.values].iter().map(|byte| *byte as i8)
    }

    /// The steps from which on each word counts as heard, and its direction.
    pub(super) fn each(
        &self,
    ) -> impl Iterator<Item = (u8, impl Iterator<Item = i8> + Clone + use<>)> + use<> {
        let words = self.body[self.values..].chunks_exact(1 + self.values);
        words.map(|word| (word[0], word[1..].iter().map(|byte| *byte as i8)))
    }
}

/// Why the words of the firmware are used and not those of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageError {
    /// Nothing was ever written there.
    Empty,
    /// It has the layout of another version.
    Version(u16),
    /// It was cut off, or a bit has changed.
    Damaged,
    /// It was enrolled with another embedding.
    Embedding,
    /// It has another number of words.
    Words {
        /// Words of the page.
        found: usize,
        /// Words of the firmware.
        expected: usize,
    },
}

impl Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the page is empty"),
            Self::Version(version) => write!(f, "the page has version {version}, expected {VERSION}"),
            Self::Damaged => f.write_str("the page is damaged: its checksum is wrong"),
            Self::Embedding => {
                f.write_str("the page was enrolled with another embedding than the firmware's")
            }
            Self::Words { found, expected } => {
                write!(f, "the page has {found} words, expected {expected}, as the firmware has")
            }
        }
    }
}

impl core::error::Error for PageError {}

/// What tells an embedding from others: how it stores its values, and how many there are.
#[cfg(feature = "std")]
#[must_use]
pub fn fingerprint(embedding: kws_engine::Quant, values: usize) -> u32 {
    let mut bytes = [0; 12];
    bytes[..4].copy_from_slice(&embedding.scale.to_bits().to_le_bytes());
    bytes[4..8].copy_from_slice(&embedding.zero_point.to_le_bytes());
    bytes[8..].copy_from_slice(&(values as u32).to_le_bytes());
    CHECK.checksum(&bytes)
}

/// The bytes of a page: `words` are the steps from which on each counts as heard, and its direction.
#[cfg(feature = "std")]
pub(super) fn bytes(embedding: u32, centre: &[i8], words: &[(u8, &[i8])]) -> Vec<u8> {
    let mut page = MAGIC.to_vec();
    for number in [VERSION, words.len() as u16, centre.len() as u16, 0] {
        page.extend(number.to_le_bytes());
    }
    page.extend(embedding.to_le_bytes());
    page.extend(centre.iter().map(|value| *value as u8));
    for (on, direction) in words {
        page.push(*on);
        page.extend(direction.iter().map(|value| *value as u8));
    }
    let check = CHECK.checksum(&page);
    page.extend(check.to_le_bytes());
    page
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use kws_engine::Quant;

    use super::*;

    const QUANT: Quant = Quant { scale: 0.5, zero_point: -3 };

    fn page(bytes: Vec<u8>) -> Page {
        Page::new(bytes.leak(), |_| {})
    }

    fn good() -> Vec<u8> {
        bytes(fingerprint(QUANT, 3), &[1, -2, 3], &[(200, &[7, -8, 9]), (100, &[-1, 0, 1])])
    }

    #[test]
    fn words_come_back_from_a_page_with_whatever_is_behind_it() {
        let mut bytes = good();
        bytes.resize(4096, 0xff);
        let words = page(bytes).words(2, 3, fingerprint(QUANT, 3)).unwrap();
        assert!(words.centre().eq([1, -2, 3]));
        let each: Vec<(u8, Vec<i8>)> =
            words.each().map(|(on, direction)| (on, direction.collect())).collect();
        assert_eq!(each, [(200, vec![7, -8, 9]), (100, vec![-1, 0, 1])]);
    }

    #[test]
    fn a_page_that_cannot_be_used_says_why() {
        let embedding = fingerprint(QUANT, 3);
        let why = |bytes: Vec<u8>, words, values, embedding| {
            page(bytes).words(words, values, embedding).unwrap_err()
        };
        assert_eq!(why(vec![0xff; 4096], 2, 3, embedding), PageError::Empty);
        assert_eq!(why(vec![], 2, 3, embedding), PageError::Empty);
        assert_eq!(why(good(), 1, 3, embedding), PageError::Words { found: 2, expected: 1 });
        assert_eq!(why(good(), 2, 3, embedding ^ 1), PageError::Embedding);
        assert_eq!(why(good()[..20].to_vec(), 2, 3, embedding), PageError::Damaged);
        let mut newer = good();
        newer[4] = 2;
        assert_eq!(why(newer, 2, 3, embedding), PageError::Version(2));
        for at in (6..10).chain(12..good().len()) {
            let mut bad = good();
            bad[at] ^= 0x10;
            bad.resize(4096, 0xff);
            assert_eq!(why(bad, 2, 3, embedding), PageError::Damaged, "byte {at}");
        }
        let mut huge = good();
        huge[6..10].fill(0xff);
        assert_eq!(why(huge, 2, 3, embedding), PageError::Damaged);
    }
}
