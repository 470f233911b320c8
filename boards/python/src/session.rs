//! Streams.

use std::sync::{Mutex, MutexGuard, PoisonError};

use kws::{Block, Element, Plan, Stream};
use pyo3::prelude::*;

use crate::array::{Array, stacked};
use crate::error::{Waiting, refused};
use crate::event::Event;

/// A stream that runs a pipeline.
#[pyclass(frozen, module = "kws")]
pub(crate) struct Session {
    state: Mutex<State>,
    taps: Vec<Tap>,
}

struct State {
    stream: Stream,
    /// Blocks that have left the stream and were not asked for yet, of any tap.
    blocks: Vec<Block>,
}

/// A stage whose blocks are kept.
struct Tap {
    stage: String,
    element: Element,
    shape: Vec<usize>,
}

impl Tap {
    fn new(plan: &Plan, stage: &str) -> PyResult<Self> {
        let port = plan.stage(stage).and_then(|stage| stage.output.as_ref());
        let port = port.ok_or_else(|| {
            let writers = plan.stages.iter().filter(|stage| stage.output.is_some());
            let names: Vec<&str> = writers.map(|stage| stage.name.as_str()).collect();
            let names = names.join("`, `");
            refused(format!("the pipeline has no stage `{stage}` that writes, expected one of `{names}`"))
        })?;
        if port.element == Element::Event {
            return Err(refused(format!(
                "`{stage}` writes events, which `push` returns; expected a stage of numbers"
            )));
        }
        Ok(Tap { stage: stage.to_owned(), element: port.element, shape: port.shape.clone() })
    }
}

impl Session {
    pub(crate) fn new(plan: &Plan, taps: &[String]) -> PyResult<Self> {
        let taps: Vec<Tap> = taps.iter().map(|stage| Tap::new(plan, stage)).collect::<PyResult<_>>()?;
        let mut stream = Stream::new(plan).map_err(refused)?;
        for tap in &taps {
            stream.tap(&tap.stage).map_err(refused)?;
        }
        Ok(Session { state: Mutex::new(State { stream, blocks: Vec::new() }), taps })
    }

    /// Waits for other threads that use this session: take it while the interpreter is released.
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic has reached Python as an exception; what is left is whole, if perhaps not what was meant.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn events(stream: &mut Stream) -> Vec<Event> {
    std::iter::from_fn(|| stream.next_event()).map(Event::from).collect()
}

#[pymethods]
impl Session {
    #[pyo3(signature = (samples, source=None))]
    pub(crate) fn push(
        &self,
        py: Python<'_>,
        samples: &Bound<'_, PyAny>,
        source: Option<&str>,
    ) -> PyResult<Vec<Event>> {
        let array = Array::new(samples)?;
        let samples = array.samples()?;
        let pushed = py.detach(|| {
            let stream = &mut self.state().stream;
            let taken = stream.push(source, samples)?;
            let events = if taken == samples.len() { events(stream) } else { Vec::new() };
            Ok((taken, events))
        });
        let (taken, events) = pushed.map_err(|error: kws::SessionError| refused(error))?;
        if taken < samples.len() {
            let message = format!(
                "{taken} of {} items were taken: the pipeline waits for what its other sources bring; push to them, then \
                 the rest",
                samples.len()
            );
            return Err(Waiting::new_err((message, taken)));
        }
        Ok(events)
    }

    #[pyo3(signature = (ticks, source=None))]
    fn lose(&self, py: Python<'_>, ticks: u64, source: Option<&str>) -> PyResult<()> {
        py.detach(|| self.state().stream.lose(source, ticks)).map_err(refused)
    }

    pub(crate) fn finish(&self, py: Python<'_>) -> PyResult<Vec<Event>> {
        let finished = py.detach(|| {
            let stream = &mut self.state().stream;
            stream.finish()?;
            Ok(events(stream))
        });
        finished.map_err(|error: kws::SessionError| refused(error))
    }

    fn reset(&self, py: Python<'_>) {
        py.detach(|| {
            let mut state = self.state();
            state.stream.reset();
            state.blocks.clear();
        });
    }

    /// Blocks of a tapped stage since the last call.
    #[pyo3(signature = (stage=None))]
    pub(crate) fn blocks<'py>(&self, py: Python<'py>, stage: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        let tap = match (stage, &self.taps[..]) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(stage), taps) => taps.iter().find(|tap| tap.stage == stage),
        };
        let tap = tap.ok_or_else(|| {
            let taps: Vec<&str> = self.taps.iter().map(|tap| tap.stage.as_str()).collect();
            let stage = stage.unwrap_or("no stage");
            refused(format!(
                "found {stage}, expected one of the session's taps {taps:?}: `pipeline.session(taps=[...])`"
            ))
        })?;
        let blocks = py.detach(|| {
            let State { stream, blocks } = &mut *self.state();
            blocks.extend(std::iter::from_fn(|| stream.next_block()));
            let (wanted, others) =
                std::mem::take(blocks).into_iter().partition(|block| block.stage == tap.stage);
            *blocks = others;
            wanted
        });
        let blocks: Vec<Block> = blocks;
        stacked(py, &blocks, tap.element, &tap.shape)
    }

    #[getter]
    fn sources(&self, py: Python<'_>) -> Vec<String> {
        py.detach(|| self.state().stream.sources().to_vec())
    }
}
