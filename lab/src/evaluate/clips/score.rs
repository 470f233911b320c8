//! What a model says of each clip or picture of a corpus.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use crate::audio::read_16k;
use crate::bundle::Bundle;
use crate::corpus::{Clip, Corpus, Split};
use crate::evaluate::progress;
use crate::features::{CLIP, FrontEnd};
use crate::medium::Medium;
use crate::picture::{self, Viewer, brightness};
use crate::train::{centre, largest};

/// A clip, or a picture, with what the model said of it.
#[derive(Clone, Debug)]
pub struct Scored {
    /// The manifest's row; a picture's column `brightness` is what was measured as it was read.
    pub clip: Clip,
    /// Name of the corpus's folder.
    pub corpus: String,
    /// The output that is right.
    pub class: usize,
    /// What the integer model read.
    pub input: Vec<i8>,
    /// What it wrote.
    pub output: Vec<i8>,
    /// Probability of each label.
    pub scores: Vec<f32>,
    /// The same by the float twin, where there is one.
    pub float_scores: Option<Vec<f32>>,
}

impl Scored {
    /// Whether the integer model was right.
    #[must_use]
    pub fn right(&self) -> bool {
        largest(&self.scores) == self.class
    }
}

/// Every clip, or every picture, that was scored.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    /// Which of the two they are.
    pub medium: Medium,
    /// In the order of the manifests.
    pub clips: Vec<Scored>,
    /// Real features of the clips, one after the other.
    pub features: Vec<f32>,
    /// Clips that could not be used, and why.
    pub excluded: Vec<(PathBuf, String)>,
}

/// Scores every clip or picture of corpora, or of one split of them, that the model has a label for. A clip is cut or
/// padded at both ends to the length that models take.
///
/// # Errors
/// When a corpus cannot be read, holds the other sort, or none holds anything for the model.
pub fn score_clips(
    bundle: &mut Bundle,
    corpora: &[impl AsRef<Path>],
    split: Option<Split>,
) -> Result<Scores> {
    let mut front_end = bundle.front_end()?;
    let mut viewer = bundle.card.view.map(Viewer::new);
    let medium = bundle.card.medium();
    let mut scores = Scores { medium, ..Scores::default() };
    let mut rows: Vec<(String, Clip, usize)> = Vec::new();
    for root in corpora {
        let root = root.as_ref();
        let corpus = Corpus::open(root)?;
        check_medium(bundle, &corpus)?;
        scores.excluded.extend(corpus.missing.into_iter().map(|p| (p, "the file is absent".to_owned())));
        let name = root.file_name().unwrap_or(root.as_os_str()).to_string_lossy().into_owned();
        let clips = corpus.clips.into_iter().filter(|c| split.is_none_or(|s| c.split == s));
        rows.extend(
            clips.filter_map(|c| bundle.vocabulary.class(&c.label).map(|class| (name.clone(), c, class))),
        );
    }
    let bar = progress(rows.len(), medium.many());
    for (corpus, mut clip, class) in bar.wrap_iter(rows.into_iter()) {
        match features(&mut front_end, viewer.as_mut(), &mut clip) {
            Err(why) => scores.excluded.push((clip.path, format!("{why:#}"))),
            Ok(features) => {
                let input = bundle.integer.quantise(&features);
                let output = bundle.integer.run(&input);
                let probabilities = bundle.integer.probabilities(&output);
                scores.features.extend(features);
                scores.clips.push(Scored {
                    clip,
                    corpus,
                    class,
                    input,
                    output,
                    scores: probabilities,
                    float_scores: None,
                });
            }
        }
    }
    bar.finish_and_clear();
    if scores.clips.is_empty() {
        let (many, name, labels) = (medium.many(), &bundle.card.name, bundle.card.labels.join("`, `"));
        match scores.excluded.first() {
            Some((path, why)) => bail!("no {many} can be used, such as `{}`: {why}", path.display()),
            None => bail!("none of the {many} have a label that `{name}` knows, expected one of `{labels}`"),
        }
    }
    if let Some(rows) = bundle.classify_float(&scores.features) {
        scores.clips.iter_mut().zip(rows).for_each(|(clip, row)| clip.float_scores = Some(row));
    }
    Ok(scores)
}

/// Whether a corpus holds what the model judges.
fn check_medium(bundle: &Bundle, corpus: &Corpus) -> Result<()> {
    let (name, root) = (&bundle.card.name, corpus.root.display());
    match (bundle.card.medium(), corpus.medium()) {
        (Medium::Clips, Medium::Pictures) => bail!(
            "`{root}` holds pictures and `{name}` hears clips: a model that sees says what pictures it is shown, as \
             `[view]` in its `model.toml`"
        ),
        (Medium::Pictures, Medium::Clips) => {
            bail!("`{root}` holds sound, and `{name}` sees pictures: its `model.toml` has a `view`")
        }
        _ => Ok(()),
    }
}

/// Features of a clip, frame by frame, or of a picture, by a viewer, row by row.
fn features(front_end: &mut FrontEnd, viewer: Option<&mut Viewer>, clip: &mut Clip) -> Result<Vec<f32>> {
    let mut features = vec![0.0; front_end.shape().iter().product()];
    if let Some(viewer) = viewer {
        let picture = picture::read(&clip.path)?;
        clip.columns.insert("brightness".to_owned(), format!("{:.3}", brightness(&picture)));
        front_end.extract(&viewer.fit(&picture)?, &mut features)?;
        return Ok(features);
    }
    let samples = read_16k(&clip.path)?;
    ensure!(
        samples.len() <= 2 * CLIP,
        "a clip lasts about one second, found {:.1} s",
        samples.len() as f64 / CLIP as f64
    );
    front_end.extract(&centre(&samples), &mut features)?;
    Ok(features)
}
