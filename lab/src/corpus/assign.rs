//! Which split a speaker belongs to, by hash: stable when data is added.

use std::str::FromStr;

use anyhow::{Result, bail, ensure};
use sha1::{Digest, Sha1};

use super::Split;

/// Speech Commands' bound on the files of a word, by which its hash becomes a percentage.
const MOST: u32 = (1 << 27) - 1;

/// Percentages of the splits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratios {
    /// Percentage of the speakers whose clips validate.
    pub validation: f64,
    /// Percentage of the speakers whose clips test.
    pub test: f64,
}

impl Default for Ratios {
    /// 80 % training, 10 % validation, 10 % test, as Speech Commands.
    fn default() -> Self {
        Self { validation: 10.0, test: 10.0 }
    }
}

impl FromStr for Ratios {
    type Err = anyhow::Error;

    /// Parses `TRAIN,VALIDATION,TEST` in any unit: `80,10,10` or `8,1,1`.
    fn from_str(text: &str) -> Result<Self> {
        let parts: Vec<f64> = text.split(',').filter_map(|p| p.trim().parse().ok()).collect();
        let [train, validation, test] = parts[..] else {
            bail!(
                "found `{text}`, expected three numbers for training, validation and test, such as `80,10,10`"
            );
        };
        let whole = train + validation + test;
        let right = parts.iter().all(|p| p.is_finite() && *p >= 0.0) && whole > 0.0;
        ensure!(right, "found `{text}`, expected non-negative numbers, not all 0");
        Ok(Self { validation: 100.0 * validation / whole, test: 100.0 * test / whole })
    }
}

impl Ratios {
    /// The split of a speaker, or of a file where the speaker is unknown. With ratios of 80, 10 and 10 and the part
    /// of a file's name before `_nohash_` it is Speech Commands' own `which_set`.
    #[must_use]
    pub fn split(&self, speaker: &str) -> Split {
        let hash = Sha1::digest(speaker.as_bytes());
        // The 160-bit number modulo 2^27 is its last 27 bits.
        let low = u32::from_be_bytes([hash[16], hash[17], hash[18], hash[19]]) & MOST;
        let percentage = f64::from(low) * (100.0 / f64::from(MOST));
        if percentage < self.validation {
            Split::Validation
        } else if percentage < self.validation + self.test {
            Split::Test
        } else {
            Split::Train
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From Python: `int(hashlib.sha1(name).hexdigest(), 16) % 2**27 * (100.0 / (2**27 - 1))`, see
    /// `lab/tests/golden/which_set.py`.
    #[test]
    fn speakers_go_where_speech_commands_puts_them() {
        let golden = include_str!("../../tests/golden/which_set.csv");
        for line in golden.lines().skip(1) {
            let (speaker, split) = line.split_once(',').unwrap();
            assert_eq!(Ratios::default().split(speaker).to_string(), split, "{speaker}");
        }
        assert!(golden.lines().count() > 20);
    }

    #[test]
    fn ratios_are_parsed_in_any_unit() {
        assert_eq!("8,1,1".parse::<Ratios>().unwrap(), Ratios::default());
        for bad in ["80,20", "a,b,c", "0,0,0", "-1,1,1", "nan,1,1"] {
            assert!(bad.parse::<Ratios>().is_err(), "{bad}");
        }
    }

    #[test]
    fn other_ratios_only_move_the_borders() {
        let wide = Ratios { validation: 10.0, test: 30.0 };
        for speaker in (0..500).map(|i| i.to_string()) {
            let (narrow, wide) = (Ratios::default().split(&speaker), wide.split(&speaker));
            assert!(narrow == wide || (narrow, wide) == (Split::Train, Split::Test), "{speaker}");
        }
    }
}
