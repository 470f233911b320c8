//! The planned pipelines of one thread.
//!
//! A plan belongs to a thread and so does what its sessions share: every worker plans the pipelines for itself, and
//! holds their weights once.

use std::sync::Arc;

use kws::{Element, Pipeline, Plan, Session};

use crate::ServerError;
use crate::audio::Filters;
use crate::view::Hub;
use crate::wyoming::ClientError;

/// Planned pipelines, and what all streams of a thread share beside them.
pub(crate) struct Plans {
    /// In the order of the command line.
    pub(crate) all: Vec<Planned>,
    /// Who may look at the sessions, where anybody may.
    pub(crate) hub: Option<Arc<Hub>>,
    /// Filters for other sample rates.
    pub(crate) filters: Filters,
    /// Samples under way, full scale at ±1, at the client's rate and at the pipeline's.
    pub(crate) mono: Vec<f32>,
    pub(crate) resampled: Vec<f32>,
    /// Samples under way, as pipelines take them.
    pub(crate) samples: Vec<i16>,
}

/// One planned pipeline.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    /// Its only source.
    pub(crate) source: String,
    /// Samples per second that the source takes.
    pub(crate) rate: u32,
    /// Stages whose events are detections, each with the sink that is shown them: a stage with two sinks counts once.
    pub(crate) shown: Vec<(String, String)>,
    /// Whether these stages have no sink, so that a session taps them.
    taps: bool,
}

impl Plans {
    /// Plans pipelines.
    ///
    /// # Errors
    /// When one cannot be planned, or does not turn audio into events.
    pub(crate) fn new(pipelines: &[Pipeline]) -> Result<Self, ServerError> {
        let registry = kws::registry();
        let all = pipelines.iter().map(|pipeline| Planned::new(Plan::new(pipeline, &registry)?));
        Ok(Plans {
            all: all.collect::<Result<_, ServerError>>()?,
            hub: None,
            filters: Filters::default(),
            mono: Vec::new(),
            resampled: Vec::new(),
            samples: Vec::new(),
        })
    }
}

impl Planned {
    fn new(plan: Plan) -> Result<Self, ServerError> {
        let refused =
            |found: String, help: &str| ServerError::Pipeline(format!("`{}` {found}; {help}", plan.name));
        let sources: Vec<usize> =
            (0..plan.stages.len()).filter(|&stage| plan.inputs(stage).next().is_none()).collect();
        let &[source] = &sources[..] else {
            let found = format!("has {} sources, expected one `mic`", sources.len());
            return Err(refused(found, "a satellite sends one stream of audio"));
        };
        let stage = &plan.stages[source];
        let port = stage.output.as_ref().filter(|port| port.element == Element::I16);
        let Some(port) = port else {
            let found = format!("reads `{}`, expected `mic`", stage.kind);
            return Err(refused(found, "a satellite sends audio"));
        };
        let (source, rate) = (stage.name.clone(), port.clock);
        let (shown, taps) = shown(&plan);
        if shown.is_empty() {
            return Err(refused("has no stage that writes events".to_owned(), "add a `trigger`"));
        }
        Ok(Planned { source, rate, shown, taps, plan })
    }

    /// A session at the beginning of a stream, which shows what these stages write besides.
    ///
    /// # Errors
    /// When a stage cannot be built.
    pub(crate) fn session<'a>(
        &'a self,
        besides: impl Iterator<Item = &'a str>,
    ) -> Result<Session, ClientError> {
        let broken =
            |text: String| ClientError::new("pipeline-failed", format!("`{}`: {text}", self.plan.name));
        let mut session = self.plan.session().map_err(|fault| broken(fault.to_string()))?;
        let shown = self.shown.iter().filter(|_| self.taps).map(|(stage, _)| stage.as_str());
        let shown: Vec<&str> = shown.collect();
        // A stage that is tapped twice would be shown twice.
        for stage in shown.iter().copied().chain(besides.filter(|stage| !shown.contains(stage))) {
            session.tap(stage).map_err(|fault| broken(fault.to_string()))?;
        }
        Ok(session)
    }
}

/// The stages whose events a sink reads, with the first such sink; without any, those whose events nobody reads, which
/// are to be tapped.
pub(crate) fn shown(plan: &Plan) -> (Vec<(String, String)>, bool) {
    let writes_events = |stage: &usize| {
        plan.stages[*stage].output.as_ref().is_some_and(|port| port.element == Element::Event)
    };
    let name = |stage: usize| plan.stages[stage].name.clone();
    let writers: Vec<usize> = (0..plan.stages.len()).filter(writes_events).collect();
    let sink = |stage: usize| {
        let mut readers = plan.outputs(stage).map(|edge| edge.to);
        readers.find(|&reader| plan.stages[reader].output.is_none())
    };
    let read: Vec<(String, String)> =
        writers.iter().filter_map(|&stage| Some((name(stage), name(sink(stage)?)))).collect();
    if !read.is_empty() {
        return (read, false);
    }
    let unread = writers.iter().filter(|&&stage| plan.outputs(stage).next().is_none());
    (unread.map(|&stage| (name(stage), name(stage))).collect(), true)
}
