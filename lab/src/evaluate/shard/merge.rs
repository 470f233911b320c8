//! Parts of an evaluation, put together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::file::{Header, Line, parse};
use super::{Shard, Throughput};
use crate::evaluate::{Outcome, Scored};

/// What all parts measured, in the order of one run.
#[derive(Clone, Debug)]
pub struct Merged {
    /// What is measured, under the shard of the first part.
    pub header: Header,
    /// Clips or images.
    pub clips: Vec<Scored>,
    /// Streams.
    pub outcomes: Vec<Outcome>,
    /// Clips that could not be read.
    pub broken_clips: Vec<(PathBuf, String)>,
    /// Streams that could not be read.
    pub broken_streams: Vec<(String, String)>,
    /// Time of all runs; none where no run came to its end.
    pub throughput: Option<Throughput>,
}

/// Reads parts and puts them together.
///
/// # Errors
/// When a file is no part or is not finished, parts are of different evaluations, or a shard is there twice or missing.
pub fn merge(paths: &[PathBuf]) -> Result<Merged> {
    let mut parts: Vec<(&Path, Header, Vec<Line>)> = Vec::new();
    for path in paths {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        // A line that was cut off is the last of a part that is not finished.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut lines = parse(&text[..whole], path)?.into_iter();
        let Some(Line::Evaluation(header)) = lines.next() else {
            bail!(
                "`{}` is not a part of an evaluation; `kws-lab evaluate --output` writes such parts",
                path.display()
            );
        };
        parts.push((path, header, lines.collect()));
    }
    let (first, header) = match parts.first() {
        Some((path, header, _)) => (path.display(), header.clone()),
        None => bail!("no parts to merge"),
    };
    for (path, other, _) in &parts {
        let differences = header.differences(other);
        ensure!(
            differences.is_empty(),
            "`{}` and `{first}` belong to different evaluations: they differ in {}",
            path.display(),
            differences.join(", ")
        );
    }
    complete(&parts, header.shard)?;
    let mut lines: BTreeMap<String, (Line, &Path)> = BTreeMap::new();
    let mut throughput: Option<Throughput> = None;
    for (path, header, part) in parts {
        for line in part {
            if let Line::Run(run) = &line {
                throughput = Some(throughput.map_or(*run, |sum| sum.and(*run)));
            }
            let Some(key) = line.key().map(str::to_owned) else { continue };
            let shard = header.shard;
            ensure!(shard.holds(&key), "`{}` has `{key}`, which is not of shard {shard}", path.display());
            if let Some((_, other)) = lines.insert(key.clone(), (line, path)) {
                bail!("`{key}` is in `{}` and in `{}`", other.display(), path.display());
            }
        }
    }
    let (found, expected) = (lines.len(), header.items());
    ensure!(found == expected, "the parts have {found} results, expected {expected}: one has been modified");
    Ok(sorted(header, lines.into_values().map(|(line, _)| line), throughput))
}

/// Checks that every shard is there once, and finished.
fn complete(parts: &[(&Path, Header, Vec<Line>)], any: Shard) -> Result<()> {
    let mut found: BTreeMap<usize, &Path> = BTreeMap::new();
    for (path, header, lines) in parts {
        let shard = header.shard;
        if let Some(other) = found.insert(shard.index(), *path) {
            bail!("duplicate shard {shard}: `{}` and `{}`", other.display(), path.display());
        }
        ensure!(
            matches!(lines.last(), Some(Line::Done { .. })),
            "`{}` is not finished: run the command of shard {shard} again to resume it",
            path.display()
        );
    }
    let count = any.count();
    let missing: Vec<String> = (0..count)
        .filter(|index| !found.contains_key(index))
        .map(|index| format!("{index}/{count}"))
        .collect();
    ensure!(
        missing.is_empty(),
        "{} of {count} shards are missing: {}",
        missing.len(),
        missing.iter().take(10).map(String::as_str).collect::<Vec<_>>().join(", ")
    );
    Ok(())
}

fn sorted(header: Header, lines: impl Iterator<Item = Line>, throughput: Option<Throughput>) -> Merged {
    let (mut clips, mut outcomes) = (Vec::new(), Vec::new());
    let (mut broken_clips, mut broken_streams) = (Vec::new(), Vec::new());
    for line in lines {
        match line {
            Line::Clip { index, scored, .. } => clips.push((index, scored)),
            Line::Stream(outcome) => outcomes.push(outcome),
            Line::Broken { index, path: Some(path), why, .. } => broken_clips.push((index, (path, why))),
            Line::Broken { key, path: None, why, .. } => broken_streams.push((key, why)),
            Line::Evaluation(_) | Line::Run(_) | Line::Done { .. } => {}
        }
    }
    clips.sort_by_key(|(index, _)| *index);
    broken_clips.sort_by_key(|(index, _)| *index);
    outcomes.sort_by_key(|outcome| outcome.index);
    let clips = clips.into_iter().map(|(_, scored)| scored).collect();
    let broken_clips = broken_clips.into_iter().map(|(_, broken)| broken).collect();
    Merged { header, clips, outcomes, broken_clips, broken_streams, throughput }
}
