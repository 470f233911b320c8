//! A part of the training speakers or images, for learning curves.

use std::collections::BTreeSet;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::corpus::{Clip, Split};

/// Keeps the training examples of a share of the speakers, at least one; a clip without a speaker, such as an image,
/// counts as one of its own. `row` gives an example's manifest row and class.
///
/// Speakers are drawn within each class of clips that they speak, so that a small share still has every label; the
/// draw depends on their names and on `seed` alone, and a larger share holds a smaller one.
pub(crate) fn keep_speakers<T>(
    examples: &mut Vec<T>,
    row: impl Fn(&T) -> (&Clip, usize),
    share: f64,
    seed: u64,
) {
    if share >= 1.0 {
        return;
    }
    let name = |clip: &Clip| match clip.speaker.as_str() {
        "" => clip.path.to_string_lossy().into_owned(),
        speaker => speaker.to_owned(),
    };
    let classes: BTreeSet<usize> = examples.iter().map(|e| row(e).1).collect();
    for class in classes {
        let ours = |e: &T| row(e).1 == class && row(e).0.split == Split::Train;
        let mut speakers: Vec<String> = examples.iter().filter(|e| ours(e)).map(|e| name(row(e).0)).collect();
        speakers.sort();
        speakers.dedup();
        speakers.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        speakers.truncate(((speakers.len() as f64 * share).round() as usize).max(1));
        examples.retain(|e| !ours(e) || speakers.contains(&name(row(e).0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty speakers with a clip of each of two classes, every fifth of them for tests.
    fn examples() -> Vec<(Clip, usize)> {
        let clip = |speaker: usize, class: usize| Clip {
            path: format!("{speaker}-{class}.wav").into(),
            label: class.to_string(),
            speaker: format!("s{speaker}"),
            split: if speaker.is_multiple_of(5) { Split::Test } else { Split::Train },
            columns: Default::default(),
        };
        (0..20).flat_map(|s| [(clip(s, 0), 0), (clip(s, 1), 1)]).collect()
    }

    fn kept(share: f64) -> Vec<String> {
        let mut examples = examples();
        keep_speakers(&mut examples, |(clip, class)| (clip, *class), share, 1);
        examples.iter().map(|(clip, _)| clip.path.display().to_string()).collect()
    }

    #[test]
    fn a_larger_share_holds_the_smaller_one_and_tests_stay() {
        // Of each class 16 speakers train and 4 test.
        assert_eq!([kept(0.25).len(), kept(0.5).len(), kept(1.0).len()], [2 * 8, 2 * 12, 40]);
        assert!(kept(0.25).iter().all(|clip| kept(0.5).contains(clip)));
        assert_eq!(kept(0.001).len(), 2 * 5, "each label keeps a speaker");
    }
}
