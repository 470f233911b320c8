//! A pipeline's own stages, from samples to detections.
//!
//! What comes before the decision is run once for each stream; the stages behind the classifier are then run over its
//! recorded posteriors for every threshold. Both are the pipeline's stages with the pipeline's parameters.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use kws_engine::{Buffer, Pipeline, Plan};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::features::{Chain, plan};

/// A pipeline up to its trigger, with samples in its source's place.
pub struct Listener {
    pipeline: Pipeline,
    /// Names of the classifier and of the trigger.
    classifier: String,
    trigger: String,
    /// Labels of the classifier.
    labels: Vec<String>,
    /// Labels that the trigger watches.
    words: Vec<String>,
    /// The trigger's first point, whose times hold for every threshold that is tried.
    template: Value,
}

/// What the classifier wrote for a stream.
pub struct Recorded {
    blocks: Vec<(u64, Buffer)>,
    /// Length of the stream in samples.
    pub samples: usize,
}

impl Recorded {
    /// What the last stage of a chain writes for a stream.
    pub(super) fn new(chain: &mut Chain, samples: &[i16]) -> Result<Self> {
        let mut blocks = Vec::new();
        chain.run(samples, |at, block| {
            blocks.push((at, block.clone()));
            ControlFlow::Continue(())
        })?;
        Ok(Self { blocks, samples: samples.len() })
    }
}

/// A detection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// Sample at which it was certain.
    pub at: u64,
    /// The label.
    pub label: String,
    /// Name of the operating point.
    pub point: String,
}

/// A threshold to be tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The label that it watches.
    pub label: String,
    /// Score at which a detection begins.
    pub on: f64,
    /// Score below which it ends; in the relation of the pipeline's own where none is given.
    pub off: Option<f64>,
}

/// Points that one trigger takes at most.
const POINTS: usize = 64;

impl Listener {
    /// Reads a pipeline; `model`, a model's folder, takes the place of its classifier's own.
    ///
    /// # Errors
    /// When the pipeline cannot be planned, or is no chain of stages with one `classifier` and one `trigger` behind it.
    pub fn open(path: &Path, model: Option<&Path>) -> Result<Self> {
        let pipeline = Pipeline::read(path)?;
        Self::new(pipeline, model).with_context(|| format!("cannot measure `{}`", path.display()))
    }

