//! Fine-tuning: a trained model learns from clips of its own mistakes, and may not forget what it knew.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use toml::{Table, Value};

use crate::bundle::{Bundle, export, record};
use crate::corpus::review::{Verdict, not};
use crate::corpus::{Clip, Corpus, CorpusRef, Split};
use crate::device::Backend;
use crate::evaluate::{ClipReport, evaluate_clips, score_clips};
use crate::statistics::{Interval, wilson};
use crate::train::{self, Config, Earlier, Fit, Part, Start, Workplace};

/// Share of the draws that the clips make up, by those of the corpora together.
const SHARE: f64 = 0.2;
/// The most often that a clip is drawn, by one of the corpora: of a handful, more would be learnt by heart.
const OFTENEST: f64 = 50.0;
/// The learning rate, by that of the training: what is there is to be bent, not made anew.
const SLOWER: f64 = 0.1;

/// What to learn from, and how long.
pub struct Tuning<'a> {
    /// The model's folder, with `train.toml` and `float.bpk`.
    pub folder: &'a Path,
    /// Its configuration.
    pub config: &'a Config,
    /// Clips that were reviewed, or any corpus.
    pub more: &'a CorpusRef,
    /// Epochs of the float run; a tenth of the training's where none are stated, and at least 2.
    pub epochs: Option<usize>,
    /// Where checkpoints lie while it runs, and what trains.
    pub work: PathBuf,
    /// What trains.
    pub backend: Backend,
    /// What becomes of a run that was cut off.
    pub earlier: Earlier,
    /// Folder that the model is written to.
    pub output: &'a Path,
}

/// A figure before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What it is of.
    pub of: String,
    /// Clips.
    pub clips: usize,
    /// Share of them that the model got right before.
    pub before: f64,
    /// Interval of that, 95 %, by Wilson.
    pub interval: Interval,
    /// Share of them that it gets right after.
    pub after: f64,
    /// Whether it may not fall below the interval: of clips that neither model has learnt from.
    pub held_out: bool,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Tuned {
    /// Name of the model.
    pub model: String,
    /// Clips that it learnt from: all, and by verdict where they were reviewed.
    pub clips: Learnt,
    /// Figures before and after.
    pub rows: Vec<Row>,
    /// Whether the model was written.
    pub written: bool,
}

/// Clips that were learnt from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Learnt {
    /// All.
    pub all: usize,
    /// Those that say their word.
    pub valid: usize,
    /// Those that were wrongly taken for it.
    pub invalid: usize,
    /// The rest of those that were reviewed.
    pub other: usize,
}

impl Tuned {
    /// Figures of held-out clips that fell below the interval of what they were.
    pub fn forgotten(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.held_out && row.after < row.interval.low)
    }

    /// The table for people.
    #[must_use]
    pub fn text(&self) -> String {
        let percent = |share: f64| format!("{:.1}", 100.0 * share);
        let Learnt { all, valid, invalid, other } = self.clips;
        let mut text = format!("{} learnt from {all} clips", self.model);
        if valid + invalid + other > 0 {
            text += &format!(": {valid} valid, {invalid} invalid, {other} other");
        }
        text += "\n\n| right, % | clips | before | after |\n|---|---|---|---|\n";
        for row in &self.rows {
            let [low, high] = [row.interval.low, row.interval.high].map(percent);
            let (of, before, after) = (&row.of, percent(row.before), percent(row.after));
            text += &format!("| {of} | {} | {before} ({low}–{high}) | {after} |\n", row.clips);
        }
        text + "\n"
    }
}

