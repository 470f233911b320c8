//! One training example: which clip, how distorted.

use std::collections::BTreeSet;
use std::ops::Range;

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::audio::RATE;
use crate::augment::{self, Augment, Channel, Distance, Room, draw, happens};
use crate::corpus::{Split, Vocabulary};

use super::material::Material;
use super::pool::Pool;
use super::scene::{Place, Scene, Side, Sight, pause};
use crate::train::config::{Config, Mix};

/// Share of unknown words that are seen only in part: in a stream most are, most of the time.
const CUT_UNKNOWN: f64 = 0.25;
/// Share of recordings in running speech, where there are any; the rest is made of words.
const RECORDED: f64 = 0.7;
/// Samples between a keyword and what it is a syllable of: end points are found to 10 ms.
const WITHIN_PAUSE: usize = RATE as usize / 50;

/// One training example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Drawn {
    pub(crate) samples: Vec<i16>,
    /// The output that it counts as.
    pub(crate) class: usize,
    /// Which of all words of the corpora it shows, where it shows one whole and alone.
    pub(crate) word: Option<usize>,
}

/// What is heard in a window, before it is tilted and made louder or softer, and the word in it.
type Heard = (Vec<f32>, Option<usize>);

/// Draws examples. Example `index` of `epoch` depends on nothing but the seed and these two, so a resumed run
/// draws what an uninterrupted one would have.
pub(crate) struct ExampleSampler<'a> {
    pub(super) material: &'a Material,
    mix: &'a Mix,
    pub(super) augment: &'a Augment,
    seed: u64,
    keywords: Vec<(usize, Pool<usize>)>,
    unknown: Pool<usize>,
    near: Pool<usize>,
    silence: Pool<usize>,
    silence_class: Option<usize>,
    unknown_class: Option<usize>,
    /// Every word of the training clips, in the alphabet's order.
    pub(super) words: BTreeSet<&'a str>,
}

impl<'a> ExampleSampler<'a> {
    pub(crate) fn new(material: &'a Material, vocabulary: &Vocabulary, config: &'a Config) -> Self {
        let of = |class: usize| -> Vec<usize> {
            let train = material.clips.iter().enumerate().filter(|(_, s)| s.clip.split == Split::Train);
            train.filter(|(_, s)| s.class == class).map(|(i, _)| i).collect()
        };
        let (silence_class, unknown_class) = (vocabulary.silence(), vocabulary.unknown());
        let special = [silence_class, unknown_class];
        let near_miss = |&i: &usize| config.mix.near_miss.contains(&material.clips[i].clip.label);
        let (near, unknown): (Vec<usize>, Vec<usize>) =
            unknown_class.map(of).unwrap_or_default().into_iter().partition(near_miss);
        let pool = |clips: Vec<usize>| clips.into_iter().map(|i| (i, material.clips[i].weight)).collect();
        let words = (0..vocabulary.labels().len()).filter(|&c| !special.contains(&Some(c)));
        Self {
            material,
            mix: &config.mix,
            augment: &config.augment,
            seed: config.seed,
            keywords: words.map(|c| (c, pool(of(c)))).collect(),
            unknown: pool(unknown),
            near: pool(near),
            silence: pool(silence_class.map(of).unwrap_or_default()),
            silence_class,
            unknown_class,
            words: material.split(Split::Train).map(|s| s.clip.label.as_str()).collect(),
        }
    }

    /// The random numbers of one example.
    pub(super) fn rng(&self, epoch: usize, index: usize) -> ChaCha8Rng {
        random(self.seed, epoch, index)
    }

    /// Draws one example of `length` samples.
    pub(crate) fn draw(&self, length: usize, rng: &mut ChaCha8Rng) -> Drawn {
        let kind: f64 = rng.random();
        let ((mut audio, word), class) = match (self.silence_class, self.unknown_class) {
            (Some(class), _) if kind < self.mix.silence => ((self.silence(length, rng), None), class),
            (_, Some(class)) if kind < self.mix.silence + self.mix.unknown => {
                (self.unknown(length, rng), class)
            }
            _ => {
                let (class, clips) = self.keywords.choose(rng).expect("a vocabulary has a keyword");
                (self.word(clips, Sight::Whole, length, rng), *class)
            }
        };
        augment::tilt(&mut audio, draw(self.augment.tilt, rng));
        augment::gain(&mut audio, draw(self.augment.gain_db, rng));
        if happens(self.augment.codec, rng) {
            Channel::draw(rng).pass(&mut audio);
        }
        let samples = audio.iter().map(|&s| (s * 32768.0).round().clamp(-32768.0, 32767.0) as i16).collect();
        Drawn { samples, class, word }
    }

