//! How alike an embedding is to those of words that were enrolled.

mod page;
mod replaceable;

use kws_engine::{Block, Flow, Stage, StageFault};

pub use page::{Page, PageError, PageWords};
pub use replaceable::Replaceable;

/// The cosine between an embedding and a direction for each word, in integer arithmetic.
///
/// What it reads and writes: [`MatchParams`](super::MatchParams).
///
/// # Parameters
/// `words`, files that `kws-lab enrol --word` writes. Each brings the score from which on its word counts as heard, which a
/// `trigger` goes by. With `replaceable`, it is a [`Replaceable`].
///
/// # Reference
/// The prototypes of J. Snell, K. Swersky, R. Zemel, "Prototypical networks for few-shot learning", 2017, turned by the inverse
/// covariance within words, as in linear discriminant analysis (R. A. Fisher, 1936).
///
/// # Example
/// ```
/// use kws_engine::{Block, Stage};
/// use kws_stages::decide::Match;
///
/// let mut same = Match::new([-128, -128], [127, 0, 0, 127]);
/// let mut scores = [0; 2];
/// same.process(Block { at: 1, items: &[-28, -128] }, &mut scores)?;
/// assert_eq!(scores, [127, -128]);
/// same.process(Block { at: 2, items: &[-98, -88] }, &mut scores)?;
/// assert_eq!(scores, [25, 76], "0.6 and 0.8 of 255");
/// # Ok::<(), kws_engine::StageFault>(())
/// ```
#[derive(Clone, Debug)]
pub struct Match<C, D> {
    centre: C,
    directions: D,
}

/// The most values of an embedding that a plan accepts, whose sums of products fit into 32 bits.
#[cfg(any(test, feature = "std"))]
pub(crate) const MOST_VALUES: usize = 4096;

/// Steps of a cosine of 1.
pub(crate) const STEPS: i32 = 255;

impl<C, D> Match<C, D> {
    /// Compares with a direction for each word, one after the other; `centre` is what all embeddings have in common.
    pub const fn new(centre: C, directions: D) -> Self {
        Match { centre, directions }
    }
}

/// Whether the embedding has the length of those enrolled, and the output a place for each word.
fn fits(centre: &[i8], directions: &[i8], input: &[i8], output: &[i8]) -> Result<(), StageFault> {
    if input.len() != centre.len() || directions.len() != centre.len() * output.len() {
        return Err(StageFault::new("`match` received an embedding of another length than those enrolled"));
    }
    Ok(())
}

impl<C: AsRef<[i8]>, D: AsRef<[i8]>> Stage for Match<C, D> {
    type In = i8;
    type Out = i8;

    fn process(&mut self, input: Block<'_, i8>, output: &mut [i8]) -> Result<Flow, StageFault> {
        let (centre, directions) = (self.centre.as_ref(), self.directions.as_ref());
        fits(centre, directions, &input, output)?;
        let parts = || parts(&input, centre.iter().copied());
        let length: u32 = parts().map(|part| part.unsigned_abs().pow(2)).sum();
        for (score, direction) in output.iter_mut().zip(directions.chunks_exact(centre.len())) {
            let along: i32 = parts().zip(direction).map(|(part, d)| part * i32::from(*d)).sum();
            let own: u32 = direction.iter().map(|d| i32::from(*d).unsigned_abs().pow(2)).sum();
            *score = (cosine(along, length, own) + i32::from(i8::MIN)) as i8;
        }
        Ok(Flow::Emit)
    }
}

/// What of an embedding is its own.
fn parts(embedding: &[i8], centre: impl Iterator<Item = i8>) -> impl Iterator<Item = i32> {
    embedding.iter().zip(centre).map(|(value, centre)| i32::from(*value) - i32::from(centre))
}

/// The cosine of two vectors in steps, from their product and their squared lengths: 0 where it is negative, or a vector
/// has no length.
fn cosine(along: i32, length: u32, own: u32) -> i32 {
    let lengths = (u64::from(length) * u64::from(own)).isqrt();
    if along <= 0 || lengths == 0 {
        return 0;
    }
    let steps = (along.unsigned_abs() as u64 * STEPS as u64 + lengths / 2) / lengths;
    steps.min(STEPS as u64) as i32
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub use {
    kind::{EnrolledWord, MatchParams, page_of},
    page::fingerprint,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_the_nearest_to_the_real_cosine() {
        let mut seed = 1u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8 as i8
        };
        for _ in 0..2000 {
            let [x, c, d]: [Vec<i8>; 3] = [(); 3].map(|()| (0..80).map(|_| next()).collect());
            let mut score = [0i8];
            let flow = Match::new(&c, &d).process(Block { at: 0, items: &x }, &mut score).unwrap();
            assert_eq!(flow, Flow::Emit);
            let real = |i: usize| f64::from(x[i]) - f64::from(c[i]);
            let along: f64 = (0..80).map(|i| real(i) * f64::from(d[i])).sum();
            let length: f64 = (0..80).map(|i| real(i).powi(2)).sum();
            let own: f64 = d.iter().map(|d| f64::from(*d).powi(2)).sum();
            let wanted = (255.0 * along.max(0.0) / (length * own).sqrt()) - 128.0;
            assert!((f64::from(score[0]) - wanted).abs() <= 0.5 + 1e-6, "{score:?}, {wanted}");
        }
    }

    #[test]
    fn the_longest_embeddings_do_not_overflow() {
        let [x, c] = [[i8::MAX; MOST_VALUES], [i8::MIN; MOST_VALUES]];
        for (embedding, centre, wanted) in [(x, c, 127), (c, x, -128)] {
            let mut score = [0i8];
            let mut stage = Match::new(centre, [127; MOST_VALUES]);
            assert_eq!(stage.process(Block { at: 0, items: &embedding }, &mut score).unwrap(), Flow::Emit);
            assert_eq!(score, [wanted]);
        }
    }

    #[test]
    fn another_length_is_a_fault() {
        let mut score = [0i8];
        assert!(Match::new([0; 3], [0; 3]).process(Block { at: 0, items: &[1, 2] }, &mut score).is_err());
    }
}
