//! What a model says of each clip or image of a corpus.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::audio::read_16k;
use crate::bundle::Bundle;
use crate::corpus::{Clip, Corpus, Split};
use crate::evaluate::progress;
use crate::features::{CLIP, FrontEnd};
use crate::images::{self, Viewer, brightness};
use crate::medium::Medium;
use crate::train::{centre, largest};

/// A clip, or an image, with what the model said of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// The manifest's row; an image's column `brightness` is what was measured as it was read.
    pub clip: Clip,
    /// Name of the corpus's folder.
    pub corpus: String,
    /// The output that is right.
    pub class: usize,
    /// What the integer model read; parts of an evaluation do not keep it.
    #[serde(skip)]
    pub input: Vec<i8>,
    /// What it wrote; parts of an evaluation do not keep it.
    #[serde(skip)]
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

/// Every clip, or every image, that was scored.
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

/// Clips or images that a model has a label for, before they are read.
#[derive(Clone, Debug, Default)]
pub struct ClipList {
    /// In the order of the manifests.
    pub rows: Vec<ClipRow>,
    /// Files that a manifest names and its folder lacks.
    pub missing: Vec<PathBuf>,
}

/// A clip or an image that is to be scored.
#[derive(Clone, Debug)]
pub struct ClipRow {
    /// Its place among all.
    pub index: usize,
    /// What it is known by on every machine: its corpus and its path in that.
    pub key: String,
    /// Name of the corpus's folder.
    pub corpus: String,
    /// The manifest's row.
    pub clip: Clip,
    /// The output that is right.
    pub class: usize,
}

/// Lists every clip or image of corpora, or of one split of them, that the model has a label for.
///
/// # Errors
/// When a corpus cannot be read, or holds the other sort.
pub fn list_clips(bundle: &Bundle, corpora: &[impl AsRef<Path>], split: Option<Split>) -> Result<ClipList> {
    let mut list = ClipList::default();
    let mut times: HashMap<String, usize> = HashMap::new();
    for root in corpora {
        let root = root.as_ref();
        let corpus = Corpus::open(root)?;
        check_medium(bundle, &corpus)?;
        list.missing.extend(corpus.missing);
        let name = root.file_name().unwrap_or(root.as_os_str()).to_string_lossy().into_owned();
        for clip in corpus.clips.into_iter().filter(|clip| split.is_none_or(|split| clip.split == split)) {
            let Some(class) = bundle.vocabulary.class(&clip.label) else { continue };
            let path =
                clip.path.strip_prefix(root).unwrap_or(&clip.path).to_string_lossy().replace('\\', "/");
            let mut key = format!("clips/{name}/{path}");
            let time = times.entry(key.clone()).or_default();
            *time += 1;
            if *time > 1 {
                key += &format!("#{time}");
            }
            list.rows.push(ClipRow { index: list.rows.len(), key, corpus: name.clone(), clip, class });
        }
    }
    Ok(list)
}

/// Scores clips or images. A clip is cut or padded at both ends to the length that models take. What cannot be read is
/// left out, with its path and the reason; `taken` hears of each row that is not.
///
/// # Errors
/// When the model's front end cannot be built.
pub fn score(bundle: &mut Bundle, rows: &[ClipRow], mut taken: impl FnMut(&ClipRow)) -> Result<Scores> {
    let mut front_end = bundle.front_end()?;
    let mut viewer = bundle.card.view.map(Viewer::new);
    let medium = bundle.card.medium();
    let mut scores = Scores { medium, ..Scores::default() };
    let bar = progress(rows.len(), medium.many());
    for row in bar.wrap_iter(rows.iter()) {
        let mut clip = row.clip.clone();
        match features(&mut front_end, viewer.as_mut(), &mut clip) {
            Err(why) => scores.excluded.push((clip.path, format!("{why:#}"))),
            Ok(features) => {
                let input = bundle.integer.quantise(&features);
                let output = bundle.integer.run(&input);
                let probabilities = bundle.integer.probabilities(&output);
                scores.features.extend(features);
                scores.clips.push(Scored {
                    clip,
                    corpus: row.corpus.clone(),
                    class: row.class,
                    input,
                    output,
                    scores: probabilities,
                    float_scores: None,
                });
                taken(row);
            }
        }
    }
    bar.finish_and_clear();
    if let Some(rows) = bundle.classify_float(&scores.features) {
        scores.clips.iter_mut().zip(rows).for_each(|(clip, row)| clip.float_scores = Some(row));
    }
    Ok(scores)
}

/// Scores every clip or image of corpora, or of one split of them, that the model has a label for.
///
/// # Errors
/// When a corpus cannot be read, holds the other sort, or none holds anything for the model.
pub fn score_clips(
    bundle: &mut Bundle,
    corpora: &[impl AsRef<Path>],
    split: Option<Split>,
) -> Result<Scores> {
    let list = list_clips(bundle, corpora, split)?;
    let mut scores = score(bundle, &list.rows, |_| {})?;
    scores.excluded.splice(0..0, absent(list.missing));
    check_some(bundle, &scores)?;
    Ok(scores)
}

/// Files that are absent, as what could not be used.
#[must_use]
pub fn absent(missing: Vec<PathBuf>) -> Vec<(PathBuf, String)> {
    missing.into_iter().map(|path| (path, "the file is absent".to_owned())).collect()
}

/// Checks that something was scored.
///
/// # Errors
/// When nothing was: says why of the first clip.
pub fn check_some(bundle: &Bundle, scores: &Scores) -> Result<()> {
    if !scores.clips.is_empty() {
        return Ok(());
    }
    let (many, name, labels) = (scores.medium.many(), &bundle.card.name, bundle.card.labels.join("`, `"));
    match scores.excluded.first() {
        Some((path, why)) => bail!("no {many} can be used, such as `{}`: {why}", path.display()),
        None => bail!("none of the {many} has a label of `{name}`, expected one of `{labels}`"),
    }
}

/// Whether a corpus holds what the model judges.
fn check_medium(bundle: &Bundle, corpus: &Corpus) -> Result<()> {
    let (name, root) = (&bundle.card.name, corpus.root.display());
    match (bundle.card.medium(), corpus.medium()) {
        (Medium::Clips, Medium::Images) => bail!(
            "`{root}` contains images, but `{name}` is an audio model; an image model has a `[view]` in its \
             `model.toml`"
        ),
        (Medium::Images, Medium::Clips) => {
            bail!("`{root}` contains audio, but `{name}` is an image model: its `model.toml` has a `view`")
        }
        _ => Ok(()),
    }
}

/// Features of a clip, frame by frame, or of an image, by a viewer, row by row.
fn features(front_end: &mut FrontEnd, viewer: Option<&mut Viewer>, clip: &mut Clip) -> Result<Vec<f32>> {
    let mut features = vec![0.0; front_end.shape().iter().product()];
    if let Some(viewer) = viewer {
        let image = images::read(&clip.path)?;
        clip.columns.insert("brightness".to_owned(), format!("{:.3}", brightness(&image)));
        front_end.extract(&viewer.fit(&image)?, &mut features)?;
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
