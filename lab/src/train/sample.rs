//! One training example: which clip, how distorted.

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::audio::RATE;
use crate::augment::{self, Augment, Room, draw};
use crate::corpus::{Split, Vocabulary, word};

use super::config::{Config, Mix};
use super::material::Material;

/// Draws examples. Example `index` of `epoch` depends on nothing but the seed and these two, so a resumed run
/// draws what an uninterrupted one would have.
pub(super) struct Drawer<'a> {
    material: &'a Material,
    mix: &'a Mix,
    augment: &'a Augment,
    seed: u64,
    keywords: Vec<(usize, Vec<usize>)>,
    unknown: Vec<usize>,
    near: Vec<usize>,
    silence: Vec<usize>,
    silence_class: Option<usize>,
    unknown_class: Option<usize>,
}

impl<'a> Drawer<'a> {
    pub(super) fn new(material: &'a Material, vocabulary: &Vocabulary, config: &'a Config) -> Self {
        let of = |class: usize| -> Vec<usize> {
            let train = material.clips.iter().enumerate().filter(|(_, s)| s.clip.split == Split::Train);
            train.filter(|(_, s)| s.class == class).map(|(i, _)| i).collect()
        };
        let (silence_class, unknown_class) = (vocabulary.silence(), vocabulary.unknown());
        let special = [silence_class, unknown_class];
        let near_miss = |&i: &usize| config.mix.near_miss.contains(&material.clips[i].clip.label);
        let (near, unknown) = unknown_class.map(of).unwrap_or_default().into_iter().partition(near_miss);
        let words = (0..vocabulary.labels().len()).filter(|&c| !special.contains(&Some(c)));
        Self {
            material,
            mix: &config.mix,
            augment: &config.augment,
            seed: config.seed,
            keywords: words.map(|c| (c, of(c))).collect(),
            unknown,
            near,
            silence: silence_class.map(of).unwrap_or_default(),
            silence_class,
            unknown_class,
        }
    }

    /// The random numbers of one example.
    pub(super) fn rng(&self, epoch: usize, index: usize) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ (epoch as u64) << 32);
        rng.set_stream(index as u64);
        rng
    }

    /// Draws one example of `length` samples, and its class.
    pub(super) fn draw(&self, length: usize, rng: &mut ChaCha8Rng) -> (Vec<i16>, usize) {
        let kind: f64 = rng.random();
        let (mut audio, class) = match (self.silence_class, self.unknown_class) {
            (Some(class), _) if kind < self.mix.silence => (self.silence(length, rng), class),
            (_, Some(class)) if kind < self.mix.silence + self.mix.unknown => {
                let near = !self.near.is_empty() && rng.random_bool(self.mix.near_miss_share);
                let clips = if near { &self.near } else { &self.unknown };
                let running = !self.unknown.is_empty() && rng.random_bool(self.mix.running);
                (if running { self.running(length, rng) } else { self.word(clips, length, rng) }, class)
            }
            _ => {
                let (class, clips) = self.keywords.choose(rng).expect("a vocabulary has a keyword");
                (self.word(clips, length, rng), *class)
            }
        };
        augment::gain(&mut audio, draw(self.augment.gain_db, rng));
        let samples = audio.iter().map(|&s| (s * 32768.0).round().clamp(-32768.0, 32767.0) as i16).collect();
        (samples, class)
    }

    fn word(&self, clips: &[usize], length: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let a = self.augment;
        let clip = self.clip(*clips.choose(rng).expect("every label was checked to have clips"));
        let fast = augment::stretch(&clip, draw(a.speed, rng));
        let reach = a.shift_ms * RATE as f32 / 1000.0;
        let mut window = augment::place(&fast, length, draw([-reach, reach], rng) as isize);
        if !self.unknown.is_empty() && rng.random_bool(a.neighbour) {
            self.add_neighbour(&mut window, rng);
        }
        self.surround(window, rng)
    }

    /// Unknown words in close succession, some of them backwards, cut anywhere: what running speech looks like
    /// through the window.
    fn running(&self, length: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let mut speech = Vec::new();
        while speech.len() < 2 * length {
            let clip = self.clip(*self.unknown.choose(rng).expect("checked by the caller"));
            let integers: Vec<i16> = clip.iter().map(|s| (s * 32768.0) as i16).collect();
            let mut spoken = augment::stretch(&clip[word(&integers)], draw([1.0, 1.3], rng));
            if rng.random_bool(0.2) {
                spoken.reverse();
            }
            let level = augment::rms(&spoken).max(1e-4);
            speech.extend(spoken.iter().map(|s| s / level * 0.05));
            let pause = rng.random_range(0..RATE as usize / 8);
            speech.extend(std::iter::repeat_n(0.0, pause));
        }
        let start = rng.random_range(0..speech.len() - length);
        self.surround(speech[start..start + length].to_vec(), rng)
    }

    /// Puts speech into a room, and noise behind it.
    fn surround(&self, mut window: Vec<f32>, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let a = self.augment;
        let length = window.len();
        if rng.random_bool(a.room) {
            Room::draw(rng).reverberate(&mut window);
        }
        if rng.random_bool(a.noise)
            && let Some(noise) = self.noise(length, rng)
        {
            augment::mix(&mut window, &noise, draw(a.snr_db, rng));
        }
        window
    }

    /// Lets the end of another word reach in from before, or its beginning from after.
    fn add_neighbour(&self, window: &mut [f32], rng: &mut ChaCha8Rng) {
        let other = self.clip(*self.unknown.choose(rng).expect("checked by the caller"));
        let distance = rng.random_range(0.65f32..0.95) * window.len() as f32;
        let shift = if rng.random() { distance } else { -distance };
        let beside = augment::place(&other, window.len(), shift as isize);
        window.iter_mut().zip(&beside).for_each(|(w, b)| *w += b);
    }

    fn silence(&self, length: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let mut window = match rng.random_range(0..10) {
            0..5 => self.noise(length, rng).unwrap_or_else(|| vec![0.0; length]),
            5..9 if !self.silence.is_empty() => {
                augment::place(&self.clip(*self.silence.choose(rng).expect("not empty")), length, 0)
            }
            _ => {
                let level = 10f32.powf(rng.random_range(-5.0..-2.5));
                (0..length).map(|_| level * rng.random_range(-1.0f32..1.0)).collect()
            }
        };
        augment::gain(&mut window, draw([-30.0, 0.0], rng));
        window
    }

    fn noise(&self, length: usize, rng: &mut ChaCha8Rng) -> Option<Vec<f32>> {
        let recording = self.material.noise.choose(rng)?;
        let start = rng.random_range(0..recording.len().saturating_sub(length).max(1));
        Some(recording[start..].iter().take(length).map(|&s| f32::from(s) / 32768.0).collect())
    }

    fn clip(&self, index: usize) -> Vec<f32> {
        self.material.clips[index].samples.iter().map(|&s| f32::from(s) / 32768.0).collect()
    }
}
