//! Where in its window a word lies, and what is said around it.

use std::ops::Range;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::audio::RATE;
use crate::augment::{overlay, rms};

/// How much of a word its window shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// All of it.
    Whole,
    /// Between a tenth and six tenths: its beginning or its end.
    Part,
}

/// Share of a cut word from which on a listener might take it for the word.
const ENOUGH: f32 = 0.6;

/// Where a whole word may lie, in samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Length of the window.
    pub(crate) length: usize,
    /// Least time between the end of the word and that of the window.
    pub(crate) margin: usize,
    /// Largest distance between the middle of the word and that of the window.
    pub(crate) reach: usize,
}

/// A window on a word.
#[derive(Debug)]
pub(crate) struct Scene {
    /// The samples.
    pub(crate) window: Vec<f32>,
    /// Where the word lies in them; it may begin before the first and end after the last.
    pub(crate) word: Range<isize>,
    /// Level of the word.
    pub(crate) level: f32,
}

impl Scene {
    /// Shows `clip`, in which `word` is spoken, through a window. A whole word lies anywhere in its place; one too long
    /// for that is shown by its middle.
    pub(crate) fn open(
        clip: &[f32],
        word: Range<usize>,
        sight: Sight,
        place: Place,
        rng: &mut ChaCha8Rng,
    ) -> Self {
        let spoken = word.len() as isize;
        let end = match sight {
            Sight::Whole => whole(spoken, place, rng),
            Sight::Part => part(spoken, place.length as isize, rng),
        };
        let mut window = vec![0.0; place.length];
        overlay(&mut window, clip, end - word.end as isize);
        Self { window, word: end - spoken..end, level: rms(&clip[word]) }
    }

    /// Lets another word, cut to itself, be heard `pause` before or after this one.
    pub(crate) fn add(&mut self, other: &[f32], side: Side, pause: usize) {
        let (pause, length) = (pause as isize, other.len() as isize);
        let start = match side {
            Side::Before => self.word.start - pause - length,
            Side::After => self.word.end + pause,
        };
        overlay(&mut self.window, other, start);
    }
}

/// Where a neighbour stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    Before,
    After,
}

/// End of a word that is seen whole.
fn whole(spoken: isize, place: Place, rng: &mut ChaCha8Rng) -> isize {
    let middle = (place.length as isize + spoken) / 2;
    let first = spoken.max(middle - place.reach as isize);
    let last = (place.length as isize - place.margin as isize).min(middle + place.reach as isize);
    if first < last { rng.random_range(first as i64..=last as i64) as isize } else { middle }
}

/// End of a word that is seen in part.
fn part(spoken: isize, length: isize, rng: &mut ChaCha8Rng) -> isize {
    let seen = (spoken as f32 * rng.random_range(0.1..ENOUGH)) as isize;
    if rng.random() { seen } else { length - seen + spoken }
}

/// Draws a pause in samples from a range in milliseconds, evenly on a logarithmic scale.
pub(crate) fn pause([low, high]: [f32; 2], rng: &mut ChaCha8Rng) -> usize {
    let low = low.max(1.0);
    let ms = low * (high.max(low) / low).powf(rng.random());
    (ms * RATE as f32 / 1000.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    const LENGTH: usize = 16_000;
    const MARGIN: usize = 800;
    const ANYWHERE: Place = Place { length: LENGTH, margin: MARGIN, reach: LENGTH };

    /// A clip of a second in which samples 5000 to 11000 are ones and the rest is zero.
    fn clip() -> (Vec<f32>, Range<usize>) {
        let mut clip = vec![0.0; 16_000];
        clip[5000..11_000].fill(1.0);
        (clip, 5000..11_000)
    }

    fn scenes(sight: Sight) -> impl Iterator<Item = Scene> {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (clip, word) = clip();
        (0..500).map(move |_| Scene::open(&clip, word.clone(), sight, ANYWHERE, &mut rng))
    }

    #[test]
    fn a_whole_word_lies_inside_and_everywhere() {
        let (mut first, mut last) = (isize::MAX, 0);
        for scene in scenes(Sight::Whole) {
            assert_eq!(scene.window.iter().sum::<f32>(), 6000.0, "the word is cut at {:?}", scene.word);
            assert_eq!(scene.window[scene.word.start as usize], 1.0);
            assert_eq!(scene.window[scene.word.end as usize - 1], 1.0);
            assert!(scene.word.end <= (LENGTH - MARGIN) as isize, "{:?} comes too late", scene.word);
            (first, last) = (first.min(scene.word.start), last.max(scene.word.end));
        }
        assert!(first < 500 && last > 14_700, "words reach only from {first} to {last}");
    }

    #[test]
    fn a_word_keeps_to_its_reach() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (clip, word) = clip();
        let near = Place { reach: 1600, ..ANYWHERE };
        let starts: Vec<isize> = (0..200)
            .map(|_| Scene::open(&clip, word.clone(), Sight::Whole, near, &mut rng).word.start)
            .collect();
        assert!(starts.iter().all(|s| (3400..=6600).contains(s)), "{starts:?}");
        assert!(starts.iter().any(|s| *s < 3700) && starts.iter().any(|s| *s > 6300));
    }

    #[test]
    fn a_cut_word_shows_less_than_its_larger_part() {
        let (mut beginnings, mut ends) = (0, 0);
        for scene in scenes(Sight::Part) {
            let seen = scene.window.iter().sum::<f32>() / 6000.0;
            assert!(seen > 0.09 && seen < ENOUGH, "{seen} of the word is seen");
            if scene.word.start < 0 { ends += 1 } else { beginnings += 1 }
        }
        assert!(beginnings > 150 && ends > 150, "{beginnings} beginnings, {ends} ends");
    }

    #[test]
    fn a_word_longer_than_the_window_is_shown_by_its_middle() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let scene = Scene::open(&[1.0; 20_000], 0..20_000, Sight::Whole, ANYWHERE, &mut rng);
        assert_eq!(scene.word, -2000..18_000);
        assert_eq!(scene.window, [1.0; LENGTH]);
    }

    #[test]
    fn neighbours_keep_their_distance() {
        let other = [0.25; 2000];
        for mut scene in scenes(Sight::Whole) {
            scene.add(&other, Side::Before, 480);
            scene.add(&other, Side::After, 480);
            let word = scene.word.start as usize..scene.word.end as usize;
            assert!(scene.window[word.clone()].iter().all(|&s| s == 1.0), "a neighbour speaks into the word");
            let near = [word.start.saturating_sub(480)..word.start, word.end..(word.end + 480).min(LENGTH)];
            assert!(near.into_iter().flatten().all(|i| scene.window[i] == 0.0));
            if word.start > 500 {
                assert_eq!(scene.window[word.start - 481], 0.25);
            }
        }
    }

    #[test]
    fn pauses_span_their_range() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let pauses: Vec<usize> = (0..500).map(|_| pause([30.0, 600.0], &mut rng)).collect();
        assert!(pauses.iter().all(|p| (480..=9600).contains(p)));
        assert!(pauses.iter().filter(|p| **p < 2147).count().abs_diff(250) < 50);
    }
}
