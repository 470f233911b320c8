//! Choosing operating points on images, each judged by itself.

use anyhow::{Result, bail, ensure};
use kws_engine::{Accepted, CurvePoint};
use serde::Serialize;

use super::{Chosen, Stated, curve, grid, off, round};
use crate::evaluate::Scored;
use crate::statistics::{Interval, clopper_pearson};

/// What the threshold of each label must keep.
#[derive(Clone, Debug, PartialEq)]
pub enum ImageLimit {
    /// At most this share of the images of other labels accepted, 0 to 1.
    Accepted(f64),
    /// At most this share of the label's own images missed, 0 to 1.
    Missed(f64),
    /// The thresholds that the model states: only what they and others cost is measured.
    Stated(Vec<Stated>),
}

/// What was chosen.
#[derive(Clone, Debug, Serialize)]
pub struct ImageCalibration {
    /// One for each label.
    pub points: Vec<Chosen>,
    /// What each of them costs, in the same order.
    pub shares: Vec<LabelShare>,
    /// Images that they were measured on.
    pub images: usize,
}

/// What a label's threshold costs on single images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LabelShare {
    /// Share of the label's images that score below it.
    pub missed: f64,
    /// Its interval, 95 %.
    pub missed_interval: Interval,
    /// Share of the other images that do not.
    pub accepted: f64,
    /// Its interval, 95 %.
    pub accepted_interval: Interval,
}

/// Chooses a threshold for each label on images that were scored: the lowest that keeps a limit of accepted images, or
/// the highest that keeps a limit of missed ones.
///
/// # Errors
/// When a label has no image, or all images have it; when no threshold keeps the limit.
pub fn calibrate_images(
    labels: &[String],
    scored: &[Scored],
    limit: &ImageLimit,
) -> Result<ImageCalibration> {
    let grid = grid();
    let mut found = ImageCalibration { points: Vec::new(), shares: Vec::new(), images: scored.len() };
    for (class, label) in labels.iter().enumerate() {
        let of_label = scored.iter().filter(|image| image.class == class).count();
        let others = scored.len() - of_label;
        ensure!(of_label > 0, "no image has the label `{label}`, so its threshold cannot be chosen");
        ensure!(others > 0, "all images have the label `{label}`, so its threshold cannot be chosen");
        let share = |on: f64| {
            // The integer model's scores are no finer than the grid's numbers as `f32`.
            let fires = |image: &&Scored| image.scores[class] >= on as f32;
            let (found, accepted): (Vec<&Scored>, Vec<&Scored>) =
                scored.iter().filter(fires).partition(|image| image.class == class);
            let missed = of_label - found.len();
            LabelShare {
                missed: missed as f64 / of_label as f64,
                missed_interval: clopper_pearson(missed, of_label),
                accepted: accepted.len() as f64 / others as f64,
                accepted_interval: clopper_pearson(accepted.len(), others),
            }
        };
        let shares: Vec<LabelShare> = grid.iter().map(|&on| share(on)).collect();
        let place = match limit {
            ImageLimit::Accepted(most) => shares.iter().position(|s| s.accepted <= *most),
            ImageLimit::Missed(most) => shares.iter().rposition(|s| s.missed <= *most),
            ImageLimit::Stated(stated) => Some(Stated::place(stated, label, &grid)?),
        };
        let Some(place) = place else {
            bail!(
                "no threshold for `{label}` meets the limit on these images: raise the limit, or train a better model"
            );
        };
        let points: Vec<CurvePoint> = grid.iter().zip(&shares).map(|(&on, share)| point(on, share)).collect();
        let stated = match limit {
            ImageLimit::Stated(stated) => stated.iter().find(|s| s.label == *label),
            _ => None,
        };
        let (on, off) = stated.map_or((grid[place], off(grid[place])), |s| (s.on, s.off));
        found.points.push(Chosen { label: label.clone(), on, off, curve: curve(&points, place) });
        found.shares.push(share(on));
    }
    Ok(found)
}

fn point(on: f64, share: &LabelShare) -> CurvePoint {
    CurvePoint { on, missed: round(share.missed), accepted: Accepted::OfOthers(round(share.accepted)) }
}

impl ImageCalibration {
    /// What `model.toml` keeps of how the points were found.
    #[must_use]
    pub fn how(&self, limit: &ImageLimit, corpora: &[String], split: &str) -> toml_edit::Table {
        let mut how = toml_edit::Table::new();
        match limit {
            ImageLimit::Accepted(share) => how["max_accepted"] = toml_edit::value(*share),
            ImageLimit::Missed(share) => how["max_frr"] = toml_edit::value(*share),
            ImageLimit::Stated(_) => how["points"] = toml_edit::value("stated before, only measured"),
        }
        how["corpora"] = toml_edit::value(corpora.iter().collect::<toml_edit::Array>());
        how["split"] = toml_edit::value(split);
        how["images"] = toml_edit::value(self.images as i64);
        for (point, share) in self.points.iter().zip(&self.shares) {
            how[&format!("missed_of_{}", point.label)] = toml_edit::value(round(share.missed));
            how[&format!("accepted_as_{}", point.label)] = toml_edit::value(round(share.accepted));
        }
        how
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::*;
    use crate::corpus::{Clip, Split};

    /// Ten images of each of two labels, `b` with scores of 0.05 to 0.95 where it is wrong and 0.15 to 1.05 where it is right.
    fn scored() -> Vec<Scored> {
        let image = |class: usize, place: u8| {
            let score = (0.05 + 0.1 * f32::from(place) + 0.1 * class as f32).min(1.0);
            let clip = Clip {
                path: PathBuf::from(format!("{class}{place}.png")),
                label: ["a", "b"][class].to_owned(),
                speaker: String::new(),
                split: Split::Validation,
                columns: BTreeMap::new(),
            };
            Scored {
                clip,
                corpus: "images".to_owned(),
                class,
                input: Vec::new(),
                output: Vec::new(),
                scores: vec![1.0 - score, score],
                float_scores: None,
            }
        };
        (0..2).flat_map(|class| (0..10).map(move |place| image(class, place))).collect()
    }

    fn labels() -> Vec<String> {
        vec!["a".to_owned(), "b".to_owned()]
    }

    #[test]
    fn a_limit_of_accepted_images_takes_the_lowest_threshold_that_keeps_it() {
        let found = calibrate_images(&labels(), &scored(), &ImageLimit::Accepted(0.2)).unwrap();
        let (point, share) = (&found.points[1], found.shares[1]);
        // Two of the ten others score 0.85 and 0.95.
        assert!((point.on - 0.755).abs() < 1e-9, "{point:?}");
        assert!((share.accepted - 0.2).abs() < 1e-9 && (share.missed - 0.7).abs() < 1e-9, "{share:?}");
        assert!(point.curve.iter().any(|p| p.on == point.on));
    }

    #[test]
    fn a_limit_of_missed_images_takes_the_highest_threshold_that_keeps_it() {
        let found = calibrate_images(&labels(), &scored(), &ImageLimit::Missed(0.2)).unwrap();
        assert!((found.points[1].on - 0.345).abs() < 2e-2, "{:?}", found.points[1]);
        assert!(found.shares[1].missed <= 0.2);
    }

    #[test]
    fn a_label_without_images_is_named() {
        let only_a: Vec<Scored> = scored().into_iter().filter(|image| image.class == 0).collect();
        let error = calibrate_images(&labels(), &only_a, &ImageLimit::Missed(0.2)).unwrap_err().to_string();
        assert!(error.contains("all images have the label `a`"), "{error}");
    }
}
