//! Choosing operating points on streams, and refusing what the streams cannot support.

use anyhow::{Result, bail, ensure};
use kws_engine::{Accepted, CurvePoint};
use serde::Serialize;

use super::figures::Figures;
use super::heard::{detections, listen, together};
use super::listener::{Listener, Point};
use super::material::Part;
use crate::audio::RATE;
use crate::evaluate::calibrate::{Chosen, Stated, curve, grid, off, round};
use crate::statistics::{hours_needed, poisson_upper};

/// What the operating point must keep.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// At most so many false accepts per hour, at the upper bound (one-sided, 95 %), over all labels together.
    FalseAcceptsPerHour(f64),
    /// At most this share of the words missed; the fewest false accepts that this allows.
    Missed(f64),
    /// The thresholds that the model states: only what they and others cost is measured.
    Stated(Vec<Stated>),
}

/// What was chosen.
#[derive(Clone, Debug, Serialize)]
pub struct Calibration {
    /// One for each label.
    pub points: Vec<Chosen>,
    /// All of them together.
    #[serde(flatten)]
    pub figures: Figures,
}

impl Calibration {
    /// What `model.toml` keeps of how the points were found; `counted` are the streams whose false accepts count, and
    /// `pipeline` the name of what they were found with.
    #[must_use]
    pub fn how(&self, limit: &Limit, counted: &[String], pipeline: &str) -> toml_edit::Table {
        let f = &self.figures;
        let mut how = toml_edit::Table::new();
        how["pipeline"] = toml_edit::value(pipeline);
        match limit {
            Limit::FalseAcceptsPerHour(limit) => how["max_faph"] = toml_edit::value(*limit),
            Limit::Missed(share) => how["max_frr"] = toml_edit::value(*share),
            Limit::Stated(_) => how["points"] = toml_edit::value("stated before, only measured"),
        }
        if !counted.is_empty() {
            how["counted_in"] = toml_edit::value(counted.iter().collect::<toml_edit::Array>());
        }
        for part in &f.parts {
            how[&format!("false_accepts_in_{}", part.part)] = toml_edit::value(part.false_accepts as i64);
        }
        how["hours"] = toml_edit::value(round(f.hours));
        how["false_accepts"] = toml_edit::value(f.false_accepts as i64);
        how["faph_upper"] = toml_edit::value(round(f.faph_upper));
        how["said"] = toml_edit::value(f.said as i64);
        how["missed"] = toml_edit::value(f.missed as i64);
        how
    }
}

/// Chooses a threshold for each label so that all together keep the limit and miss the fewest words (or, under a limit
/// of misses, let the fewest others through). Between thresholds that do equally well it takes the middle one.
///
/// False accepts are those in the parts that `counted` names, such as `speech` and `noise`, or in all where it names
/// none: a corpus is full of single words that sound alike, which are rare in a day.
///
/// # Errors
/// When the material is too short for the limit, has no part of a name in `counted`, or no thresholds keep the limit.
pub fn calibrate(
    listener: &Listener,
    parts: &[Part],
    limit: &Limit,
    counted: &[String],
) -> Result<Calibration> {
    if let Some(name) = counted.iter().find(|&name| parts.iter().all(|part| part.name != *name)) {
        let mut names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        names.dedup();
        bail!("found no stream `{name}` to count false accepts in, expected one of `{}`", names.join("`, `"));
    }
    let counts = |name: &str| counted.is_empty() || counted.iter().any(|c| c == name);
    let heard_for =
        parts.iter().filter(|part| counts(&part.name)).map(|part| part.stream.samples.len() as f64);
    let hours: f64 = heard_for.sum::<f64>() / f64::from(RATE) / 3600.0;
    if let &Limit::FalseAcceptsPerHour(limit) = limit {
        ensure!(
            poisson_upper(0, hours) <= limit,
            "{hours:.2} h cannot support {limit} false accepts per hour: even without any the upper bound is {:.2}/h. \
             Give at least {:.1} h of streams without a false accept, or raise the limit",
            poisson_upper(0, hours),
            hours_needed(limit)
        );
    }
    let words = listener.words();
    let grid = grid();
    let points: Vec<Point> = words
        .iter()
        .flat_map(|label| grid.iter().map(|&on| Point { label: label.clone(), on, off: None }))
        .collect();
    let heard = listen(listener, parts)?;
    let found = detections(listener, &heard, &points)?;
    let options: Vec<Vec<Choice>> = (0..words.len())
        .map(|w| {
            let of = |g: usize| together(&heard, &found, &points, &[w * grid.len() + g]);
            (0..grid.len()).map(|g| Choice::of(&of(g), counts)).collect()
        })
        .collect();
    let silent: Vec<&String> =
        words.iter().zip(&options).filter(|(_, o)| o[0].said == 0).map(|(w, _)| w).collect();
    ensure!(
        silent.is_empty(),
        "`{}` does not occur in the streams, so its threshold cannot be chosen",
        silent[0]
    );
    let chosen = match limit {
        &Limit::FalseAcceptsPerHour(limit) => {
            let most = (0..).take_while(|&n| poisson_upper(n, hours) <= limit).last().unwrap_or(0);
            choose(&options, most)
        }
        &Limit::Missed(share) => {
            let said: usize = options.iter().map(|o| o[0].said).sum();
            let most = (share * said as f64).floor() as usize;
            let swapped: Vec<Vec<Choice>> =
                options.iter().map(|o| o.iter().map(|o| o.swapped()).collect()).collect();
            choose(&swapped, most)
        }
        Limit::Stated(stated) => {
            Some(words.iter().map(|word| Stated::place(stated, word, &grid)).collect::<Result<_>>()?)
        }
    };
    let Some(chosen) = chosen else {
        bail!("no thresholds meet the limit on these streams: raise the limit, or train a better model");
    };
    let indices: Vec<usize> = chosen.iter().enumerate().map(|(w, g)| w * grid.len() + g).collect();
    let curves = chosen.iter().zip(&options).map(|(&g, options)| {
        let all = grid.iter().zip(options).map(|(&on, choice)| choice.point(on, hours));
        curve(&all.collect::<Vec<CurvePoint>>(), g)
    });
    Ok(Calibration {
        points: indices
            .iter()
            .zip(curves)
            .map(|(&i, curve)| {
                let Point { label, on, .. } = points[i].clone();
                let stated = match limit {
                    Limit::Stated(stated) => stated.iter().find(|s| s.label == label),
                    _ => None,
                };
                let (on, off) = stated.map_or((on, off(on)), |s| (s.on, s.off));
                Chosen { label, on, off, curve }
            })
            .collect(),
        figures: together(&heard, &found, &points, &indices),
    })
}

