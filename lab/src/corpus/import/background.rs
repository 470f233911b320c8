//! Long recordings without speech, as Speech Commands brings them in `_background_noise_`.

use std::path::Path;

use anyhow::{Context, Result};

use super::files;
use crate::audio::{LONGEST, RATE, read_resampled, write_wav};
use crate::corpus::{Build, Content, Draft, Split};

/// Name of the folder.
pub(in crate::corpus) const FOLDER: &str = "_background_noise_";

/// What becomes of background recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Clips of one second labelled `_silence_`, and the whole recordings in `_background_noise_` of the corpus.
    Both,
    /// Clips labelled `_silence_`.
    Silence,
    /// Whole recordings in `_background_noise_` of the corpus, to be named as `noise` of a training configuration.
    Noise,
    /// Nothing.
    Skip,
}

impl Background {
    fn keeps_recordings(self) -> bool {
        matches!(self, Self::Both | Self::Noise)
    }

    fn cuts_clips(self) -> bool {
        matches!(self, Self::Both | Self::Silence)
    }
}

/// Takes the recordings of a folder.
///
/// Clips from the first 80 % of a recording train, as only that part is mixed into training clips; the rest validates
/// and tests in equal parts.
pub(super) fn take(root: &Path, folder: &Path, background: Background, build: &mut Build) -> Result<()> {
    for path in files::recordings(root, folder, build)? {
        let source = files::source(root, &path);
        if background == Background::Skip {
            build.exclude(source, "background recordings were not requested");
            continue;
        }
        let samples = match read_resampled(&path, LONGEST) {
            Ok(samples) => samples,
            Err(why) => {
                build.exclude(source, format!("{why:#}"));
                continue;
            }
        };
        if background.keeps_recordings() {
            let folder = build.beside(FOLDER)?;
            let target = folder.join(format!("{}.wav", files::stem(&path)));
            write_wav(&target, &samples).with_context(|| format!("while keeping `{source}`"))?;
        }
        if background.cuts_clips() {
            cut(&source, &files::stem(&path), &samples, build)?;
        }
    }
    Ok(())
}

fn cut(source: &str, name: &str, samples: &[i16], build: &mut Build) -> Result<()> {
    let seconds: Vec<&[i16]> = samples.chunks_exact(RATE as usize).collect();
    if seconds.is_empty() {
        build.exclude(source, "it is shorter than a clip of one second");
        return Ok(());
    }
    let count = seconds.len();
    let split = |index: usize| match (index as f64 + 0.5) / count as f64 {
        at if at < 0.8 => Split::Train,
        at if at < 0.9 => Split::Validation,
        _ => Split::Test,
    };
    let drafts = seconds.into_iter().enumerate().map(|(index, clip)| Draft {
        label: "_silence_".to_owned(),
        speaker: String::new(),
        split: split(index),
        name: format!("{name}_{index}"),
        source: format!("{source}#{index}"),
        columns: Vec::new(),
        content: Content::sound(move || Ok(clip.to_vec())),
    });
    build.add(drafts.collect())
}

/// Whether a folder holds background recordings.
pub(super) fn is_background(folder: &Path) -> bool {
    files::name(folder) == FOLDER
}
