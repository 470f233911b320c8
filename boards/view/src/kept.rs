//! What the page can go back to.

use std::collections::VecDeque;
use std::io::{Cursor, Error, Result};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use hound::{SampleFormat, WavSpec, WavWriter};

use super::Keeps;

/// Pieces of sound that wait for one who listens; one who is later misses some.
const WAITING: usize = 1024;

/// A piece of sound for one who listens.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Samples in a second.
    pub rate: u32,
    /// Tick of the first sample.
    pub start: u64,
    /// The samples.
    pub samples: Vec<i16>,
}

/// The last seconds of a run.
pub(super) struct Kept {
    /// How many are kept, of messages and of sound.
    seconds: f64,
    messages: VecDeque<(f64, Arc<str>)>,
    samples: VecDeque<i16>,
    /// Samples in a second; 0 before the first.
    rate: u32,
    /// Tick after the last sample.
    end: u64,
    /// Who listens to the sound; `None` when the stream is over.
    ears: Option<Vec<Sender<Heard>>>,
}

impl Kept {
    pub(super) fn new(keeps: Keeps) -> Kept {
        let seconds = match keeps {
            Keeps::Recent => 120.0,
            Keeps::Everything => 4.0 * 3600.0,
        };
        Kept {
            seconds,
            messages: VecDeque::new(),
            samples: VecDeque::new(),
            rate: 0,
            end: 0,
            ears: Some(Vec::new()),
        }
    }

    /// Takes in samples that begin at a tick; what is missing before them becomes silence.
    pub(super) fn hear(&mut self, rate: u32, start: u64, samples: &[i16]) {
        let room = (self.seconds * f64::from(rate)) as usize;
        let missing = if self.rate == 0 { 0 } else { start.saturating_sub(self.end) as usize };
        self.samples.extend(std::iter::repeat_n(0, missing.min(room)));
        self.samples.extend(samples);
        let over = self.samples.len().saturating_sub(room);
        self.samples.drain(..over);
        (self.rate, self.end) = (rate, start + samples.len() as u64);
        if let Some(ears) = &mut self.ears {
            ears.retain(|ear| {
                let heard = Heard { rate, start, samples: samples.to_vec() };
                !matches!(ear.try_send(heard), Err(TrySendError::Disconnected(_)))
            });
        }
    }

    /// The sound from now on, until the stream is over.
    pub(super) fn listen(&mut self) -> Receiver<Heard> {
        let (ear, heard) = bounded(WAITING);
        if let Some(ears) = &mut self.ears {
            ears.push(ear);
        }
        heard
    }

    /// Seconds of stream that were heard; `None` without sound.
    pub(super) fn heard(&self) -> Option<f64> {
        (self.rate > 0).then(|| self.end as f64 / f64::from(self.rate))
    }

    /// The sound from one second of the stream to another, as far as it is kept, as a WAV file.
    ///
    /// # Errors
    /// When none of it is kept.
    pub(super) fn wav(&self, from: f64, to: f64) -> Result<Vec<u8>> {
        let first = self.end - self.samples.len() as u64;
        let place = |seconds: f64| {
            let tick = (seconds * f64::from(self.rate)).round().clamp(0.0, self.end as f64) as u64;
            tick.saturating_sub(first) as usize
        };
        let (from, to) = (place(from), place(to));
        if from >= to {
            return Err(Error::other("none of this sound is kept any more"));
        }
        let spec = WavSpec {
            channels: 1,
            sample_rate: self.rate,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut bytes = Cursor::new(Vec::new());
        let mut wav = WavWriter::new(&mut bytes, spec).map_err(Error::other)?;
        for sample in self.samples.range(from..to) {
            wav.write_sample(*sample).map_err(Error::other)?;
        }
        wav.finalize().map_err(Error::other)?;
        Ok(bytes.into_inner())
    }

    /// Keeps a message of this second of the run.
    pub(super) fn keep(&mut self, at: f64, message: Arc<str>) {
        self.messages.push_back((at, message));
        while self.messages.front().is_some_and(|(first, _)| *first < at - self.seconds) {
            self.messages.pop_front();
        }
    }

    /// Keeps the last message of all.
    pub(super) fn close(&mut self, message: Arc<str>) {
        self.messages.push_back((f64::INFINITY, message));
        self.ears = None;
    }

    /// The messages that are kept, oldest first.
    pub(super) fn messages(&self) -> Vec<Arc<str>> {
        self.messages.iter().map(|(_, message)| message.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(wav: Vec<u8>) -> Vec<i16> {
        hound::WavReader::new(Cursor::new(wav))
            .unwrap()
            .samples::<i16>()
            .map(|sample| sample.unwrap())
            .collect()
    }

    #[test]
    fn what_is_heard_comes_back_with_gaps_as_silence() {
        let mut kept = Kept::new(Keeps::Recent);
        kept.hear(10, 0, &[1, 2, 3]);
        kept.hear(10, 5, &[4]);
        assert_eq!(kept.heard(), Some(0.6));
        assert_eq!(samples(kept.wav(0.0, 9.0).unwrap()), [1, 2, 3, 0, 0, 4]);
        assert_eq!(samples(kept.wav(0.1, 0.3).unwrap()), [2, 3]);
        assert!(kept.wav(0.6, 2.0).is_err());
    }

    #[test]
    fn who_listens_hears_what_comes_until_the_end() {
        let mut kept = Kept::new(Keeps::Recent);
        kept.hear(10, 0, &[1, 2]);
        let early = kept.listen();
        kept.hear(10, 2, &[3]);
        kept.close("over".into());
        let late = kept.listen();
        let heard: Vec<(u64, Vec<i16>)> = early.iter().map(|heard| (heard.start, heard.samples)).collect();
        assert_eq!(heard, [(2, vec![3])]);
        assert!(late.recv().is_err(), "the stream is over");
    }

    #[test]
    fn only_the_last_seconds_are_kept() {
        let mut kept = Kept::new(Keeps::Recent);
        for second in 0..200 {
            kept.hear(2, 2 * second, &[second as i16, 0]);
            kept.keep(second as f64, second.to_string().into());
        }
        assert_eq!(samples(kept.wav(0.0, 81.0).unwrap()), [80, 0]);
        assert!(kept.wav(0.0, 80.0).is_err());
        assert_eq!(kept.messages().len(), 121);
    }
}
