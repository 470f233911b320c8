//! What a detector wrongly takes for its words, for voices to be tried on.

use anyhow::{Context, Result, ensure};

use super::ear::{Ear, Heard};
use crate::audio::{RATE, read_any};
use crate::corpus::{CorpusRef, Split, recordings};
use crate::evaluate::{Listener, Scorer};
use crate::features::CLIP;

/// Samples between two false accepts.
const APART: u64 = RATE as u64;

/// Moments of other people's speech that a detector takes for one of its words.
pub struct Alarms {
    /// Hours of speech.
    pub(super) hours: f64,
    /// The second that ends with each.
    pub(super) heard: Vec<Heard>,
}

impl Alarms {
    /// Searches recordings in which nobody says a word of the detector; of what is divided, those for tests. A moment counts
    /// whose score reaches `above`, or else the lowest threshold that the pipeline has for the word.
    ///
    /// # Errors
    /// When a corpus cannot be read, a stage fails, or there is nothing to search.
    pub fn hear(
        ear: &mut Ear,
        listener: &Listener,
        corpora: &[CorpusRef],
        above: Option<f32>,
        progress: &dyn Fn(usize, usize),
    ) -> Result<Self> {
        let own = listener.own_points()?;
        let bar = |word: &String| {
            let on = own.iter().filter(|(_, point)| point.label == *word).map(|(_, point)| point.on as f32);
            above
                .or(on.reduce(f32::min))
                .with_context(|| format!("the pipeline has no threshold for `{word}`"))
        };
        let bars: Vec<f32> = listener.words().iter().map(bar).collect::<Result<_>>()?;
        let mut paths = Vec::new();
        for corpus in corpora {
            let silent =
                |r: &crate::corpus::Recording| r.serves(Split::Test) && r.says(listener.words()).is_none();
            paths.extend(recordings(corpus)?.into_iter().filter(silent).map(|recording| recording.path));
        }
        ensure!(!paths.is_empty(), "the speech has no recording for tests without a word of the detector");
        let mut scorer = Scorer::new(listener)?;
        let (mut alarms, all) = (Self { hours: 0.0, heard: Vec::new() }, paths.len());
        for (index, path) in paths.into_iter().enumerate() {
            let samples = read_any(&path)?;
            for peak in scorer.peaks(&samples, &bars, APART)? {
                let end = (peak.at as usize).min(samples.len());
                let mut second = vec![0; CLIP.saturating_sub(end)];
                second.extend(&samples[end.saturating_sub(CLIP)..end]);
                alarms.heard.push(ear.hear(&second)?);
            }
            alarms.hours += samples.len() as f64 / f64::from(RATE) / 3600.0;
            progress(index + 1, all);
        }
        Ok(alarms)
    }
}
