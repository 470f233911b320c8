//! One long recording with labels.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{Labelled, Terms, files, read_labels};
use crate::audio::{LONGEST, RATE, read_resampled};
use crate::corpus::{Build, Content, Draft, Split};

/// How to cut a long recording.
#[derive(Clone, Debug)]
pub struct Cut {
    /// The recording.
    pub recording: PathBuf,
    /// What is spoken when, see [`read_labels`].
    pub labels: PathBuf,
    /// Who speaks in it.
    pub speaker: String,
    /// Whether what lies between the labels becomes clips too.
    pub gaps: Gaps,
}

/// What becomes of the stretches of a recording that have no label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// They are left.
    Leave,
    /// Clips of one second labelled `_silence_`.
    Silence,
}

impl Cut {
    /// Cuts a clip around every label: the labelled stretch, and where that is shorter than a second what lies around
    /// it, up to its neighbours' stretches. All clips of a recording are of one speaker and in one split.
    ///
    /// # Errors
    /// When the recording or the labels cannot be read, or the corpus cannot be written.
    pub fn import(&self, terms: Terms, build: &mut Build) -> Result<()> {
        let labels = read_labels(&self.labels)?;
        let samples = read_resampled(&self.recording, LONGEST)
            .with_context(|| format!("cannot read audio from `{}`", self.recording.display()))?;
        let split = terms.ratios.split(&self.speaker);
        let mut drafts = Vec::new();
        for (index, labelled) in labels.iter().enumerate() {
            let source = self.source(labelled);
            let before = labels[..index].iter().map(|l| sample(l.end)).max().unwrap_or(0);
            let after = labels.get(index + 1).map_or(samples.len(), |l| sample(l.start).min(samples.len()));
            let seconds = labelled.end - labelled.start;
            if sample(labelled.end) > samples.len() {
                let length = samples.len() as f64 / f64::from(RATE);
                build.exclude(source, format!("the recording ends earlier, at {length:.2} s"));
            } else if seconds > terms.longest {
                build.exclude(
                    source,
                    format!("it lasts {seconds:.1} s, expected at most {} s", terms.longest),
                );
            } else {
                let clip = &samples[window(labelled, before, after)];
                drafts.push(self.draft(&labelled.label, source, split, clip));
            }
        }
        if self.gaps == Gaps::Silence {
            drafts.extend(self.silences(&labels, &samples, split));
        }
        build.add(drafts)
    }

    fn source(&self, labelled: &Labelled) -> String {
        format!("{}#{:.3}-{:.3}", files::name(&self.recording), labelled.start, labelled.end)
    }

    fn draft<'a>(&self, label: &str, source: String, split: Split, clip: &'a [i16]) -> Draft<'a> {
        Draft {
            label: label.to_owned(),
            speaker: self.speaker.clone(),
            split,
            name: files::stem(&self.recording),
            source,
            columns: Vec::new(),
            content: Content::sound(move || Ok(clip.to_vec())),
        }
    }

    /// Whole seconds between the labels, 0.1 s away from them.
    fn silences<'a>(&self, labels: &[Labelled], samples: &'a [i16], split: Split) -> Vec<Draft<'a>> {
        let (margin, clip) = (RATE as usize / 10, RATE as usize);
        let mut drafts = Vec::new();
        let mut from = 0;
        let ends = labels.iter().map(|l| (sample(l.start), sample(l.end)));
        for (start, end) in ends.chain([(samples.len() + margin, 0)]) {
            let until = start.saturating_sub(margin).min(samples.len());
            for at in (from..(until + 1).saturating_sub(clip)).step_by(clip) {
                let seconds = at as f64 / f64::from(RATE);
                let gap = Labelled { start: seconds, end: seconds + 1.0, label: "_silence_".to_owned() };
                drafts.push(self.draft(&gap.label, self.source(&gap), split, &samples[at..at + clip]));
            }
            from = from.max(end + margin);
        }
        drafts
    }
}

fn sample(seconds: f64) -> usize {
    (seconds * f64::from(RATE)).round() as usize
}

/// The labelled stretch, widened to a second as far as its neighbours allow.
fn window(labelled: &Labelled, before: usize, after: usize) -> std::ops::Range<usize> {
    let (start, end) = (sample(labelled.start), sample(labelled.end));
    let spare = (RATE as usize).saturating_sub(end - start);
    let first = start.saturating_sub(spare / 2).max(before.min(start));
    first..(end + spare.div_ceil(2)).min(after.max(end))
}
