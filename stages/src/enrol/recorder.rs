//! From a stream of samples to takes of a word: waits for silence, for the word, and judges what it heard.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::number::ascending;

/// Takes of the word.
pub const TAKES: usize = 5;

/// Blocks of level, per second.
const BLOCKS: usize = 50;
/// Blocks of the room before the first take.
const ROOM: usize = BLOCKS;
/// Blocks before the word that belong to its take, and after its first sound.
const BEFORE: usize = 20;
const AFTER: usize = 80;
/// Blocks of other speech.
const OTHERS: usize = 10 * BLOCKS;
/// Blocks of pause after a take.
const PAUSE: usize = 25;

/// Levels in dB under full scale: a noisy room; the quietest word; how far a word stands out.
const NOISY: f64 = -45.0;
const QUIET: f64 = -45.0;
const STANDS_OUT: f64 = 12.0;
/// Levels below this count as this: digital silence.
const FLOOR: f64 = -70.0;
/// A word is over when the end of its take is so far below its loudest part.
const OVER: f64 = 12.0;
/// Samples from here on are at full scale, and clip where so many follow each other.
const FULL: u16 = 32_512;
const RUN: usize = 3;

/// What the speaker is to see.
#[derive(Clone, Debug, PartialEq)]
pub enum Prompt {
    /// How loud it is, in dB under full scale.
    Level(f64),
    /// How loud the room is, and whether that is much.
    Room(f64, bool),
    /// The word is awaited for this take, the first is 1.
    Say(usize),
    /// A take is good; how loud it was.
    Good(usize, f64),
    /// A take is not.
    Again(&'static str),
    /// Other people may speak now.
    Others,
    /// There was nobody to be heard.
    NoOthers,
    /// All is recorded.
    Done,
}

enum State {
    Room,
    Waiting,
    Speaking,
    Pause(usize),
    Others,
    Done,
}

/// What was recorded, and what comes next.
pub struct Recorder {
    block: usize,
    state: State,
    /// Samples that are not yet a block.
    rest: Vec<i16>,
    /// Levels of the room.
    room: Vec<f64>,
    noise: f64,
    /// The newest blocks.
    past: VecDeque<Vec<i16>>,
    take: Vec<i16>,
    /// Whether others are recorded after the takes.
    with_others: bool,
    /// Takes of the word.
    pub takes: Vec<Vec<i16>>,
    /// Ten seconds of others.
    pub others: Vec<i16>,
}

impl Recorder {
    /// For samples of this rate.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        Self {
            block: rate as usize / BLOCKS,
            state: State::Room,
            rest: Vec::new(),
            room: Vec::new(),
            noise: FLOOR,
            past: VecDeque::new(),
            take: Vec::new(),
            with_others: true,
            takes: Vec::new(),
            others: Vec::new(),
        }
    }

    /// Ends after the takes: nobody else is to speak.
    #[must_use]
    pub fn without_others(mut self) -> Self {
        self.with_others = false;
        self
    }

    /// Takes turned out to be bad, by their places: they are asked for again.
    pub fn refuse(&mut self, bad: &[usize]) {
        let mut place = 0..;
        self.takes.retain(|_| place.next().is_some_and(|place| !bad.contains(&place)));
        self.state = State::Pause(PAUSE);
    }

    /// Hears some samples; returns what the speaker is to see.
    pub fn hear(&mut self, samples: &[i16]) -> Vec<Prompt> {
        let mut prompts = Vec::new();
        self.rest.extend(samples);
        while self.rest.len() >= self.block {
            let after = self.rest.split_off(self.block);
            let block = core::mem::replace(&mut self.rest, after);
            let level = level(&block);
            prompts.push(Prompt::Level(level));
            self.step(block, level, &mut prompts);
        }
        prompts
    }

    /// Some samples are missing: a take under way is no take, and what came before belongs to none.
    pub fn lose(&mut self) -> Option<Prompt> {
        self.rest.clear();
        self.past.clear();
        self.take.clear();
        if !matches!(self.state, State::Speaking) {
            return None;
        }
        self.state = State::Pause(PAUSE);
        Some(Prompt::Again("a part of the sound is missing"))
    }

    fn step(&mut self, block: Vec<i16>, level: f64, prompts: &mut Vec<Prompt>) {
        match self.state {
            State::Room => {
                self.room.push(level);
                if self.room.len() == ROOM {
                    self.noise = ascending(self.room.drain(..))[ROOM / 2];
                    prompts.extend([Prompt::Room(self.noise, self.noise > NOISY), Prompt::Say(1)]);
                    self.state = State::Waiting;
                }
            }
            State::Waiting => {
                if level > (self.noise + STANDS_OUT).max(FLOOR + STANDS_OUT) {
                    self.take = self.past.drain(..).flatten().chain(block).collect();
                    self.state = State::Speaking;
                    return;
                }
                self.past.push_back(block);
                if self.past.len() > BEFORE {
                    self.past.pop_front();
                }
            }
            State::Speaking => {
                self.take.extend(block);
                if self.take.len() >= (BEFORE + AFTER) * self.block {
                    let take = core::mem::take(&mut self.take);
                    match self.wrong(&take) {
                        Some(why) => prompts.push(Prompt::Again(why)),
                        None => {
                            prompts.push(Prompt::Good(self.takes.len() + 1, loudest(&take, self.block)));
                            self.takes.push(take);
                        }
                    }
                    self.state = State::Pause(PAUSE);
                }
            }
            State::Pause(0) if self.takes.len() < TAKES => {
                prompts.push(Prompt::Say(self.takes.len() + 1));
                self.state = State::Waiting;
            }
            State::Pause(0) if !self.with_others => {
                prompts.push(Prompt::Done);
                self.state = State::Done;
            }
            State::Pause(0) => {
                prompts.push(Prompt::Others);
                self.state = State::Others;
            }
            State::Pause(left) => self.state = State::Pause(left - 1),
            State::Others => {
                self.others.extend(block);
                if self.others.len() >= OTHERS * self.block {
                    if loudest(&self.others, self.block) < (self.noise + STANDS_OUT).max(QUIET) {
                        prompts.push(Prompt::NoOthers);
                        self.others.clear();
                    }
                    prompts.push(Prompt::Done);
                    self.state = State::Done;
                }
            }
            State::Done => {}
        }
    }

    fn wrong(&self, take: &[i16]) -> Option<&'static str> {
        let runs = take.chunk_by(|a, b| (a.unsigned_abs() >= FULL) == (b.unsigned_abs() >= FULL));
        let clipped = runs.into_iter().any(|run| run.len() >= RUN && run[0].unsigned_abs() >= FULL);
        let loud = loudest(take, self.block);
        let end = loudest(&take[take.len() - 5 * self.block..], self.block);
        if clipped {
            return Some("clipped: speak less loudly, or farther away");
        }
        if loud < QUIET {
            return Some("too quiet: speak louder, or nearer");
        }
        if loud < self.noise + STANDS_OUT {
            return Some("it does not stand out of the noise: speak louder, or find a quieter place");
        }
        (end > loud - OVER && end > self.noise + STANDS_OUT).then_some("too long: say the word alone")
    }
}