impl Tuning<'_> {
    /// Trains, measures the model before and after on the test split of its corpora, and writes it only if no figure fell
    /// below the interval of what it was.
    ///
    /// # Errors
    /// When the model has no float twin, a corpus cannot be read, the clips have no label for the model, or a file cannot be
    /// written.
    pub fn run(&self) -> Result<Tuned> {
        let mut before = Bundle::open(self.folder)?;
        ensure!(
            self.config.view.is_none(),
            "`{}` judges images: `--more` learns from clips",
            before.card.name
        );
        ensure!(
            before.float.is_some(),
            "`{}` has no `float.bpk`, so there are no weights to go on from: train it with `kws-lab train`",
            self.folder.display()
        );
        ensure!(
            before.card.labels == self.config.labels,
            "`train.toml` and `model.toml` of `{}` state other labels: train it first",
            self.folder.display()
        );
        let clips = self.clips(&before)?;
        let config = self.configuration(&clips)?;
        let place = Workplace { folder: &self.work, backend: self.backend, earlier: self.earlier };
        let trained = train::train(&config, place)?;
        let made = tempfile::tempdir_in(self.output)
            .with_context(|| format!("cannot write to `{}`", self.output.display()))?;
        let configuration = self.folder.join("train.toml");
        std::fs::copy(&configuration, made.path().join("train.toml"))
            .with_context(|| format!("cannot copy `{}`", configuration.display()))?;
        export(made.path(), &config, &trained)?;
        let mut after = Bundle::open(made.path())?;
        let (was, _) = evaluate_clips(&mut before, &self.config.data.corpora, Some(Split::Test))?;
        let (is, _) = evaluate_clips(&mut after, &self.config.data.corpora, Some(Split::Test))?;
        let mut rows = held_out(&was, &is);
        rows.extend(self.own(Split::Test, [&mut before, &mut after])?);
        rows.extend(self.own(Split::Train, [&mut before, &mut after])?);
        let mut tuned =
            Tuned { model: before.card.name.clone(), clips: learnt(&clips), rows, written: false };
        let forgotten = tuned.forgotten().count();
        tuned.written = forgotten == 0;
        if tuned.written {
            self.describe(&before, &mut after, &tuned);
            record(&mut after, &is)?;
            self.publish(made.path())?;
        }
        // The next run learns from other clips, or goes on from other weights.
        let _ = std::fs::remove_dir_all(&self.work);
        Ok(tuned)
    }

    /// The clips that there are to learn from.
    fn clips(&self, model: &Bundle) -> Result<Vec<Clip>> {
        let mut corpus = Corpus::open(self.more)?;
        corpus.needs_sound("`--more` learns from clips")?;
        corpus
            .clips
            .retain(|clip| clip.split == Split::Train && model.vocabulary.class(&clip.label).is_some());
        ensure!(
            !corpus.clips.is_empty(),
            "`{}` has no clip in split `train` for a label of `{}`, `{}`: there is nothing to learn",
            self.more.display(),
            model.card.name,
            model.card.labels.join("`, `")
        );
        Ok(corpus.clips)
    }

    /// The model's configuration, from its own weights on, with the clips beside its corpora.
    fn configuration(&self, clips: &[Clip]) -> Result<Config> {
        let mut config = self.config.clone();
        let vocabulary = crate::corpus::Vocabulary::new(config.labels.clone())?;
        let mut known = 0;
        for corpus in &config.data.corpora {
            let all = Corpus::open(corpus)?.clips;
            let used = |clip: &&Clip| clip.split == Split::Train && vocabulary.class(&clip.label).is_some();
            known += all.iter().filter(used).count();
        }
        let weight = SHARE / (1.0 - SHARE) * known as f64 / clips.len() as f64;
        config.data.corpora.push(self.more.clone().weighted(weight.clamp(1.0, OFTENEST)));
        // What was wrongly taken for a word is as good as a word that is easily taken for it.
        let near = vocabulary.keywords().iter().map(|word| not(word)).collect::<Vec<_>>();
        config.mix.near_miss.extend(near);
        config.start = Some(Start { model: self.folder.to_owned(), train: Part::All });
        let epochs = |own: usize| self.epochs.unwrap_or(own / 10).max(2);
        config.fit = Fit {
            epochs: epochs(config.fit.epochs),
            rate: config.fit.rate * SLOWER,
            words: 0.0,
            margin: None,
            ..config.fit
        };
        if let Some(qat) = &mut config.qat {
            qat.epochs = epochs(qat.epochs).min(qat.epochs);
        }
        Ok(config)
    }

    /// The clips themselves, of one split; none where there are none.
    fn own(&self, split: Split, models: [&mut Bundle; 2]) -> Result<Option<Row>> {
        let corpus = Corpus::open(self.more)?;
        let vocabulary = &models[0].vocabulary;
        let any = corpus.clips.iter().any(|c| c.split == split && vocabulary.class(&c.label).is_some());
        if !any {
            return Ok(None);
        }
        let mut counts = Vec::new();
        for model in models {
            let scores = score_clips(model, std::slice::from_ref(self.more), Some(split))?;
            counts.push((scores.clips.iter().filter(|clip| clip.right()).count(), scores.clips.len()));
        }
        let of = match split {
            Split::Train => "the new clips, which it learnt from",
            Split::Validation | Split::Test => "the new clips, held out",
        };
        let [(right, clips), (now, _)] = counts[..] else { return Ok(None) };
        Ok(Some(row(of, (right, clips), now, false)))
    }

    /// Keeps what the card said and still holds, and says what came to it.
    fn describe(&self, before: &Bundle, after: &mut Bundle, tuned: &Tuned) {
        after.card.point.clone_from(&before.card.point);
        after.card.embedding.clone_from(&before.card.embedding);
        let Learnt { all, valid, invalid, other } = tuned.clips;
        let count = |count: usize| Value::from(count as i64);
        let more: Table = [
            ("corpus", Value::from(self.more.name())),
            ("clips", count(all)),
            ("valid", count(valid)),
            ("invalid", count(invalid)),
            ("other", count(other)),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
        after.card.training.insert("more".to_owned(), more.into());
    }

    /// Moves the files of the finished model into the folder.
    fn publish(&self, made: &Path) -> Result<()> {
        // The weights last: whoever finds them finds the rest.
        for name in ["model.toml", "card.md", "float.bpk", "model.tflite"] {
            let to = self.output.join(name);
            std::fs::rename(made.join(name), &to)
                .with_context(|| format!("cannot write `{}`", to.display()))?;
        }
        Ok(())
    }
}