    /// Anything said that is no keyword: running speech, a piece of a keyword, or another word, which may be cut.
    fn unknown(&self, length: usize, rng: &mut ChaCha8Rng) -> Heard {
        let kind: f64 = rng.random();
        if kind < self.mix.running {
            return (self.running(length, rng), None);
        }
        let (_, keyword) = self.keywords.choose(rng).expect("a vocabulary has a keyword");
        if kind < self.mix.running + self.mix.cut || self.unknown.is_empty() {
            return self.word(keyword, Sight::Part, length, rng);
        }
        if kind < self.mix.running + self.mix.cut + self.mix.within {
            return (self.within(keyword, length, rng), None);
        }
        let near = !self.near.is_empty() && rng.random_bool(self.mix.near_miss_share);
        let sight = if rng.random_bool(CUT_UNKNOWN) { Sight::Part } else { Sight::Whole };
        self.word(if near { &self.near } else { &self.unknown }, sight, length, rng)
    }

    /// One of `clips`, with or without neighbours.
    fn word(&self, clips: &Pool<usize>, sight: Sight, length: usize, rng: &mut ChaCha8Rng) -> Heard {
        let a = self.augment;
        let index = *clips.choose(rng).expect("every label was checked to have clips");
        let mut scene = self.scene(index, sight, length, rng);
        let mut alone = sight == Sight::Whole;
        for side in [Side::Before, Side::After] {
            if !self.unknown.is_empty() && rng.random_bool(a.neighbour) {
                let other = self.loud(scene.level * draw([0.5, 1.5], rng), rng);
                scene.add(&other, side, pause(a.pause_ms, rng));
                alone = false;
            }
        }
        let label = self.material.clips[index].clip.label.as_str();
        let word = alone.then(|| self.words.range(..label).count());
        (self.surround(scene.window, scene.level, rng), word)
    }

    /// A clip, its word somewhere in the window.
    fn scene(&self, index: usize, sight: Sight, length: usize, rng: &mut ChaCha8Rng) -> Scene {
        let (clip, word) = self.spoken(index, draw(self.augment.speed, rng));
        let samples = |ms: f32| (ms * RATE as f32 / 1000.0) as usize;
        let place = Place {
            length,
            margin: samples(self.augment.margin_ms),
            reach: self.augment.reach_ms.map_or(length, samples),
        };
        Scene::open(&clip, word, sight, place, rng)
    }

    /// A keyword as a syllable of something longer, as "no" in "piano".
    fn within(&self, clips: &Pool<usize>, length: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let index = *clips.choose(rng).expect("every label was checked to have clips");
        let mut scene = self.scene(index, Sight::Whole, length, rng);
        let sides: &[Side] = match rng.random_range(0..5) {
            0..3 => &[Side::Before],
            3 => &[Side::After],
            _ => &[Side::Before, Side::After],
        };
        for &side in sides {
            let other = self.loud(scene.level * draw([0.7, 1.4], rng), rng);
            scene.add(&other, side, rng.random_range(0..WITHIN_PAUSE));
        }
        self.surround(scene.window, scene.level, rng)
    }

    /// Running speech, cut anywhere: a piece of a recording, or words in close succession.
    fn running(&self, length: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let level = 0.05;
        let recorded = rng.random_bool(RECORDED).then(|| self.material.speech.choose(rng)).flatten();
        let speech = match recorded {
            Some(recording) => {
                let taken = 2 * length;
                let start = rng.random_range(0..recording.len().saturating_sub(taken).max(1));
                let piece: Vec<f32> = recording[start..].iter().take(taken).map(|&s| real(s)).collect();
                augment::stretch(&piece, draw(self.augment.speed, rng))
            }
            None => self.succession(2 * length, level, rng),
        };
        let start = rng.random_range(0..speech.len().saturating_sub(length).max(1));
        let mut window = vec![0.0; length];
        augment::overlay(&mut window, &speech, -(start as isize));
        let loudest = augment::loudest(&window).max(1e-4);
        window.iter_mut().for_each(|s| *s *= level / loudest);
        self.surround(window, level, rng)
    }

