//! What a worker runs of a pipeline.

use kws::{Pipeline, Plan};
use kws_carrier::stream;
use kws_engine::{Direction, LinkEdge};

use super::PlaceOptions;
use crate::ServerError;
use crate::plans::shown;

/// What a worker runs of a pipeline.
pub(super) struct Part {
    pub(super) plan: Plan,
    /// What comes, and under which names.
    pub(super) edges: Vec<LinkEdge>,
    pub(super) sources: Vec<String>,
    /// The stream that it comes by.
    pub(super) direction: stream::Direction,
    /// Stages whose events are detections, each with the sink that is shown them.
    pub(super) shown: Vec<(String, String)>,
    pub(super) taps: bool,
    /// Ticks of the first edge that warm a session up.
    pub(super) warm_up: u64,
    /// Blocks of the first edge after which all stages stand as at the beginning.
    pub(super) cycle: u64,
    /// The subject of its detections, before the node.
    pub(super) subject: String,
}

impl Part {
    pub(super) fn new(pipeline: &Pipeline, options: &PlaceOptions) -> Result<Self, ServerError> {
        let place = &options.place;
        if options.server.keep.is_none() {
            let text = format!(
                "`--link {}`: add `?keep=10m`, as the places do that send to `{place}`",
                options.server
            );
            return Err(ServerError::Pipeline(text));
        }
        let plan = Plan::at(pipeline, &kws::registry(), place)?;
        let refused = |found: &str, help: &str| ServerError::Pipeline(format!("`{place}` {found}; {help}"));
        let [link] = &plan.links[..] else {
            let found = format!("has links with {} places, expected one", plan.links.len());
            return Err(refused(
                &found,
                "a worker is the last place: run this one by `kws-run --warm-up 5s`, once for each node",
            ));
        };
        if link.edges.iter().any(|edge| edge.direction == Direction::Out) {
            let found = format!("sends to `{}`", link.place);
            return Err(refused(
                &found,
                "a worker only receives: run it by `kws-run --warm-up 5s`, once for each node",
            ));
        }
        let (shown, taps) = shown(&plan);
        if shown.is_empty() {
            return Err(refused("has no stage that writes events", "add a `trigger` or a `print`"));
        }
        let edges = link.edges.clone();
        let first = &edges[0].port;
        let cycle = kws_carrier::cycle(&plan, first);
        Ok(Part {
            sources: edges.iter().map(|edge| plan.stages[edge.stage].name.clone()).collect(),
            direction: stream::Direction::new(link.pipeline, &link.place, &link.here),
            shown,
            taps,
            warm_up: (options.warm_up.as_secs_f64() * f64::from(first.clock)) as u64,
            cycle,
            subject: format!("kws.events.{:016x}.{}", link.pipeline, link.here),
            edges,
            plan,
        })
    }
}