/// Figures of the test split: all, and each label.
fn held_out(before: &ClipReport, after: &ClipReport) -> Vec<Row> {
    let share = |share: f64, clips: usize| (share * clips as f64).round() as usize;
    let all = before.clips;
    let mut rows = vec![row("held-out clips", (share(before.top1, all), all), share(after.top1, all), true)];
    for (was, is) in before.by_label.iter().zip(&after.by_label).filter(|(was, _)| was.clips > 0) {
        let right = (share(was.recall, was.clips), was.clips);
        rows.push(row(&format!("held out, `{}`", was.label), right, share(is.recall, was.clips), true));
    }
    rows
}

fn row(of: &str, (right, clips): (usize, usize), now: usize, held_out: bool) -> Row {
    let share = |right: usize| right as f64 / clips.max(1) as f64;
    Row {
        of: of.to_owned(),
        clips,
        before: share(right),
        interval: wilson(right, clips),
        after: share(now),
        held_out,
    }
}

fn learnt(clips: &[Clip]) -> Learnt {
    let of = |verdict: Verdict| {
        let verdict = verdict.to_string();
        clips.iter().filter(|clip| clip.columns.get("verdict") == Some(&verdict)).count()
    };
    Learnt {
        all: clips.len(),
        valid: of(Verdict::Valid),
        invalid: of(Verdict::Invalid),
        other: of(Verdict::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuned(rows: Vec<Row>) -> Tuned {
        Tuned { model: "lumos".to_owned(), clips: Learnt::default(), rows, written: false }
    }

    #[test]
    fn what_falls_below_its_interval_is_forgotten_and_what_was_learnt_from_may_fall() {
        // 90 of 100: the interval is from 82.6 % on.
        let rows =
            vec![row("a", (90, 100), 83, true), row("b", (90, 100), 82, true), row("c", (90, 100), 0, false)];
        let tuned = tuned(rows);
        let forgotten: Vec<&str> = tuned.forgotten().map(|row| row.of.as_str()).collect();
        assert_eq!(forgotten, ["b"]);
        assert!(tuned.text().contains("| b | 100 | 90.0 (82.6–94.5) | 82.0 |"), "{}", tuned.text());
    }
}