    /// Unknown words, or pieces of them, with short pauses; some of them backwards.
    fn succession(&self, length: usize, level: f32, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let mut speech = Vec::new();
        while speech.len() < length {
            if self.unknown.is_empty() {
                return vec![0.0; length];
            }
            let mut spoken = self.loud(level, rng);
            if rng.random_bool(0.2) {
                spoken.reverse();
            }
            speech.extend(spoken);
            let silent = rng.random_range(0..RATE as usize / 8);
            speech.extend(std::iter::repeat_n(0.0, silent));
        }
        speech
    }

    /// Puts speech of a level into a room, and noise behind it; or far away, where all of it is softer.
    fn surround(&self, mut window: Vec<f32>, level: f32, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let a = self.augment;
        let length = window.len();
        let distance = if happens(a.far, rng) { Distance::Far } else { Distance::Near };
        if distance == Distance::Far || rng.random_bool(a.room) {
            self.reverberate(&mut window, distance, rng);
        }
        if rng.random_bool(a.noise)
            && let Some(noise) = self.noise_or_music(length, rng)
        {
            augment::mix(&mut window, level, &noise, draw(a.snr_db, rng));
        }
        if distance == Distance::Far {
            augment::gain(&mut window, draw(a.far_db, rng));
        }
        window
    }

    /// Plays a window in a measured room or in a simulated one.
    fn reverberate(&self, window: &mut [f32], distance: Distance, rng: &mut ChaCha8Rng) {
        let rooms = &self.material.rooms;
        if !rooms.is_empty()
            && happens(self.augment.measured_room, rng)
            && let Some(room) = rooms.choose(rng)
        {
            return room.reverberate(window);
        }
        Room::draw(distance, rng).reverberate(window);
    }

    fn noise_or_music(&self, length: usize, rng: &mut ChaCha8Rng) -> Option<Vec<f32>> {
        let music = !self.material.music.is_empty() && happens(self.augment.music, rng);
        piece(if music { &self.material.music } else { &self.material.noise }, length, rng)
    }

    /// An unknown word without the pauses around it, at a level.
    fn loud(&self, level: f32, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let index = *self.unknown.choose(rng).expect("checked by the caller");
        let (clip, word) = self.spoken(index, draw([1.0, 1.3], rng));
        let mut spoken = clip[word].to_vec();
        let factor = level / augment::rms(&spoken).max(1e-4);
        spoken.iter_mut().for_each(|s| *s *= factor);
        spoken
    }

    /// A clip played at a speed, and where its word lies.
    fn spoken(&self, index: usize, speed: f32) -> (Vec<f32>, Range<usize>) {
        let spoken = &self.material.clips[index];
        let clip: Vec<f32> = spoken.samples.iter().map(|&s| real(s)).collect();
        let fast = augment::stretch(&clip, speed);
        let at = |sample: usize| (sample as f32 * fast.len() as f32 / clip.len().max(1) as f32) as usize;
        let word = at(spoken.word.start)..at(spoken.word.end);
        (fast, word)
    }

