//! A part of the training speakers, for learning curves.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::material::{Material, Spoken};
use crate::corpus::Split;

/// Keeps the training clips of a share of the speakers, at least one; a clip without a speaker counts as one of its own.
///
/// Speakers are drawn within each class of clips that they speak, so that a small share still has every label; the
/// draw depends on their names and on `seed` alone, and a larger share holds a smaller one.
pub(crate) fn keep_speakers(material: &mut Material, share: f64, seed: u64) {
    if share >= 1.0 {
        return;
    }
    let classes: std::collections::BTreeSet<usize> = material.clips.iter().map(|c| c.class).collect();
    for class in classes {
        let ours = |s: &Spoken| s.class == class && s.clip.split == Split::Train;
        let name = |s: &Spoken| match s.clip.speaker.as_str() {
            "" => s.clip.path.to_string_lossy().into_owned(),
            speaker => speaker.to_owned(),
        };
        let mut speakers: Vec<String> = material.clips.iter().filter(|s| ours(s)).map(name).collect();
        speakers.sort();
        speakers.dedup();
        speakers.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        speakers.truncate(((speakers.len() as f64 * share).round() as usize).max(1));
        material.clips.retain(|s| !ours(s) || speakers.contains(&name(s)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Clip;

    /// Twenty speakers with a clip of each of two classes, every fifth of them for tests.
    fn material() -> Material {
        let clip = |speaker: usize, class: usize| Spoken {
            clip: Clip {
                path: format!("{speaker}-{class}.wav").into(),
                label: class.to_string(),
                speaker: format!("s{speaker}"),
                split: if speaker.is_multiple_of(5) { Split::Test } else { Split::Train },
                columns: Default::default(),
            },
            class,
            samples: Vec::new(),
            word: 0..0,
        };
        let clips = (0..20).flat_map(|s| [clip(s, 0), clip(s, 1)]).collect();
        Material { clips, noise: Vec::new(), speech: Vec::new(), excluded: Vec::new() }
    }

    fn kept(share: f64) -> Vec<String> {
        let mut material = material();
        keep_speakers(&mut material, share, 1);
        material.clips.iter().map(|s| s.clip.path.display().to_string()).collect()
    }

    #[test]
    fn a_larger_share_holds_the_smaller_one_and_tests_stay() {
        // Of each class 16 speakers train and 4 test.
        assert_eq!([kept(0.25).len(), kept(0.5).len(), kept(1.0).len()], [2 * 8, 2 * 12, 40]);
        assert!(kept(0.25).iter().all(|clip| kept(0.5).contains(clip)));
        assert_eq!(kept(0.001).len(), 2 * 5, "each label keeps a speaker");
    }
}
