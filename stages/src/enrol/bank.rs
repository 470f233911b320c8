//! What a word is told apart from: others' words, as embeddings.
//!
//! As a file: `KWSB`, the version 1, values of an embedding (u16), degrees of freedom (f64), people's words (u16), of each the
//! length of its name (u8), the name and its clips (u16); the centre, the covariance's lower triangle as bfloat16, and the
//! embeddings. Numbers are little-endian; of bfloat16 all lower bytes come first, and of embeddings all first values, which
//! compresses better.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::linear::{Covariance, mean};

const MAGIC: [u8; 5] = *b"KWSB\x01";

/// A clip of the bank.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// What it says.
    pub word: &'a str,
    /// Whether it is a person who speaks, and no synthesiser: what is heard later lies around what people say.
    pub real: bool,
    /// Its embedding, as the model stores it.
    pub embedding: &'a [i8],
}

/// Words of many speakers.
#[derive(Clone, Debug, PartialEq)]
pub struct WordBank {
    centre: Vec<i8>,
    within: Covariance,
    /// What people say, and how often.
    words: Vec<(String, usize)>,
    /// Their embeddings, word by word.
    embeddings: Vec<i8>,
}

impl WordBank {
    /// Of clips, whose embeddings are of one length.
    #[must_use]
    pub fn new<'a>(rows: impl Iterator<Item = Row<'a>>) -> Self {
        let (mut all, mut people) =
            (BTreeMap::<&str, Vec<&[i8]>>::new(), BTreeMap::<&str, Vec<&[i8]>>::new());
        for Row { word, real, embedding } in rows {
            all.entry(word).or_default().push(embedding);
            if real {
                people.entry(word).or_default().push(embedding);
            }
        }
        let reals = |rows: &Vec<&[i8]>| rows.iter().map(|row| real(row)).collect::<Vec<_>>();
        let mut within = Covariance::new(all.values().next().map_or(0, |rows| rows[0].len()));
        all.values().for_each(|rows| within.add(&reals(rows)));
        let means: Vec<Vec<f64>> = people.values().map(|rows| mean(&reals(rows))).collect();
        Self {
            centre: mean(&means).iter().map(|value| libm::round(*value) as i8).collect(),
            // As the file keeps it, so that who reads that makes the same words.
            within: within.rounded(),
            words: people.iter().map(|(word, rows)| ((*word).to_owned(), rows.len())).collect(),
            embeddings: people.into_values().flatten().flatten().copied().collect(),
        }
    }

    /// What all embeddings have in common: the mean over the means of the words that people say, as the embedding is stored.
    #[must_use]
    pub fn centre(&self) -> &[i8] {
        &self.centre
    }

    /// How embeddings of one word lie around their mean.
    pub(super) fn within(&self) -> &Covariance {
        &self.within
    }

    /// Embeddings of everything that people say, but a word.
    pub(super) fn other_words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a [i8]> {
        let words = self.words.iter().flat_map(|(word, clips)| core::iter::repeat_n(word, *clips));
        let rows = words.zip(self.embeddings.chunks_exact(self.centre.len().max(1)));
        rows.filter(move |(other, _)| *other != word).map(|(_, row)| row)
    }

    /// The file.
    ///
    /// # Panics
    /// When a word's name is longer than 255 bytes, or something has more than 65,535 of something.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let number = |count: usize| u16::try_from(count).expect("a bank is small").to_le_bytes();
        let (freedom, triangle) = self.within.kept();
        let triangle: Vec<[u8; 2]> = triangle.map(u16::to_le_bytes).collect();
        let mut bytes = MAGIC.to_vec();
        bytes.extend(number(self.centre.len()));
        bytes.extend(freedom.to_le_bytes());
        bytes.extend(number(self.words.len()));
        for (word, clips) in &self.words {
            bytes.push(u8::try_from(word.len()).expect("words are short"));
            bytes.extend(word.as_bytes());
            bytes.extend(number(*clips));
        }
        bytes.extend(self.centre.iter().map(|value| *value as u8));
        (0..2).for_each(|plane| bytes.extend(triangle.iter().map(|sum| sum[plane])));
        let values = self.centre.len();
        (0..values).for_each(|value| {
            bytes.extend(self.embeddings.iter().skip(value).step_by(values).map(|x| *x as u8))
        });
        bytes
    }

    /// Reads the file.
    ///
    /// # Errors
    /// When it is none, or another version's.
    pub fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or("it is no bank of words, or of another version")?;
        let mut rest = Rest(rest);
        let values = rest.count()?;
        let freedom = f64::from_le_bytes(rest.array()?);
        let mut words = Vec::new();
        for _ in 0..rest.count()? {
            let [length] = rest.array()?;
            let name = core::str::from_utf8(rest.take(length.into())?).map_err(|_| CUT)?.to_owned();
            words.push((name, rest.count()?));
        }
        let signed = |bytes: &[u8]| bytes.iter().map(|byte| *byte as i8).collect::<Vec<i8>>();
        let centre = signed(rest.take(values)?);
        let sums = values * (values + 1) / 2;
        let planes = rest.take(2 * sums)?;
        let triangle = (0..sums).map(|i| u16::from_le_bytes([planes[i], planes[sums + i]]));
        let clips = words.iter().map(|(_, clips)| clips).sum::<usize>();
        let columns = signed(rest.take(clips * values)?);
        let embeddings = (0..clips * values).map(|i| columns[i % values * clips + i / values]).collect();
        if !rest.0.is_empty() || clips == 0 {
            return Err(CUT);
        }
        Ok(Self { centre, within: Covariance::of(values, freedom, triangle), words, embeddings })
    }
}

const CUT: &str = "the bank of words is damaged: its length is not what it says";

struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(CUT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        self.take(N)?.try_into().map_err(|_| CUT)
    }

    fn count(&mut self) -> Result<usize, &'static str> {
        Ok(u16::from_le_bytes(self.array()?).into())
    }
}

/// Stored values as numbers.
pub(super) fn real(values: &[i8]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn bank() -> WordBank {
        let rows: Vec<(&str, bool, Vec<i8>)> = vec![
            ("no", true, vec![1, -2, 3]),
            ("yes", true, vec![9, 8, -7]),
            ("no", true, vec![2, -4, 1]),
            ("computer", false, vec![100, 0, 5]),
            ("computer", false, vec![90, 3, 5]),
        ];
        WordBank::new(rows.iter().map(|(word, real, embedding)| Row { word, real: *real, embedding }))
    }

    #[test]
    fn a_file_says_all_of_a_bank() {
        let bank = bank();
        assert_eq!(bank.other_words("no").collect::<Vec<_>>(), [&[9, 8, -7]]);
        let bytes = bank.bytes();
        assert_eq!(WordBank::read(&bytes), Ok(bank));
        for end in 0..bytes.len() {
            assert!(WordBank::read(&bytes[..end]).is_err(), "{end}");
        }
        assert!(WordBank::read(&[&bytes[..], &[0]].concat()).is_err());
    }
}