    fn silence(&self, length: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let mut window = match rng.random_range(0..10) {
            0..5 => self.noise(length, rng).unwrap_or_else(|| vec![0.0; length]),
            5..9 if !self.silence.is_empty() => {
                let clip = &self.material.clips[*self.silence.choose(rng).expect("not empty")].samples;
                clip.iter().map(|&s| real(s)).chain(std::iter::repeat(0.0)).take(length).collect()
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
        piece(&self.material.noise, length, rng)
    }
}

/// A piece of one of some recordings, cut anywhere; none where there is no recording.
fn piece(recordings: &Pool<Vec<i16>>, length: usize, rng: &mut ChaCha8Rng) -> Option<Vec<f32>> {
    let recording = recordings.choose(rng)?;
    let start = rng.random_range(0..recording.len().saturating_sub(length).max(1));
    // A recording shorter than the window is heard again.
    Some(recording[start..].iter().chain(recording.iter().cycle()).take(length).map(|&s| real(s)).collect())
}

/// The random numbers of one example.
pub(super) fn random(seed: u64, epoch: usize, index: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ (epoch as u64) << 32);
    rng.set_stream(index as u64);
    rng
}

fn real(sample: i16) -> f32 {
    f32::from(sample) / 32768.0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::augment::Convolver;
    use crate::corpus::Clip;
    use crate::train::data::material::Spoken;

    const CONFIG: &str = r#"
        name = "test"
        labels = ["silence", "unknown", "yes"]
        architecture = { kind = "tiny_conv", filters = 8 }
        seed = 7
        front_end = []
        data.corpora = ["./corpus"]
        fit = { epochs = 1, clips = 1, batch = 1, rate = 0.1 }
    "#;

    /// A clip with a constant level for a word, which tells in the window what was drawn.
    fn spoken(label: &str, class: usize, level: i16) -> Spoken {
        let mut samples = vec![0; 16_000];
        samples[4000..12_000].fill(level);
        let clip = Clip {
            path: label.into(),
            label: label.into(),
            speaker: String::new(),
            split: Split::Train,
            columns: BTreeMap::new(),
        };
        Spoken { clip, class, samples, word: 4000..12_000, weight: 1.0 }
    }

    /// A word of level 4000 that counts as yes, and one of level 1000 that is unknown.
    fn material() -> Material {
        let clips = vec![spoken("yes", 2, 4000), spoken("cat", 1, 1000)];
        Material { clips, ..Material::default() }
    }

    /// A configuration without distortions, changed by `change`.
    fn drawn(change: impl Fn(&mut Config), count: usize) -> Vec<Drawn> {
        let mut config: Config = toml::from_str(CONFIG).unwrap();
        let a = &mut config.augment;
        (a.gain_db, a.speed, a.noise, a.room, a.neighbour) = ([0.0; 2], [1.0; 2], 0.0, 0.0, 0.0);
        change(&mut config);
        let vocabulary = Vocabulary::new(config.labels.clone()).unwrap();
        let material = material();
        let sampler = ExampleSampler::new(&material, &vocabulary, &config);
        (0..count).map(|index| sampler.draw(16_000, &mut sampler.rng(0, index))).collect()
    }

    /// Samples of the keyword that are seen.
    fn seen(window: &[i16]) -> usize {
        window.iter().filter(|&&s| s == 4000).count()
    }

    #[test]
    fn a_keyword_is_whole_and_a_cut_one_is_unknown() {
        for drawn in drawn(|c| (c.mix.silence, c.mix.unknown) = (0.0, 0.0), 100) {
            assert_eq!((seen(&drawn.samples), drawn.class, drawn.word), (8000, 2, Some(1)));
        }
        let cut = |c: &mut Config| {
            (c.mix.silence, c.mix.unknown, c.mix.running, c.mix.cut, c.mix.within) =
                (0.0, 1.0, 0.0, 1.0, 0.0);
        };
        for drawn in drawn(cut, 100) {
            assert_eq!((drawn.class, drawn.word), (1, None));
            let seen = seen(&drawn.samples);
            assert!(seen > 0 && seen < 4800, "{seen} samples of 8000 are seen");
        }
    }

    #[test]
    fn a_keyword_within_something_longer_is_unknown() {
        let within = |c: &mut Config| {
            (c.mix.silence, c.mix.unknown, c.mix.running, c.mix.cut, c.mix.within) =
                (0.0, 1.0, 0.0, 0.0, 1.0);
        };
        for Drawn { samples: window, class, word } in drawn(within, 100) {
            assert_eq!((seen(&window), class, word), (8000, 1, None));
            let start = window.iter().position(|&s| s == 4000).unwrap();
            let sound = |at: usize| window[at.min(15_999)] != 0;
            let before = start < WITHIN_PAUSE || sound(start - WITHIN_PAUSE);
            let after = start + 8000 + WITHIN_PAUSE > 16_000 || sound(start + 8000 + WITHIN_PAUSE);
            assert!(before || after, "nothing is said beside the keyword at {start}");
        }
    }

    #[test]
    fn clips_are_drawn_by_the_weight_of_their_corpus() {
        let mut config: Config = toml::from_str(CONFIG).unwrap();
        let a = &mut config.augment;
        (a.gain_db, a.speed, a.noise, a.room, a.neighbour) = ([0.0; 2], [1.0; 2], 0.0, 0.0, 0.0);
        (config.mix.silence, config.mix.unknown) = (0.0, 0.0);
        let vocabulary = Vocabulary::new(config.labels.clone()).unwrap();
        let mut material = material();
        material.clips.push(Spoken { weight: 0.25, ..spoken("yes", 2, 2000) });
        let sampler = ExampleSampler::new(&material, &vocabulary, &config);
        let drawn = (0..1000).map(|index| sampler.draw(16_000, &mut sampler.rng(0, index)).samples);
        let rare = drawn.filter(|samples| samples.contains(&2000)).count();
        assert!((150..250).contains(&rare), "{rare} of 1000, expected a fifth");
    }

    #[test]
    fn who_is_far_away_is_softer_and_in_a_measured_room() {
        let mut config: Config = toml::from_str(CONFIG).unwrap();
        (config.mix.silence, config.mix.unknown) = (0.0, 0.0);
        let a = &mut config.augment;
        (a.gain_db, a.speed, a.noise, a.neighbour) = ([0.0; 2], [1.0; 2], 0.0, 0.0);
        (a.far, a.far_db, a.measured_room) = (1.0, [-20.0; 2], 1.0);
        let vocabulary = Vocabulary::new(config.labels.clone()).unwrap();
        // A room that plays everything again after 10 ms, just as loud.
        let mut response = vec![0.0; 161];
        (response[0], response[160]) = (1.0, 1.0);
        let rooms = [(Convolver::default().room(&response).unwrap(), 1.0)].into_iter().collect();
        let material = Material { rooms, ..material() };
        let sampler = ExampleSampler::new(&material, &vocabulary, &config);
        let samples = sampler.draw(16_000, &mut sampler.rng(0, 0)).samples;
        let (once, twice) = (400.0 / 2f32.sqrt(), 400.0 * 2f32.sqrt());
        let start = samples.iter().position(|&s| f32::from(s) > once / 2.0).unwrap();
        for (at, wanted) in [(start + 80, once), (start + 240, twice)] {
            let found = f32::from(samples[at]);
            assert!((found - wanted).abs() < 2.0, "{found} at {at}, expected {wanted}");
        }
    }

    /// What no share asks for draws nothing: configurations from before these distortions draw what they drew.
    #[test]
    fn distortions_without_a_share_change_no_draw() {
        let plain = drawn(|c| c.augment.room = 1.0, 50);
        let unasked = |c: &mut Config| {
            c.augment.room = 1.0;
            (c.augment.far_db, c.augment.music, c.augment.measured_room) = ([-40.0; 2], 1.0, 1.0);
        };
        assert_eq!(drawn(unasked, 50), plain);
        let asked = |c: &mut Config| (c.augment.room, c.augment.codec) = (1.0, 1.0);
        assert_ne!(drawn(asked, 50), plain);
    }

    #[test]
    fn an_example_depends_on_the_seed_its_epoch_and_its_index_alone() {
        let all = drawn(|c| c.augment.neighbour = 0.5, 20);
        let config: Config = toml::from_str(CONFIG).unwrap();
        let (vocabulary, material) = (Vocabulary::new(config.labels.clone()).unwrap(), material());
        let sampler = ExampleSampler::new(&material, &vocabulary, &config);
        let draw = |epoch, index| sampler.draw(16_000, &mut sampler.rng(epoch, index));
        assert_eq!(draw(3, 11), draw(3, 11));
        assert_ne!(draw(3, 11), draw(4, 11));
        assert_ne!(draw(3, 11), draw(3, 12));
        assert_eq!(drawn(|c| c.augment.neighbour = 0.5, 5), all[..5]);
        assert_ne!(drawn(|c| (c.augment.neighbour, c.seed) = (0.5, 8), 20), all);
    }
}
