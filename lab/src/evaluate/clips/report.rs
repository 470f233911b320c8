//! Figures over clips or images, as the JSON file holds them.

use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use super::curve::{Curve, curve};
use super::groups::{Column, Group, group};
use super::score::{Scored, Scores};
use crate::bundle::Bundle;
use crate::corpus::Split;
use crate::medium::Medium;
use crate::statistics::{Interval, wilson};
use crate::train::{Confusion, largest};

/// Figures over clips or images.
#[derive(Clone, Debug, Serialize)]
pub struct ClipReport {
    /// Name of the model.
    pub model: String,
    /// What it judges: whatever is called a clip below is an image where it sees.
    pub medium: Medium,
    /// The split that was measured; none for all.
    pub split: Option<String>,
    /// Count of clips.
    pub clips: usize,
    /// Count of speakers that are known by name.
    pub speakers: usize,
    /// Share that the integer model got right.
    pub top1: f64,
    /// Its interval, 95 %, by Wilson.
    pub top1_interval: Interval,
    /// Share that the float twin got right, where the model's folder has one.
    pub float_top1: Option<f64>,
    /// Its interval.
    pub float_top1_interval: Option<Interval>,
    /// Mean over the labels of the share that was right.
    pub balanced: f64,
    /// Names of the outputs.
    pub labels: Vec<String>,
    /// `confusion[truth][prediction]`.
    pub confusion: Vec<Vec<usize>>,
    /// One for each label.
    pub by_label: Vec<LabelFigures>,
    /// Figures by group.
    pub by_column: Vec<Column>,
    /// Clips that could not be used, and why.
    pub excluded: Vec<(PathBuf, String)>,
}

/// Figures of one label.
#[derive(Clone, Debug, Serialize)]
pub struct LabelFigures {
    /// Its name.
    pub label: String,
    /// Count of its clips.
    pub clips: usize,
    /// Share of its clips that were understood as it.
    pub recall: f64,
    /// Interval of the recall, 95 %, by Wilson.
    pub recall_interval: Interval,
    /// Share of what was understood as it that was it.
    pub precision: f64,
    /// Its curve over all thresholds; none without clips of it or of others.
    pub curve: Option<Curve>,
    /// The float twin's, for comparison.
    #[serde(skip)]
    pub float_curve: Option<Curve>,
}

impl ClipReport {
    /// Sums up what was scored; `by` names the columns that make groups.
    ///
    /// # Errors
    /// When no manifest has such a column.
    pub fn new(bundle: &Bundle, scores: &Scores, split: Option<Split>, by: &[String]) -> Result<Self> {
        Self::of(&bundle.card.name, &bundle.card.labels, scores, split, by)
    }

    /// As [`new`](Self::new), of a model that is known by its name and its labels.
    ///
    /// # Errors
    /// When no manifest has such a column.
    pub fn of(
        model: &str,
        labels: &[String],
        scores: &Scores,
        split: Option<Split>,
        by: &[String],
    ) -> Result<Self> {
        let clips = &scores.clips;
        let mut confusion = Confusion::new(labels.len());
        clips.iter().for_each(|s| confusion.add(s.class, largest(&s.scores)));
        let float = float_right(clips);
        let mut speakers: Vec<&str> = clips.iter().map(|s| s.clip.speaker.as_str()).collect();
        speakers.sort_unstable();
        speakers.dedup();
        let right = clips.iter().filter(|s| s.right()).count();
        Ok(Self {
            model: model.to_owned(),
            medium: scores.medium,
            split: split.map(|s| s.to_string()),
            clips: clips.len(),
            speakers: speakers.iter().filter(|s| !s.is_empty()).count(),
            top1: confusion.top1(),
            top1_interval: wilson(right, clips.len()),
            float_top1: float.map(|right| right as f64 / clips.len() as f64),
            float_top1_interval: float.map(|right| wilson(right, clips.len())),
            balanced: confusion.balanced(),
            by_label: labels.iter().enumerate().map(|(i, l)| of_label(i, l, clips, &confusion)).collect(),
            labels: labels.to_vec(),
            confusion: confusion.counts,
            by_column: group(clips, by)?,
            excluded: scores.excluded.clone(),
        })
    }

    /// What a reader must not miss, one sentence each.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let (mut warnings, many) = (Vec::new(), self.medium.many());
        for column in &self.by_column {
            for group in column.groups.iter().filter(|g| g.differs) {
                let (others, p) = (rest(column, group), group.p.unwrap_or(1.0));
                warnings.push(format!(
                    "groups differ: `{}` = `{}` has top-1 {:.4} on {} {many}, the others {others:.4} (Fisher's exact \
                     test with Holm's correction, p = {p:.2e})",
                    column.name, group.value, group.top1, group.clips
                ));
            }
        }
        if !self.excluded.is_empty() {
            warnings.push(format!("{} unusable {many}", self.excluded.len()));
        }
        warnings
    }
}

/// Top-1 of the tested groups of a column but one.
fn rest(column: &Column, group: &Group) -> f64 {
    let stated = column.groups.iter().filter(|g| g.value != group.value && !g.value.starts_with('('));
    let (right, clips) = stated.fold((0, 0), |(r, n), g| (r + g.right, n + g.clips));
    right as f64 / clips.max(1) as f64
}

fn of_label(index: usize, label: &str, clips: &[Scored], confusion: &Confusion) -> LabelFigures {
    let said: usize = confusion.counts[index].iter().sum();
    let understood: usize = confusion.counts.iter().map(|row| row[index]).sum();
    let hits = confusion.counts[index][index];
    let scores: Vec<(f32, bool)> = clips.iter().map(|s| (s.scores[index], s.class == index)).collect();
    let float = clips.iter().map(|s| s.float_scores.as_ref().map(|f| (f[index], s.class == index)));
    LabelFigures {
        label: label.to_owned(),
        clips: said,
        recall: hits as f64 / said.max(1) as f64,
        recall_interval: wilson(hits, said),
        precision: hits as f64 / understood.max(1) as f64,
        curve: curve(&scores),
        float_curve: float.collect::<Option<Vec<_>>>().and_then(|scores| curve(&scores)),
    }
}

fn float_right(clips: &[Scored]) -> Option<usize> {
    let right = |s: &Scored| s.float_scores.as_ref().map(|f| largest(f) == s.class);
    let right: Option<Vec<bool>> = clips.iter().map(right).collect();
    right.map(|r| r.iter().filter(|r| **r).count())
}
