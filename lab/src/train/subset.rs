//! A part of the training speakers, for learning curves.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::material::Material;
use crate::corpus::Split;

/// Keeps the training clips of a share of the speakers, at least one; a clip without a speaker counts as one of its own.
///
/// Speakers are drawn within each class of clips that they speak, so that a small share still has every label; the
/// draw depends on their names and on `seed` alone, and a larger share holds a smaller one.
pub(super) fn keep_speakers(material: &mut Material, share: f64, seed: u64) {
    if share >= 1.0 {
        return;
    }
    let classes: std::collections::BTreeSet<usize> = material.clips.iter().map(|c| c.class).collect();
    for class in classes {
        let ours = |s: &super::material::Spoken| s.class == class && s.clip.split == Split::Train;
        let name = |s: &super::material::Spoken| match s.clip.speaker.as_str() {
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