/// The root mean square of samples, in dB under full scale.
fn level(samples: &[i16]) -> f64 {
    let energy: f64 =
        samples.iter().map(|s| f64::from(*s) * f64::from(*s)).sum::<f64>() / samples.len().max(1) as f64;
    (10.0 * libm::log10(energy / (32_768.0 * 32_768.0))).max(FLOOR)
}

/// The level that one block of twenty exceeds.
fn loudest(samples: &[i16], block: usize) -> f64 {
    let levels = ascending(samples.chunks(block).map(level));
    levels.get(levels.len().saturating_sub(1) - levels.len() / 20).copied().unwrap_or(FLOOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 16_000;

    fn hum(seconds: f64, amplitude: f64) -> Vec<i16> {
        (0..(seconds * f64::from(RATE)) as usize)
            .map(|n| (amplitude * (n as f64 * 0.3).sin()) as i16)
            .collect()
    }

    /// A room, and then words of this amplitude and length every three seconds.
    fn prompts(words: &[(f64, f64)], others: f64) -> (Recorder, Vec<Prompt>) {
        let mut sound = hum(1.5, 3.0);
        for (amplitude, seconds) in words {
            sound.extend(hum(*seconds, *amplitude));
            sound.extend(hum(3.0 - seconds, 3.0));
        }
        sound.extend(hum(11.0, others));
        let mut recorder = Recorder::new(RATE);
        let prompts = sound
            .chunks(100)
            .flat_map(|block| recorder.hear(block))
            .filter(|t| !matches!(t, Prompt::Level(_)));
        let prompts = prompts.collect();
        (recorder, prompts)
    }

    #[test]
    fn five_words_and_ten_seconds_of_others_are_recorded() {
        let (recorder, prompts) = prompts(&[(5000.0, 0.6); 5], 3000.0);
        assert_eq!(recorder.takes.iter().map(Vec::len).collect::<Vec<_>>(), [32_000; 5]);
        assert_eq!(recorder.others.len(), 160_000);
        assert_eq!(prompts.last(), Some(&Prompt::Done));
        assert_eq!(prompts.iter().filter(|t| matches!(t, Prompt::Good(..))).count(), 5);
        // The word lies inside its take.
        assert!(level(&recorder.takes[2][..4000]) < -60.0 && level(&recorder.takes[2][8000..12_000]) > -25.0);
    }

    #[test]
    fn bad_takes_are_asked_for_again() {
        let words = [(40_000.0, 0.6), (100.0, 0.6), (5000.0, 2.5), (5000.0, 0.5)];
        let (recorder, prompts) = prompts(&words, 3.0);
        let again: Vec<&str> = prompts
            .iter()
            .filter_map(|t| if let Prompt::Again(why) = t { Some(*why) } else { None })
            .collect();
        assert!(again[0].starts_with("clipped") && again[1].starts_with("too quiet"), "{again:?}");
        assert!(again[2].starts_with("too long"), "{again:?}");
        assert_eq!(recorder.takes.len(), 1);
    }

    #[test]
    fn a_take_with_a_gap_is_asked_for_again() {
        let mut recorder = Recorder::new(RATE);
        recorder.hear(&hum(1.5, 3.0));
        assert_eq!(recorder.lose(), None, "nobody speaks");
        recorder.hear(&hum(0.5, 5000.0));
        assert!(matches!(recorder.lose(), Some(Prompt::Again(_))));
        recorder.hear(&[hum(2.0, 3.0), hum(0.6, 5000.0), hum(2.0, 3.0)].concat());
        assert_eq!(recorder.takes.iter().map(Vec::len).collect::<Vec<_>>(), [32_000]);
    }

    #[test]
    fn a_refused_take_is_asked_for_again() {
        let say = |recorder: &mut Recorder| {
            recorder.hear(&[hum(0.5, 3.0), hum(0.6, 5000.0), hum(2.9, 3.0)].concat())
        };
        let mut recorder = Recorder::new(RATE).without_others();
        recorder.hear(&hum(1.5, 3.0));
        let last = (0..TAKES).map(|_| say(&mut recorder)).last().unwrap_or_default();
        assert!(last.contains(&Prompt::Done) && recorder.others.is_empty());
        recorder.refuse(&[1, 3]);
        assert_eq!(recorder.takes.len(), 3);
        let prompts = recorder.hear(&hum(1.0, 3.0));
        assert!(prompts.contains(&Prompt::Say(4)) && !prompts.contains(&Prompt::Done));
        assert!(!say(&mut recorder).contains(&Prompt::Done) && say(&mut recorder).contains(&Prompt::Done));
    }

    #[test]
    fn silence_in_place_of_others_is_reported() {
        let (recorder, prompts) = prompts(&[(5000.0, 0.6); 5], 3.0);
        assert_eq!(prompts[prompts.len() - 2..], [Prompt::NoOthers, Prompt::Done]);
        assert!(recorder.others.is_empty());
    }
}
