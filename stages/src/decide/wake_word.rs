//! Wake words from the probabilities of microWakeWord models.

use kws_engine::{Block, Event, Flow, Stage, StageFault};

/// Frames of features that ESPHome lets pass after its start, and after a detection, before it detects.
pub const WARM_UP: u32 = 100;

/// Detections of one wake word, as ESPHome decides them.
///
/// A wake word is detected where the mean of the newest probabilities is above a cut-off, and so is the mean of a voice
/// activity model's, if there is one. Frames count as warm-up at the start, after a gap and after a detection, as long as
/// the newest probability is below the cut-off: so one utterance is detected once.
///
/// What it reads and writes: [`WakeWordParams`](super::WakeWordParams).
///
/// # Parameters
/// `sliding_window`, `cutoff`, `warm_up`; the manifests say the first two.
///
/// # Reference
/// ESPHome 2025, `components/micro_wake_word/streaming_model.cpp`.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "wake_word"
/// inputs = ["alexa", "vad"]
/// ```
#[derive(Clone, Debug)]
pub struct WakeWord<B> {
    word: Sliding<B>,
    voice: Option<Sliding<B>>,
    pace: WakePace,
    /// Frames that must still pass before a detection.
    warming: u32,
    /// Time of the voice's newest probability.
    heard: u64,
}

/// How probabilities come, and for how long a detection suppresses others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WakePace {
    /// Frames of features from one probability to the next.
    pub stride: u32,
    /// Ticks from one probability to the next.
    pub period: u64,
    /// Frames that pass before a detection.
    pub warm_up: u32,
}

/// The newest probabilities of a model, and the cut-off of their mean.
#[derive(Clone, Debug)]
pub struct Sliding<B> {
    cutoff: u8,
    ring: B,
    /// Place of the newest probability.
    newest: usize,
}

impl<B> Sliding<B> {
    /// A window over as many probabilities as `ring` has room for, in 255ths; it holds zeros.
    pub const fn new(cutoff: u8, ring: B) -> Self {
        Self { cutoff, ring, newest: 0 }
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Sliding<B> {
    fn push(&mut self, probability: u8) {
        let ring = self.ring.as_mut();
        self.newest = if self.newest + 1 >= ring.len() { 0 } else { self.newest + 1 };
        if let Some(place) = ring.get_mut(self.newest) {
            *place = probability;
        }
    }

    fn newest(&self) -> u8 {
        self.ring.as_ref().get(self.newest).copied().unwrap_or(0)
    }

    fn sum(&self) -> u32 {
        self.ring.as_ref().iter().map(|probability| u32::from(*probability)).sum()
    }

    fn len(&self) -> u32 {
        self.ring.as_ref().len() as u32
    }

    fn above(&self) -> bool {
        self.sum() > u32::from(self.cutoff) * self.len()
    }

    fn forget(&mut self) {
        self.ring.as_mut().fill(0);
    }
}

/// A stored posterior as the byte that microWakeWord's models write.
fn probability(stored: i8) -> u8 {
    (i16::from(stored) + 128) as u8
}

impl<B> WakeWord<B> {
    /// A detector of one word, with a voice activity model beside it or without.
    pub const fn new(word: Sliding<B>, voice: Option<Sliding<B>>, pace: WakePace) -> Self {
        Self { word, voice, pace, warming: pace.warm_up, heard: 0 }
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> WakeWord<B> {
    fn step(&mut self, at: u64, stored: Block<'_, i8>, voice: Option<Block<'_, i8>>) -> Option<Event> {
        if let (Some(sliding), Some(block)) = (&mut self.voice, voice)
            && block.at != self.heard
        {
            self.heard = block.at;
            sliding.push(block.first().map_or(0, |stored| probability(*stored)));
        }
        // The frames before this one stood under the probability before it.
        if self.word.newest() < self.word.cutoff {
            self.warming = self.warming.saturating_sub(self.pace.stride - 1);
        }
        self.word.push(stored.first().map_or(0, |stored| probability(*stored)));
        if self.word.newest() < self.word.cutoff {
            self.warming = self.warming.saturating_sub(1);
        }
        let voiced = self.voice.as_ref().is_none_or(Sliding::above);
        if self.warming > 0 || !self.word.above() || !voiced {
            return None;
        }
        let score = self.word.sum() as f32 / (255 * self.word.len()) as f32;
        let before = u64::from(self.word.len() - 1) * self.pace.period;
        self.word.forget();
        self.warming = self.pace.warm_up;
        Some(Event { label: 0, point: 0, score, start: at.saturating_sub(before), end: at })
    }

    fn forget(&mut self) {
        self.word.forget();
        self.voice.iter_mut().for_each(Sliding::forget);
        self.warming = self.pace.warm_up;
        self.heard = 0;
    }
}

fn written(event: Option<Event>, output: &mut [Event]) -> Flow {
    match event.zip(output.first_mut()) {
        Some((event, place)) => {
            *place = event;
            Flow::Emit
        }
        None => Flow::Skip,
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Stage for WakeWord<B> {
    type In = i8;
    type Out = Event;

    fn process(&mut self, word: Block<'_, i8>, output: &mut [Event]) -> Result<Flow, StageFault> {
        Ok(written(self.step(word.at, word, None), output))
    }

    fn reset(&mut self) {
        self.forget();
    }
}

/// A [`WakeWord`] that also reads a voice activity model.
#[derive(Clone, Debug)]
pub struct VoicedWakeWord<B>(pub WakeWord<B>);

impl<B: AsRef<[u8]> + AsMut<[u8]>> Stage for VoicedWakeWord<B> {
    type In = (i8, i8);
    type Out = Event;

    fn process(
        &mut self,
        (word, voice): (Block<'_, i8>, Option<Block<'_, i8>>),
        output: &mut [Event],
    ) -> Result<Flow, StageFault> {
        Ok(written(self.0.step(word.at, word, voice), output))
    }

    fn reset(&mut self) {
        self.0.forget();
    }
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub use kind::WakeWordParams;
