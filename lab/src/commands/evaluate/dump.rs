//! What a model read and wrote, as arrays.

use std::path::Path;

use anyhow::{Context, Result};
use kws_lab::bundle::Bundle;
use kws_lab::evaluate::Scores;
use kws_lab::npy::{self, Array};

/// What the integer model read and wrote, clip by clip.
pub(super) fn dump(folder: &Path, bundle: &Bundle, scores: &Scores) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    let model = bundle.integer.model();
    let shape =
        |dims: &[usize]| [&[scores.clips.len()], &dims[usize::from(dims.first() == Some(&1))..]].concat();
    let inputs = scores.clips.iter().flat_map(|c| c.input.iter().copied()).collect();
    let outputs = scores.clips.iter().flat_map(|c| c.output.iter().copied()).collect();
    let classes = scores.clips.iter().map(|c| c.class as u8).collect();
    let file = |name: &str| folder.join(name);
    npy::write(&file("inputs.npy"), &Array::I8 { shape: shape(&model.inputs()[0].dims), items: inputs })?;
    npy::write(&file("outputs.npy"), &Array::I8 { shape: shape(&model.outputs()[0].dims), items: outputs })?;
    npy::write(&file("classes.npy"), &Array::U8 { shape: vec![scores.clips.len()], items: classes })
}