    /// As [`open`](Self::open), for a pipeline that has been read.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn new(mut pipeline: Pipeline, model: Option<&Path>) -> Result<Self> {
        let (classifier, trigger) = (only(&pipeline, "classifier")?, only(&pipeline, "trigger")?);
        ensure!(classifier < trigger, "its `trigger` comes before its `classifier`");
        ensure!(classifier > 0, "its `classifier` comes first, expected a source before it");
        let name = |index: usize| pipeline.stages[index].name.clone();
        let (source, classifier, trigger) = (name(0), name(classifier), name(trigger));
        let end = pipeline.stages.iter().position(|s| s.name == trigger).unwrap_or(0);
        pipeline.stages.truncate(end + 1);
        pipeline.replace(&source, "clip", &json!({}), "samples");
        if let Some(folder) = model {
            let file =
                folder.canonicalize().with_context(|| format!("cannot find `{}`", folder.display()))?;
            let file = toml::Value::String(file.join("model.tflite").to_string_lossy().into_owned());
            pipeline.set(&format!("{classifier}.model={file}"))?;
        }
        let planned = plan(&pipeline)?;
        let port = |stage: &str| planned.stage(stage).and_then(|s| s.output.clone());
        let labels = port(&classifier).context("its `classifier` writes nothing")?.labels;
        let stage = planned.stage(&trigger).context("its `trigger` is not planned")?;
        let template = stage.params.get("points").and_then(|points| points.get(0)).cloned();
        let mut listener = Self {
            pipeline,
            classifier,
            trigger,
            labels,
            words: Vec::new(),
            template: template.unwrap_or_else(|| json!({})),
        };
        listener.words = listener.watched(&planned)?;
        Ok(listener)
    }

    /// The file of the classifier's model.
    ///
    /// # Errors
    /// When the pipeline cannot be planned, or its classifier names none.
    pub fn model_file(&self) -> Result<PathBuf> {
        let planned = plan(&self.pipeline)?;
        let stage = planned.stage(&self.classifier).context("its `classifier` is not planned")?;
        let file = stage.params.get("model").and_then(Value::as_str);
        let file = file.context("its `classifier` names no `model`")?;
        Ok(self.pipeline.dir.join(file))
    }

    /// Labels that the trigger watches: the words that can be heard.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The folder of the classifier's model.
    ///
    /// # Errors
    /// When the pipeline cannot be planned.
    pub fn model(&self) -> Result<Option<PathBuf>> {
        let planned = plan(&self.pipeline)?;
        let stage = planned.stage(&self.classifier).context("its `classifier` is not planned")?;
        let file = stage.params.get("model").and_then(Value::as_str).map(|path| planned.dir.join(path));
        Ok(file.and_then(|file| file.parent().map(Path::to_owned)))
    }

    /// SHA-256 of all that decides what is detected: the stages' parameters and the model's bytes, wherever that lies.
    ///
    /// # Errors
    /// When the pipeline cannot be planned, or the model cannot be read.
    pub fn digest(&self) -> Result<String> {
        let planned = plan(&self.pipeline)?;
        let mut hash = Sha256::new();
        for stage in &planned.stages {
            let mut params = stage.params.clone();
            let model = params.get("model").and_then(Value::as_str).map(|path| planned.dir.join(path));
            if let Some(path) = model {
                let read = |path: &Path| {
                    std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
                };
                hash.update(read(&path)?);
                params["model"] = Value::Null;
            }
            hash.update(format!("{} {} {params}\n", stage.name, stage.kind));
        }
        for (name, point) in self.own_points()? {
            hash.update(format!("{name} {point:?}\n"));
        }
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Runs the stages up to the classifier over a stream.
    ///
    /// # Errors
    /// When a stage fails.
    pub fn record(&self, samples: &[i16]) -> Result<Recorded> {
        Recorded::new(&mut self.front()?, samples)
    }

    /// The stages up to the classifier.
    pub(super) fn front(&self) -> Result<Chain> {
        let mut front = self.pipeline.clone();
        let end = front.stages.iter().position(|s| s.name == self.classifier).unwrap_or(0);
        front.stages.truncate(end + 1);
        Chain::behind(&plan(&front)?, 0)
    }

    /// The stages up to the one before the trigger.
    pub(super) fn scores(&self) -> Result<Chain> {
        let mut front = self.pipeline.clone();
        // The trigger is the last one.
        front.stages.pop();
        Chain::behind(&plan(&front)?, 0)
    }

    /// The pipeline as it is.
    pub(super) fn planned(&self) -> Result<Plan> {
        plan(&self.pipeline)
    }

    /// Detections at the pipeline's own operating points.
    ///
    /// # Errors
    /// When a stage fails.
    pub fn detections(&self, recorded: &Recorded) -> Result<Vec<Detection>> {
        self.decide(&plan(&self.pipeline)?, recorded)
    }

    /// Detections at each of some points, in the points' order.
    ///
    /// # Errors
    /// When a point is refused or a stage fails.
    pub fn detections_at(&self, recorded: &Recorded, points: &[Point]) -> Result<Vec<Vec<Detection>>> {
        self.sorted(&self.planned_at(points)?, recorded, points.len())
    }

    /// The pipeline with other points, each named by its place; as many plans as one trigger's points make necessary.
    pub(super) fn planned_at(&self, points: &[Point]) -> Result<Vec<Plan>> {
        let groups = points.chunks(POINTS).enumerate().map(|(part, group)| {
            let named = group.iter().enumerate();
            let list: Vec<Value> =
                named.map(|(i, point)| self.point(&(part * POINTS + i).to_string(), point)).collect();
            let mut pipeline = self.pipeline.clone();
            let list = toml::Value::try_from(&list)?;
            pipeline.set(&format!("{}.points={list}", self.trigger))?;
            plan(&pipeline)
        });
        groups.collect()
    }

    /// Detections by the place that is the name of their point.
    pub(super) fn sorted(
        &self,
        plans: &[Plan],
        recorded: &Recorded,
        points: usize,
    ) -> Result<Vec<Vec<Detection>>> {
        let mut found: Vec<Vec<Detection>> = vec![Vec::new(); points];
        for plan in plans {
            for detection in self.decide(plan, recorded)? {
                let index: usize = detection.point.parse().context("a point lost its name")?;
                found[index].push(detection);
            }
        }
        Ok(found)
    }

    /// The operating points of the pipeline, or of its model, as they are: name, label, threshold.
    ///
    /// # Errors
    /// When the pipeline cannot be planned.
    pub fn own_points(&self) -> Result<Vec<(String, Point)>> {
        let planned = plan(&self.pipeline)?;
        let stage = planned.stage(&self.trigger).context("its `trigger` is not planned")?;
        let calibrated = self.calibrated(&planned);
        let points: Vec<Value> = match stage.params.get("points").and_then(Value::as_array) {
            Some(points) => points.clone(),
            None if calibrated.is_empty() => vec![json!({})],
            None => calibrated,
        };
        let mut own = Vec::new();
        for point in &points {
            let name = point.get("name").and_then(Value::as_str).unwrap_or("default").to_owned();
            let on = point.get("on").and_then(Value::as_f64).unwrap_or(0.8);
            let off = point.get("off").and_then(Value::as_f64);
            let words = match point.get("label").and_then(Value::as_str) {
                Some(label) => vec![label.to_owned()],
                None => self.words.clone(),
            };
            own.extend(words.into_iter().map(|label| (name.clone(), Point { label, on, off })));
        }
        Ok(own)
    }

    /// The model's points, as the trigger's parameters write them.
    fn calibrated(&self, planned: &Plan) -> Vec<Value> {
        let port = planned.stage(&self.classifier).and_then(|s| s.output.as_ref());
        let points = port.map_or(&[][..], |port| &port.calibrated);
        points.iter().map(|p| json!({ "name": p.name, "label": p.label, "on": p.on, "off": p.off })).collect()
    }

    /// A point with the times of the pipeline's own.
    fn point(&self, name: &str, point: &Point) -> Value {
        let mut value = self.template.clone();
        let own = |key: &str| self.template.get(key).and_then(Value::as_f64);
        let ratio =
            own("off").zip(own("on")).map_or(0.75, |(off, on)| if on > 0.0 { off / on } else { 0.75 });
        value["name"] = json!(name);
        value["label"] = json!(point.label);
        value["on"] = json!(point.on);
        value["off"] = json!(point.off.unwrap_or(point.on * ratio));
        value
    }

    /// Labels that the pipeline's trigger watches, in the model's order.
    fn watched(&self, planned: &Plan) -> Result<Vec<String>> {
        let stage = planned.stage(&self.trigger).context("its `trigger` is not planned")?;
        let points = stage.params.get("points").and_then(Value::as_array).cloned();
        let points = points.unwrap_or_else(|| self.calibrated(planned));
        let named: Vec<Option<&str>> =
            points.iter().map(|p| p.get("label").and_then(Value::as_str)).collect();
        let all = named.is_empty() || named.contains(&None);
        let words = self.labels.iter().filter(|label| {
            if all { kws_stages::decide::is_word(label) } else { named.contains(&Some(label.as_str())) }
        });
        Ok(words.cloned().collect())
    }

    /// Runs the stages behind the classifier over what it wrote.
    pub(super) fn decide(&self, planned: &Plan, recorded: &Recorded) -> Result<Vec<Detection>> {
        let index = planned.stages.iter().position(|s| s.name == self.classifier);
        // A new chain for each stream: a trigger's refractory time outlasts a reset.
        let mut chain = Chain::behind(planned, index.context("its `classifier` is not planned")?)?;
        let (labels, points) = (chain.port().labels.clone(), chain.port().points.clone());
        let mut detections = Vec::new();
        for (at, block) in &recorded.blocks {
            chain.feed(*at, block, |written| {
                let Buffer::Event(places) = written else { return };
                detections.extend(places.iter().filter(|e| e.is_some()).map(|event| Detection {
                    at: event.end,
                    label: labels[usize::from(event.label)].clone(),
                    point: points[usize::from(event.point)].clone(),
                }));
            })?;
        }
        Ok(detections)
    }
}

/// The place of the one stage of a kind.
fn only(pipeline: &Pipeline, kind: &str) -> Result<usize> {
    let mut places: BTreeMap<usize, &str> = BTreeMap::new();
    for (index, stage) in pipeline.stages.iter().enumerate().filter(|(_, s)| s.kind == kind) {
        places.insert(index, &stage.name);
    }
    ensure!(
        places.len() == 1,
        "found {} stages of kind `{kind}`, expected one; measure a pipeline with one detector at a time",
        places.len()
    );
    Ok(*places.keys().next().unwrap_or(&0))
}
