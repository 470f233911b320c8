//! A recording as a stream of samples at the pipeline's rate.

use std::path::PathBuf;

use crate::audio::{Channel, Decoder, Heard, Resampler};

/// Input samples that the resampler filters at once: its transition band is then a few percent of the band.
const CHUNK: usize = 2048;
/// Samples handed on at once where there is no packet that gives a size.
const PIECE: usize = 4096;

/// What is played, and how.
#[derive(Clone, Debug)]
pub(crate) struct Programme {
    pub(crate) path: PathBuf,
    pub(crate) channel: Channel,
    /// Samples per second that come out.
    pub(crate) rate: u32,
    /// How often the recording is played; `None` for ever.
    pub(crate) plays: Option<u32>,
    /// Samples of silence after each time.
    pub(crate) tail: u64,
    /// Whether the whole is first divided by its maximum.
    pub(crate) level: Level,
}

/// How loud a recording is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// As it is, full scale at ±1.
    Recorded,
    /// Divided by the largest sample of the whole.
    Maximum,
}

/// Plays a [`Programme`].
pub(crate) struct Player {
    programme: Programme,
    feed: Feed,
    played: u32,
    tail: u64,
}

enum Feed {
    /// Decoded as it goes.
    File(Box<Reel>),
    /// Decoded before, up to here played.
    Memory(Vec<f32>, usize),
    /// Over; the next time begins with opening the file.
    Over,
}

/// A file being decoded and resampled.
struct Reel {
    decoder: Decoder,
    resampler: Option<Resampler>,
    chunk: Vec<f32>,
    /// Why the file cannot be read on, kept until what came before is played.
    broken: Option<String>,
}

/// What a step of playing brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Played {
    /// Samples, possibly none.
    Samples {
        /// Samples before them that are damaged and left out.
        lost: u64,
    },
    /// There is no more.
    End,
}

impl Player {
    /// Opens the recording, and decodes it where its level must be known ahead.
    ///
    /// # Errors
    /// A text that says what is wrong with the file.
    pub(crate) fn open(programme: Programme) -> Result<Self, String> {
        let reel = Reel::open(&programme)?;
        let feed = match programme.level {
            Level::Recorded => Feed::File(Box::new(reel)),
            Level::Maximum => Feed::Memory(levelled(reel.whole(&programme)?), 0),
        };
        Ok(Player { programme, feed, played: 0, tail: 0 })
    }

    /// Adds some more samples.
    ///
    /// # Errors
    /// When the file is truncated or cannot be read on.
    pub(crate) fn play(&mut self, into: &mut Vec<f32>) -> Result<Played, String> {
        if self.tail > 0 {
            let now = self.tail.min(PIECE as u64);
            self.tail -= now;
            into.resize(into.len() + now as usize, 0.0);
            return Ok(Played::Samples { lost: 0 });
        }
        let (ended, lost) = match &mut self.feed {
            Feed::File(reel) => reel.step(into)?,
            Feed::Memory(whole, next) => {
                let now = &whole[*next..whole.len().min(*next + PIECE)];
                into.extend_from_slice(now);
                *next += now.len();
                (*next == whole.len(), 0)
            }
            Feed::Over => return self.again(),
        };
        if ended {
            self.rewind();
        }
        Ok(Played::Samples { lost })
    }

    fn rewind(&mut self) {
        self.played = self.played.saturating_add(1);
        self.tail = self.programme.tail;
        match &mut self.feed {
            Feed::Memory(_, next) if self.programme.plays.is_none_or(|plays| self.played < plays) => {
                *next = 0
            }
            feed => *feed = Feed::Over,
        }
    }

    fn again(&mut self) -> Result<Played, String> {
        if self.programme.plays.is_some_and(|plays| self.played >= plays) {
            return Ok(Played::End);
        }
        self.feed = Feed::File(Box::new(Reel::open(&self.programme)?));
        Ok(Played::Samples { lost: 0 })
    }
}

impl Reel {
    fn open(programme: &Programme) -> Result<Self, String> {
        let decoder = Decoder::open(&programme.path, programme.channel)?;
        let (from, to) = (decoder.rate(), programme.rate);
        let resampler = (from != to).then(|| Resampler::new(from, to, CHUNK)).transpose()?;
        Ok(Reel { decoder, resampler, chunk: Vec::new(), broken: None })
    }

    /// Adds some more samples. Says whether that was all, and how many were lost before them.
    fn step(&mut self, into: &mut Vec<f32>) -> Result<(bool, u64), String> {
        let Some(resampler) = &mut self.resampler else {
            return Ok(match self.decoder.next(into)? {
                Heard::Samples { lost } => (false, lost),
                Heard::End => (true, 0),
            });
        };
        if let Some(text) = self.broken.take() {
            return Err(text);
        }
        self.chunk.clear();
        match self.decoder.next(&mut self.chunk) {
            Err(text) => {
                resampler.finish(into)?;
                self.broken = Some(text);
                Ok((false, 0))
            }
            Ok(Heard::Samples { lost }) => {
                let lost = if lost > 0 { resampler.skip(lost) } else { 0 };
                resampler.push(&self.chunk, into)?;
                Ok((false, lost))
            }
            Ok(Heard::End) => {
                resampler.finish(into)?;
                Ok((true, 0))
            }
        }
    }

    fn whole(mut self, programme: &Programme) -> Result<Vec<f32>, String> {
        let mut whole = Vec::new();
        loop {
            match self.step(&mut whole)? {
                (_, 1..) => {
                    let name = programme.path.display();
                    return Err(format!("`{name}` is damaged, but `normalise` needs the whole file"));
                }
                (true, _) => return Ok(whole),
                (false, _) => {}
            }
        }
    }
}

/// Divides by the largest sample (not the largest magnitude). Where that is 0, there is nothing to divide by.
fn levelled(mut samples: Vec<f32>) -> Vec<f32> {
    let maximum = samples.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if maximum != 0.0 {
        samples.iter_mut().for_each(|sample| *sample /= maximum);
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_by_the_signed_maximum() {
        assert_eq!(levelled(vec![-0.5, 0.25]), [-2.0, 1.0]);
        assert_eq!(levelled(vec![0.0, -0.5]), [0.0, -0.5]);
    }
}
