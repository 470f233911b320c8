//! An evaluation in several parts, on several machines: which part measures what, the files that the parts leave, and
//! what they add up to.

mod file;
mod merge;
mod throughput;

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

pub use file::{ClipsHeader, Header, Line, PartFile, StreamsHeader};
pub use merge::{Merged, merge};
pub use throughput::{Stopwatch, Throughput};

/// One of several parts, which count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// The only part.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Which it is, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.index
    }

    /// How many there are.
    #[must_use]
    pub fn count(self) -> usize {
        self.count
    }

    /// Whether what goes by this key belongs to it: by the remainder of the key's SHA-1, so that a key keeps its part
    /// whatever else there is, and on every machine.
    #[must_use]
    pub fn holds(self, key: &str) -> bool {
        let hash = Sha1::digest(key.as_bytes());
        let number = hash[..8].iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        number % self.count as u64 == self.index as u64
    }
}

impl FromStr for Shard {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text
            .split_once('/')
            .map(|(index, count)| (index.trim().parse::<usize>(), count.trim().parse::<usize>()));
        match parts {
            Some((Ok(index), Ok(count))) if index < count => Ok(Self { index, count }),
            Some((Ok(index), Ok(count))) if count > 0 => {
                bail!(
                    "no shard `{index}/{count}`: shards are numbered from 0, so the last one is `{}/{count}`",
                    count - 1
                )
            }
            _ => bail!("found `{text}`, expected `I/N`, such as `0/8` for the first of eight shards"),
        }
    }
}

impl TryFrom<String> for Shard {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_belongs_to_one_shard_and_keeps_it() {
        let shards: Vec<Shard> = (0..7).map(|i| format!("{i}/7").parse().unwrap()).collect();
        let mut counts = [0; 7];
        for key in (0..700).map(|i| format!("speech/corpus/clips/{i}.mp3")) {
            let holding: Vec<&Shard> = shards.iter().filter(|shard| shard.holds(&key)).collect();
            assert_eq!(holding.len(), 1);
            counts[holding[0].index()] += 1;
        }
        assert!(counts.iter().all(|count| (60..140).contains(count)), "{counts:?}");
        // From Python: `int(hashlib.sha1(b"speech/a.flac").hexdigest()[:16], 16) % 7`.
        assert!(shards[0].holds("speech/a.flac"));
        assert!(Shard::WHOLE.holds("anything"));
    }

    #[test]
    fn shards_count_from_0() {
        for (text, expected) in
            [("8/8", "the last one is `7/8`"), ("1", "expected `I/N`"), ("0/0", "expected `I/N`")]
        {
            let error = text.parse::<Shard>().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert_eq!("3/4".parse::<Shard>().unwrap().to_string(), "3/4");
    }
}
