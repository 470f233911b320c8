//! A `match` whose words may be replaced by those of a page.

use kws_engine::{Block, Flow, Stage, StageFault};

use super::page::{Page, PageWords};
use super::{STEPS, cosine, fits, parts};

/// As [`Match`](super::Match), with words that a [`Page`] may replace, and with scores on one scale: a word counts as heard from half
/// of it on, whatever cosine that is, so that a threshold holds for words that come later.
///
/// # Reads
/// `embedding` i8 `[values]`.
///
/// # Writes
/// `posterior` i8 `[words]`: of a cosine below the word's own threshold as large a part of 128 steps as it is of the threshold, above it
/// 128 steps and as large a part of 127 as it is of the way to 1.
#[derive(Clone, Debug)]
pub struct Replaceable<C, D, O> {
    pub(super) centre: C,
    pub(super) directions: D,
    pub(super) on: O,
    pub(super) embedding: u32,
    page: Page,
    /// The page's words, where it was found good.
    words: Option<PageWords>,
    reported: bool,
}

/// Steps of a word that just counts as heard.
pub(super) const HEARD: i32 = 128;

impl<C, D, O> Replaceable<C, D, O> {
    /// Compares with the page's words, or with these: a direction for each, one after the other, and the steps of the cosine from
    /// which on it counts as heard. `embedding` is the fingerprint of what is compared.
    pub const fn new(centre: C, directions: D, on: O, embedding: u32, page: Page) -> Self {
        Replaceable { centre, directions, on, embedding, page, words: None, reported: false }
    }
}

impl<C: AsRef<[i8]>, D: AsRef<[i8]>, O: AsRef<[u8]>> Stage for Replaceable<C, D, O> {
    type In = i8;
    type Out = i8;

    fn process(&mut self, input: Block<'_, i8>, output: &mut [i8]) -> Result<Flow, StageFault> {
        let (centre, directions) = (self.centre.as_ref(), self.directions.as_ref());
        fits(centre, directions, &input, output)?;
        match &self.words {
            Some(words) => {
                for (score, (on, direction)) in output.iter_mut().zip(words.each()) {
                    *score = level(compare(&input, words.centre(), direction), on);
                }
            }
            None => {
                let words = self.on.as_ref().iter().zip(directions.chunks_exact(centre.len()));
                for (score, (on, direction)) in output.iter_mut().zip(words) {
                    *score = level(compare(&input, centre.iter().copied(), direction.iter().copied()), *on);
                }
            }
        }
        Ok(Flow::Emit)
    }

    /// Looks at the page.
    fn reset(&mut self) {
        let (words, values) = (self.on.as_ref().len(), self.centre.as_ref().len());
        let found = self.page.words(words, values, self.embedding);
        if !self.reported {
            self.reported = true;
            self.page.tell(found.map(|_| words));
        }
        self.words = found.ok();
    }
}

/// Steps of the cosine between an embedding less the centre and a direction.
fn compare(embedding: &[i8], centre: impl Iterator<Item = i8>, direction: impl Iterator<Item = i8>) -> i32 {
    let (mut along, mut length, mut own) = (0, 0, 0);
    for (part, d) in parts(embedding, centre).zip(direction) {
        let d = i32::from(d);
        along += part * d;
        length += part.unsigned_abs().pow(2);
        own += d.unsigned_abs().pow(2);
    }
    cosine(along, length, own)
}

/// A cosine on the scale of all words.
fn level(cosine: i32, on: u8) -> i8 {
    let on = i32::from(on).max(1);
    let level = if cosine < on {
        // Never up to what counts as heard.
        (cosine * HEARD / on).min(HEARD - 1)
    } else {
        HEARD + (cosine - on) * (STEPS - HEARD) / (STEPS - on).max(1)
    };
    (level + i32::from(i8::MIN)) as i8
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::super::page::{bytes, fingerprint};
    use super::*;
    use kws_engine::Quant;

    #[test]
    fn a_word_counts_as_heard_from_half_the_scale_on() {
        for on in 1..=255u8 {
            let levels: Vec<i8> = (0..=STEPS).map(|cosine| level(cosine, on)).collect();
            assert!(levels.is_sorted(), "{on}");
            assert!(levels[usize::from(on) - 1] < 0 && levels[usize::from(on)] >= 0, "{on}");
            assert_eq!(levels[0], -128);
            if on < 255 {
                assert_eq!(levels[255], 127);
            }
        }
    }

    #[test]
    fn words_of_the_page_give_what_the_same_words_give_built_in() {
        let quant = Quant { scale: 1.0, zero_point: 0 };
        let (model, centre) = (fingerprint(quant, 4), [3i8, -4, 5, 100]);
        let (first, second) = ([127i8, 3, -5, 9], [-20i8, 127, 60, -1]);
        let page = Page::new(bytes(model, &centre, &[(90, &second)]).leak(), |_| {});
        let mut built_in = Replaceable::new(centre, first, [140u8], model, page);
        let mut other = Replaceable::new(centre, second, [90u8], model, Page::NONE);
        let mut seed = 1u32;
        for round in 0..200 {
            let embedding = [(); 4].map(|()| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8 as i8
            });
            let [mut a, mut b] = [[0]; 2];
            if round == 100 {
                // Until it has looked at the page, the firmware's own words are compared.
                built_in.reset();
                other.reset();
            }
            let block = || Block { at: 0, items: &embedding[..] };
            assert_eq!(built_in.process(block(), &mut a).unwrap(), Flow::Emit);
            assert_eq!(other.process(block(), &mut b).unwrap(), Flow::Emit);
            if round >= 100 {
                assert_eq!(a, b);
            }
        }
    }

    #[test]
    fn a_bad_page_leaves_the_words_of_the_firmware_and_is_told_once() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static TOLD: AtomicUsize = AtomicUsize::new(0);
        let page = Page::new(&[0xff; 64], |found| {
            assert!(found.is_err());
            TOLD.fetch_add(1, Ordering::Relaxed);
        });
        let mut stage = Replaceable::new([0i8; 2], [127i8, 0], [128u8], 7, page);
        let mut score = [0];
        for _ in 0..2 {
            stage.reset();
            assert_eq!(stage.process(Block { at: 0, items: &[50, 0] }, &mut score).unwrap(), Flow::Emit);
            assert_eq!(score, [127]);
        }
        assert_eq!(TOLD.load(Ordering::Relaxed), 1);
    }
}
