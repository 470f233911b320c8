//! Pipelines: what sessions are made of.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kws::{Assets, Element, Plan};
use pyo3::prelude::*;

use crate::error::refused;
use crate::session::Session;

/// A pipeline, read and checked.
#[pyclass(frozen, module = "kws")]
pub(crate) struct Pipeline(Plan);

/// A stage of a pipeline, and what its blocks are.
#[pyclass(frozen, get_all, module = "kws")]
pub(crate) struct Stage {
    name: String,
    kind: String,
    inputs: Vec<String>,
    /// Type of an item as NumPy names it; `event` of events, nothing for a sink.
    dtype: Option<&'static str>,
    shape: Vec<usize>,
    role: Option<String>,
    labels: Vec<String>,
    /// The labels that are a find: not `silence`, `unknown` and their like.
    words: Vec<String>,
    /// Ticks in a second.
    clock: u32,
    /// Ticks from one block to the next.
    period: u64,
    scale: f32,
    zero_point: i32,
}

#[pymethods]
impl Stage {
    fn __repr__(&self) -> String {
        let Stage { name, kind, shape, .. } = self;
        format!(
            "Stage({name:?}, kind={kind:?}, dtype={:?}, shape={shape:?})",
            self.dtype.unwrap_or("nothing")
        )
    }
}

fn dtype(element: Element) -> &'static str {
    match element {
        Element::I8 => "int8",
        Element::U8 => "uint8",
        Element::I16 => "int16",
        Element::F32 => "float32",
        Element::Event => "event",
    }
}

#[pymethods]
impl Pipeline {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        py.detach(|| kws::read(path)).map(Pipeline).map_err(refused)
    }

    /// A pipeline of its text: with files from memory, or with the paths that it names starting from a folder.
    #[staticmethod]
    #[pyo3(signature = (toml, files=None, *, folder=None))]
    fn from_text(
        py: Python<'_>,
        toml: &str,
        files: Option<BTreeMap<String, Vec<u8>>>,
        folder: Option<PathBuf>,
    ) -> PyResult<Self> {
        let plan = py.detach(|| match files {
            Some(files) => {
                let add = |assets: Assets, (path, bytes): (String, Vec<u8>)| assets.with(path, bytes);
                kws::from_memory(toml, &files.into_iter().fold(Assets::memory(), add))
            }
            None => kws::parse(toml, folder.unwrap_or_default()),
        });
        plan.map(Pipeline).map_err(refused)
    }

    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    #[getter]
    fn stages(&self) -> Vec<Stage> {
        let stages = self.0.stages.iter().enumerate();
        let stage = stages.map(|(index, stage)| {
            let port = stage.output.as_ref();
            let quant = port.and_then(|port| port.quant);
            let labels = port.map_or_else(Vec::new, |port| port.labels.clone());
            Stage {
                name: stage.name.clone(),
                kind: stage.kind.clone(),
                inputs: self.0.inputs(index).map(|edge| self.0.stages[edge.from].name.clone()).collect(),
                dtype: port.map(|port| dtype(port.element)),
                shape: port.map_or_else(Vec::new, |port| port.shape.clone()),
                role: port.map(|port| port.role.name().to_owned()),
                words: labels.iter().filter(|label| kws::is_word(label)).cloned().collect(),
                labels,
                clock: port.map_or(0, |port| port.clock),
                period: port.map_or(0, |port| port.period),
                scale: quant.map_or(1.0, |quant| quant.scale),
                zero_point: quant.map_or(0, |quant| quant.zero_point),
            }
        });
        stage.collect()
    }

    #[pyo3(signature = (taps=Vec::new()))]
    fn session(&self, py: Python<'_>, taps: Vec<String>) -> PyResult<Session> {
        py.detach(|| Session::new(&self.0, &taps))
    }

    /// Blocks of a stage over a whole recording: by default what the first classifier reads.
    #[pyo3(signature = (samples, stage=None, source=None))]
    fn features<'py>(
        &self,
        py: Python<'py>,
        samples: &Bound<'py, PyAny>,
        stage: Option<String>,
        source: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let stage = match stage {
            Some(stage) => stage,
            None => self.before_classifier()?,
        };
        let session = py.detach(|| Session::new(&self.0, std::slice::from_ref(&stage)))?;
        session.push(py, samples, source)?;
        session.finish(py)?;
        session.blocks(py, None)
    }

    fn __repr__(&self) -> String {
        let names: Vec<&str> = self.0.stages.iter().map(|stage| stage.name.as_str()).collect();
        format!("Pipeline({:?}: {})", self.0.name, names.join(", "))
    }
}

impl Pipeline {
    fn before_classifier(&self) -> PyResult<String> {
        let classifier = self.0.stages.iter().position(|stage| stage.kind == "classifier");
        let read = classifier.and_then(|index| self.0.inputs(index).next());
        let read = read.map(|edge| self.0.stages[edge.from].name.clone());
        read.ok_or_else(|| {
            refused("the pipeline has no classifier: name the stage whose blocks you want, `stage=...`")
        })
    }
}
