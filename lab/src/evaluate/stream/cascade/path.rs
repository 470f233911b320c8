//! The steps of a pipeline, and what leads to each of them.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use kws_engine::firmware::Board;
use kws_engine::{Pipeline, Plan, Registry};
use serde_json::json;

use super::power;
use crate::features::kinds;

/// A pipeline with several detectors, or with several places.
pub struct Cascade {
    /// The file, with samples in the place of its source.
    pub(super) pipeline: Pipeline,
    /// All of it in one program, without sinks: what runs.
    pub(super) whole: Plan,
    /// In its places: what crosses its links.
    pub(super) placed: Plan,
    /// The boards of the places.
    pub(super) boards: Vec<Option<Board>>,
    /// What boards take of their batteries, in the order of the places; none for a computer.
    pub(super) awake: Vec<Option<f64>>,
    /// Its detectors, in the order of the schedule.
    pub(super) steps: Vec<Step>,
    /// What it listens for in the end.
    words: Vec<String>,
}

/// A detector of a cascade.
pub(super) struct Step {
    /// The trigger.
    pub(super) name: String,
    /// Index of its place.
    pub(super) place: usize,
    /// Labels that it watches.
    pub(super) words: Vec<String>,
    /// Whether another step judges what it finds: its labels are suspicions then.
    pub(super) is_judged: bool,
    /// What lets the stream through to it: a stage, and the ticks of one of its blocks. None where it hears everything.
    pub(super) entry: Option<(String, u64)>,
    /// Milliseconds that serial lines take to bring it a block, at the rates of `boards.toml`.
    pub(super) line_ms: f64,
}

impl Cascade {
    /// Whether a pipeline is measured as a cascade: it has several triggers, or several places.
    #[must_use]
    pub fn is_one(pipeline: &Pipeline) -> bool {
        pipeline.places.len() > 1 || triggers(pipeline).count() > 1
    }

    /// Plans a cascade that hears.
    ///
    /// # Errors
    /// When it cannot be planned, has several sources, no trigger, or a source of something else than samples at 16 kHz.
    pub fn new(mut pipeline: Pipeline) -> Result<Self> {
        let original = pipeline.clone();
        let mut sources = pipeline.stages.iter().filter(|stage| stage.inputs.is_empty());
        let source = sources.next().map(|stage| stage.name.clone()).context("there is no source")?;
        ensure!(sources.next().is_none(), "found several sources, expected one");
        ensure!(
            triggers(&pipeline).next().is_some(),
            "found no stage of kind `trigger`, expected one at least"
        );
        pipeline.replace(&source, "clip", &json!({}), "samples");
        let (sinkless, registry) = pipeline.sinkless(&kinds());
        let placed = Plan::new(&sinkless, &registry)?;
        let boards = power::boards(&placed)?;
        let awake = power::awake(&original, &placed, &boards);
        let mut cascade = Self {
            whole: whole(&pipeline, &kinds())?,
            steps: Vec::new(),
            words: Vec::new(),
            pipeline,
            placed,
            boards,
            awake,
        };
        cascade.steps = cascade.all_steps()?;
        let last = cascade.steps.iter().filter(|step| !step.is_judged);
        for word in last.flat_map(|step| &step.words) {
            if !cascade.words.contains(word) {
                cascade.words.push(word.clone());
            }
        }
        Ok(cascade)
    }

    /// As [`new`](Self::new), of a file.
    ///
    /// # Errors
    /// As [`new`](Self::new), and when the file cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        Self::new(Pipeline::read(path)?).with_context(|| format!("cannot measure `{}`", path.display()))
    }

    /// What its last steps listen for.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    fn all_steps(&self) -> Result<Vec<Step>> {
        let plan = &self.placed;
        // What only sorts clips that are kept decides nothing.
        let sorts = |index: usize| {
            let readers = plan.outputs(index).map(|edge| self.pipeline.stage(&plan.stages[edge.to].name));
            let kinds: Vec<&str> = readers.flatten().map(|reader| reader.kind.as_str()).collect();
            !kinds.is_empty() && kinds.iter().all(|kind| *kind == "clips")
        };
        let indices =
            (0..plan.stages.len()).filter(|&index| plan.stages[index].kind == "trigger" && !sorts(index));
        indices.map(|index| self.step(index)).collect()
    }

    fn step(&self, index: usize) -> Result<Step> {
        let plan = &self.placed;
        let stage = &plan.stages[index];
        let port = stage.output.as_ref().context("a `trigger` writes nothing")?;
        let points = stage.params.get("points").and_then(serde_json::Value::as_array);
        let named: Vec<Option<&str>> = points
            .map(|points| {
                points.iter().map(|point| point.get("label").and_then(|label| label.as_str())).collect()
            })
            .unwrap_or_default();
        let all = named.is_empty() || named.contains(&None);
        let words = port.labels.iter().filter(|label| {
            if all { kws_stages::decide::is_word(label) } else { named.contains(&Some(label.as_str())) }
        });
        let mut entry = None;
        let mut line_ms = 0.0;
        let mut at = index;
        while let Some(edge) = plan.inputs(at).next() {
            line_ms += self.line_ms(edge.from, at);
            let (from, reader) = (&plan.stages[edge.from], &plan.stages[at]);
            if entry.is_none() && matches!(reader.kind.as_str(), "capture" | "gate") {
                let ports = from.output.as_ref().zip(reader.output.as_ref());
                entry = ports.map(|(reads, writes)| {
                    let ticks = reads.period * (writes.len() / reads.len().max(1)) as u64;
                    (reader.name.clone(), ticks)
                });
            }
            at = edge.from;
        }
        Ok(Step {
            name: stage.name.clone(),
            place: stage.place,
            words: words.cloned().collect(),
            is_judged: plan.outputs(index).any(|edge| plan.stages[edge.to].output.is_some()),
            entry,
            line_ms,
        })
    }

    /// Milliseconds that the serial line between two stages takes for a block; 0 where there is none.
    fn line_ms(&self, from: usize, to: usize) -> f64 {
        let plan = &self.placed;
        let (here, there) = (plan.stages[from].place, plan.stages[to].place);
        let serial = self.boards[here].as_ref().and_then(|board| board.serial).filter(|_| here != there);
        let port = plan.stages[from].output.as_ref();
        serial.zip(port).map_or(0.0, |(bits, port)| 10_000.0 * port.wire_bytes() as f64 / f64::from(bits))
    }
}

fn triggers(pipeline: &Pipeline) -> impl Iterator<Item = &str> {
    pipeline.stages.iter().filter(|stage| stage.kind == "trigger").map(|stage| stage.name.as_str())
}

/// Plans all of it for one program: what leads to a trigger, and nothing else.
fn whole(pipeline: &Pipeline, registry: &Registry) -> Result<Plan> {
    let mut pipeline = pipeline.clone();
    pipeline.in_one_place();
    loop {
        let read: Vec<String> = pipeline.stages.iter().flat_map(|stage| stage.inputs.clone()).collect();
        let count = pipeline.stages.len();
        pipeline.stages.retain(|stage| stage.kind == "trigger" || read.contains(&stage.name));
        if pipeline.stages.len() == count {
            break;
        }
    }
    Ok(Plan::new(&pipeline, registry)?)
}
