//! One prediction per clip, against its label.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::Serialize;

use crate::audio::read_16k;
use crate::bundle::Bundle;
use crate::corpus::{Clip, Corpus, Split};
use crate::train::{Confusion, centre, largest};

/// A clip with what the model said of it.
pub struct Scored {
    /// The manifest's row.
    pub clip: Clip,
    /// The output that is right.
    pub class: usize,
    /// Probability of each label.
    pub scores: Vec<f32>,
    /// The same by the float twin, where there is one.
    pub float_scores: Option<Vec<f32>>,
}

/// Figures over clips, as the JSON file holds them.
#[derive(Debug, Serialize)]
pub struct ClipReport {
    /// Name of the model.
    pub model: String,
    /// The split that was measured; none for all.
    pub split: Option<String>,
    /// Count of clips.
    pub clips: usize,
    /// Share that the integer model got right.
    pub top1: f64,
    /// Share that the float twin got right, where the model's folder has one.
    pub float_top1: Option<f64>,
    /// Mean over the labels of the share that was right.
    pub balanced: f64,
    /// Names of the outputs.
    pub labels: Vec<String>,
    /// `confusion[truth][prediction]`.
    pub confusion: Vec<Vec<usize>>,
    /// Clips that could not be used, and why.
    pub excluded: Vec<(PathBuf, String)>,
}

/// Scores every clip of a corpus, or of one split of it. A clip is cut or padded at both ends to the model's length.
///
/// # Errors
/// When the corpus cannot be read, or holds no clip for the model.
pub fn evaluate_clips(
    bundle: &mut Bundle,
    corpora: &[PathBuf],
    split: Option<Split>,
) -> Result<(ClipReport, Vec<Scored>)> {
    let mut front_end = bundle.front_end()?;
    let [frames, width] = front_end.shape();
    let mut features = vec![0.0; frames * width];
    let (mut scored, mut excluded) = (Vec::new(), Vec::new());
    for root in corpora {
        let corpus = Corpus::open(root)?;
        excluded.extend(corpus.missing.into_iter().map(|p| (p, "the file is absent".to_owned())));
        for clip in corpus.clips.into_iter().filter(|c| split.is_none_or(|s| c.split == s)) {
            let Some(class) = bundle.vocabulary.class(&clip.label) else { continue };
            match read_16k(&clip.path) {
                Err(why) => excluded.push((clip.path, format!("{why:#}"))),
                Ok(samples) => {
                    front_end.extract(&centre(&samples), &mut features)?;
                    let (scores, float_scores) =
                        (bundle.classify(&features), bundle.classify_float(&features));
                    scored.push(Scored { clip, class, scores, float_scores });
                }
            }
        }
    }
    ensure!(!scored.is_empty(), "no clip of the corpus has a label of `{}`", bundle.card.name);
    let mut confusion = Confusion::new(bundle.vocabulary.labels().len());
    for s in &scored {
        confusion.add(s.class, largest(&s.scores));
    }
    let report = ClipReport {
        model: bundle.card.name.clone(),
        split: split.map(|s| s.to_string()),
        clips: scored.len(),
        top1: confusion.top1(),
        float_top1: float_top1(&scored),
        balanced: confusion.balanced(),
        labels: bundle.card.labels.clone(),
        confusion: confusion.counts,
        excluded,
    };
    Ok((report, scored))
}

fn float_top1(scored: &[Scored]) -> Option<f64> {
    let right = |s: &Scored| s.float_scores.as_ref().map(|f| largest(f) == s.class);
    let right: Option<Vec<bool>> = scored.iter().map(right).collect();
    right.map(|r| r.iter().filter(|r| **r).count() as f64 / r.len().max(1) as f64)
}