/// What one threshold of one label costs.
#[derive(Clone, Copy, Debug)]
struct Choice {
    said: usize,
    /// What is limited: false accepts, or misses when swapped.
    limited: usize,
    /// What is to be small: misses, or false accepts when swapped.
    cost: usize,
}

impl Choice {
    fn of(figures: &Figures, counts: impl Fn(&str) -> bool) -> Self {
        let counted = figures.parts.iter().filter(|part| counts(&part.part));
        Self {
            said: figures.said,
            limited: counted.map(|part| part.false_accepts).sum(),
            cost: figures.missed,
        }
    }

    fn point(self, on: f64, hours: f64) -> CurvePoint {
        CurvePoint {
            on,
            missed: round(self.cost as f64 / self.said.max(1) as f64),
            accepted: Accepted::PerHour(round(self.limited as f64 / hours.max(f64::MIN_POSITIVE))),
        }
    }

    fn swapped(self) -> Self {
        Self { limited: self.cost, cost: self.limited, ..self }
    }
}

/// For each label the threshold with which all labels together stay within `most` at the lowest cost.
///
/// A table over labels and what is spent of the limit: exact, unlike raising one threshold after the other.
fn choose(options: &[Vec<Choice>], most: usize) -> Option<Vec<usize>> {
    // best[spent] is the lowest cost of the labels so far and their thresholds.
    let mut best: Vec<Option<(usize, Vec<usize>)>> = vec![None; most + 1];
    best[0] = Some((0, Vec::new()));
    for label in options {
        let mut next: Vec<Option<(usize, Vec<usize>)>> = vec![None; most + 1];
        for (spent, (cost, chosen)) in best.iter().enumerate().filter_map(|(s, b)| Some((s, b.as_ref()?))) {
            for (limited, added, middle) in plateaus(label) {
                let total = spent + limited;
                if total > most || next[total].as_ref().is_some_and(|n| n.0 <= cost + added) {
                    continue;
                }
                let mut chosen = chosen.clone();
                chosen.push(middle);
                next[total] = Some((cost + added, chosen));
            }
        }
        best = next;
    }
    // Of equal costs the one that spends least.
    best.into_iter().flatten().min_by_key(|b| b.0).map(|b| b.1)
}

/// Runs of thresholds with the same counts: what is limited, the cost, and the middle of the run.
fn plateaus(label: &[Choice]) -> Vec<(usize, usize, usize)> {
    let mut runs = Vec::new();
    let mut start = 0;
    for run in label.chunk_by(|a, b| (a.limited, a.cost) == (b.limited, b.cost)) {
        runs.push((run[0].limited, run[0].cost, start + run.len() / 2));
        start += run.len();
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(limited: usize, cost: usize) -> Choice {
        Choice { said: 10, limited, cost }
    }

    #[test]
    fn the_limit_is_shared_between_labels() {
        // The first label gains more from the one false accept that is allowed.
        let a = vec![option(1, 0), option(0, 5), option(0, 5), option(0, 5)];
        let b = vec![option(1, 0), option(0, 2)];
        assert_eq!(choose(&[a.clone(), b.clone()], 1), Some(vec![0, 1]));
        assert_eq!(choose(&[a.clone(), b.clone()], 0), Some(vec![2, 1]), "the middle of the plateau");
        assert_eq!(choose(&[a, b], 2), Some(vec![0, 0]));
        assert_eq!(choose(&[vec![option(3, 0)]], 2), None);
    }
}
