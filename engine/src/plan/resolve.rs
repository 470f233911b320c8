//! Resolves ports in the order of the graph.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::memory::{self, MEGABYTE};
use super::{Edge, Plan, PlannedStage, RingPlan, graph, places};
use crate::assets::Assets;
use crate::clip;
use crate::design::{DesignError, Gathered, Site};
use crate::error::PlanError;
use crate::facts::{Effect, Trace};
use crate::file::{OnFault, Pipeline, StageSpec, check};
use crate::port::{Port, Step};
use crate::registry::{Entry, Registry};

/// How often the planner may ask sources for other blocks. Each try at least halves one source's block.
pub(super) const TRIES: usize = 16;

/// A block that is by so many times shorter than the source's own is not chosen where there is another.
const SLIVER: u64 = 8;

/// The most items of a block: more is a mistake, and would not find memory.
const MOST_ITEMS: usize = 1 << 24;

/// The lane of stages that are neither source nor sink, and that the file puts nowhere else.
const MAIN_LANE: &str = "main";

pub(super) fn plan(pipeline: &Pipeline, registry: &Registry, assets: &Assets) -> Result<Plan, PlanError> {
    let inputs = graph::inputs(pipeline, registry)?;
    let order = graph::order(pipeline, &inputs)?;
    let entries: Vec<&Entry> =
        pipeline.stages.iter().filter_map(|stage| registry.kind(&stage.kind)).collect();
    for (stage, entry) in pipeline.stages.iter().zip(&entries) {
        check_params(stage, entry)?;
    }
    let (mut blocks, mut usual) = (BTreeMap::new(), BTreeMap::new());
    let mut tries = 0;
    loop {
        let graph = Graph { pipeline, entries: &entries, inputs: &inputs, order: &order, assets };
        match graph.resolve(&blocks) {
            Ok(mut plan) => {
                memory::check(pipeline, &plan)?;
                let notice =
                    |(source, usual): (&usize, &u64)| odd_block(&plan, &pipeline.stages[*source], *usual);
                let notices: Vec<String> = usual.iter().filter_map(notice).collect();
                plan.notices.extend(notices);
                places::settle(pipeline, &mut plan)?;
                return Ok(plan);
            }
            Err(Unresolved { source: Some((source, block, period)), .. }) if tries < TRIES => {
                usual.entry(source).or_insert(period);
                blocks.insert(source, block);
                tries += 1;
            }
            Err(Unresolved { error, .. }) => return Err(*error),
        }
    }
}

/// The kind's own parameters, held against its schema. Unknown keys get the shared ones among the suggestions.
pub(super) fn check_params(stage: &StageSpec, entry: &Entry) -> Result<(), PlanError> {
    let shared = ["name", "kind", "input", "inputs", "place", "lane", "on_full", "depth", "on_fault"];
    for item in stage.params.entries() {
        if !entry.params().any(|(name, _)| name == item.key) {
            let message = format!("unknown key `{}` in `{}` (kind `{}`)", item.key, stage.name, stage.kind);
            let error = PlanError::at(&item.origin, message);
            // The parameter that is a list of tables with this key, such as `points` with `on`.
            let within = entry.params().find(|(_, of)| of["items"]["properties"].get(&item.key).is_some());
            if let Some((list, _)) = within {
                let key = &item.key;
                return Err(error.help(format!(
                    "`{key}` is a key of `{list}`: write `{list} = [{{ {key} = … }}]`, or `--set {}.{list}.0.{key}=…`",
                    stage.name
                )));
            }
            let known = entry.params().map(|(name, _)| name).chain(shared);
            return Err(error.meant(&item.key, known));
        }
    }
    let what = format!("`{}` (kind `{}`)", stage.name, stage.kind);
    check(&stage.params, &entry.schema, &what).map_err(|error| match error.origin {
        // A missing key has no place of its own; the stage's kind stands for the stage.
        ref origin if *origin == stage.origins.stage => {
            PlanError { origin: stage.origins.kind.clone(), ..error }
        }
        _ => error,
    })
}

pub(super) struct Graph<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) entries: &'a [&'a Entry],
    pub(super) inputs: &'a [Vec<usize>],
    pub(super) order: &'a [usize],
    pub(super) assets: &'a Assets,
}

/// An error, and the source, the block of it that would mend it, and the block that it has, if one would.
pub(super) struct Unresolved {
    pub(super) error: Box<PlanError>,
    pub(super) source: Option<(usize, u64, u64)>,
}

impl Graph<'_> {
    fn resolve(&self, blocks: &BTreeMap<usize, u64>) -> Result<Plan, Unresolved> {
        let gathered = Gathered::default();
        let mut planned: BTreeMap<usize, PlannedStage> = BTreeMap::new();
        for &index in self.order {
            let stage = self.design(index, &planned, blocks, &gathered)?;
            planned.insert(index, stage);
        }
        let mut stages: Vec<PlannedStage> =
            self.order.iter().filter_map(|index| planned.remove(index)).collect();
        let lanes = self.lanes(&mut stages);
        let edges = self.edges(&stages);
        let plan = Plan {
            name: self.pipeline.name.clone(),
            dir: self.pipeline.dir.clone(),
            stages,
            edges,
            lanes,
            noticed: gathered.noticed.into_inner(),
            notices: gathered.notices.into_inner(),
            places: Vec::new(),
            cuts: Vec::new(),
            links: Vec::new(),
            knobs: gathered.knobs.into_inner(),
            facts: OnceLock::new(),
        };
        Ok(plan)
    }

    pub(super) fn design(
        &self,
        index: usize,
        planned: &BTreeMap<usize, PlannedStage>,
        blocks: &BTreeMap<usize, u64>,
        gathered: &Gathered,
    ) -> Result<PlannedStage, Unresolved> {
        let spec = &self.pipeline.stages[index];
        let mut ports = Vec::new();
        for (input, from) in self.inputs[index].iter().enumerate() {
            match planned.get(from).and_then(|stage| stage.output.clone()) {
                Some(port) => ports.push(port),
                None => return Err(self.reads_sink(spec, input).into()),
            }
        }
        let from: Vec<String> =
            self.inputs[index].iter().map(|&i| self.pipeline.stages[i].name.clone()).collect();
        let within = self.within_clips(index, &ports)?;
        if from.iter().any(|name| gathered.live.borrow().contains(name)) {
            gathered.live.borrow_mut().insert(spec.name.clone());
        }
        let stand_in = from.iter().find_map(|name| gathered.stand_ins.borrow().get(name).cloned());
        if let Some(recording) = stand_in {
            gathered.stand_ins.borrow_mut().insert(spec.name.clone(), recording);
        }
        let assets = self.assets.noting();
        let site = Site {
            pipeline: &self.pipeline.name,
            name: &spec.name,
            dir: &self.pipeline.dir,
            inputs: within.as_ref().map_or(&ports[..], std::slice::from_ref),
            from: &from,
            block: blocks.get(&index).copied(),
            assets: &assets,
            most_bytes: self.pipeline.max_memory_mb.saturating_mul(MEGABYTE),
            gathered,
        };
        let (design, params) = self.entries[index]
            .design(spec.params.to_json(), &site)
            .and_then(|(design, params)| match &within {
                Some(_) => Ok((clip::on_clips(design, &ports[0])?, params)),
                None => Ok((design, params)),
            })
            .map_err(|refusal| self.unresolved(index, refusal, planned, blocks))?;
        let output = design.output().map(|port| self.with_step(index, port, &params));
        check_output(spec, output.as_ref(), ports.is_empty())?;
        let cost = design.cost();
        let on_fault = self.on_fault(spec, output.is_none(), design.comes_back())?;
        let (name, kind, effect) = (spec.name.clone(), spec.kind.clone(), self.entries[index].effect);
        let live = gathered.live.borrow().contains(&name);
        Ok(PlannedStage {
            name,
            kind,
            params,
            lane: 0,
            place: 0,
            output,
            cost,
            files: assets.noted(),
            on_fault,
            live,
            effect,
            design: design.into(),
        })
    }

    /// The port of the stream within clips, where the stage reads those block by block.
    fn within_clips(&self, index: usize, ports: &[Port]) -> Result<Option<Port>, PlanError> {
        let (spec, entry) = (&self.pipeline.stages[index], self.entries[index]);
        let whole = usize::from(entry.whole_clips);
        let Some(input) = ports.iter().skip(whole).position(|port| port.clip.is_some()) else {
            return Ok(None);
        };
        let input = input + whole;
        if ports.len() > 1 || whole > 0 || entry.effect == Effect::Keeps {
            let origin = spec.origins.inputs.get(input).unwrap_or(&spec.origins.kind);
            let (name, from) = (&spec.name, &spec.inputs[input]);
            let message = format!("`{name}` (`{}`) cannot read the clips that `{from}` writes", spec.kind);
            let help =
                "clips are read by stages of one input; a `trigger` or a single block makes an end of them";
            return Err(PlanError::at(origin, message).help(help));
        }
        Ok(ports[0].within_clip())
    }

    /// What happens when a stage fails: what the file says for it, or what it says for all that it can be said for.
    fn on_fault(&self, spec: &StageSpec, sink: bool, comes_back: bool) -> Result<OnFault, PlanError> {
        match (spec.on_fault, self.pipeline.on_fault) {
            (Some(OnFault::Ignore), _) if !sink => {
                let message =
                    format!("`{}` writes blocks; `ignore` is for sinks, which write none", spec.name);
                let help = "set `on_fault = \"restart\"`: the stage starts over, and a gap marks the hole";
                Err(PlanError::at(&spec.origins.on_fault, message).help(help))
            }
            (Some(on_fault), _) => Ok(on_fault),
            (None, _) if comes_back => Ok(OnFault::Restart),
            (None, OnFault::Ignore) if !sink => Ok(OnFault::End),
            (None, on_fault) => Ok(on_fault),
        }
    }

    /// Adds the stage to the history that its output carries.
    fn with_step(&self, index: usize, mut port: Port, params: &Value) -> Port {
        if !self.inputs[index].is_empty() && self.entries[index].trace != Trace::Unseen {
            let given: Map<String, Value> = params
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            let Entry { name, trace, .. } = self.entries[index];
            let (kind, params) = ((*name).to_owned(), Value::Object(given));
            port.made_by.push(Step { kind, params, is_conditioning: *trace == Trace::Conditioning });
        }
        port
    }

    fn reads_sink(&self, spec: &StageSpec, input: usize) -> PlanError {
        let origin = spec.origins.inputs.get(input).unwrap_or(&spec.origins.kind);
        let message =
            format!("`{}` reads `{}`, which is a sink and writes nothing", spec.name, spec.inputs[input]);
        PlanError::at(origin, message).help("name another stage with `input`")
    }

    /// A refusal, put where the file says what was refused.
    fn unresolved(
        &self,
        index: usize,
        refusal: DesignError,
        planned: &BTreeMap<usize, PlannedStage>,
        blocks: &BTreeMap<usize, u64>,
    ) -> Unresolved {
        let spec = &self.pipeline.stages[index];
        let source = refusal.period.and_then(|wanted| self.source_block(index, wanted, planned, blocks));
        let error = spec.refused(refusal);
        Unresolved { error: Box::new(error), source }
    }

    /// The source before a stage, and the largest block that divides both its own and the one wanted.
    fn source_block(
        &self,
        index: usize,
        wanted: u64,
        planned: &BTreeMap<usize, PlannedStage>,
        blocks: &BTreeMap<usize, u64>,
    ) -> Option<(usize, u64, u64)> {
        let mut source = index;
        while let Some(&before) = self.inputs[source].first() {
            source = before;
        }
        let period = planned.get(&source)?.output.as_ref()?.period;
        let first = !blocks.contains_key(&source);
        let block = fitting(period, wanted, first);
        let free = self.pipeline.stages[source].params.get("block").is_none();
        (free && block > 0 && block != period).then_some((source, block, period))
    }

    /// Puts every stage in a lane: the file's, or else its own for a source or a sink, or else the main one.
    fn lanes(&self, stages: &mut [PlannedStage]) -> Vec<String> {
        let mut lanes: Vec<String> = Vec::new();
        for (stage, &index) in stages.iter_mut().zip(self.order) {
            let spec = &self.pipeline.stages[index];
            let own = self.inputs[index].is_empty() || stage.output.is_none();
            let name = match (&spec.lane, own) {
                (Some(lane), _) => lane,
                (None, true) => &spec.name,
                (None, false) => MAIN_LANE,
            };
            stage.lane = lanes.iter().position(|lane| lane == name).unwrap_or_else(|| {
                lanes.push(name.to_owned());
                lanes.len() - 1
            });
        }
        lanes
    }

    fn edges(&self, stages: &[PlannedStage]) -> Vec<Edge> {
        let place = |index: usize| self.order.iter().position(|&other| other == index).unwrap_or(0);
        let mut edges = Vec::new();
        for (to, &index) in self.order.iter().enumerate() {
            let spec = &self.pipeline.stages[index];
            for (input, &from) in self.inputs[index].iter().enumerate() {
                let from = place(from);
                let ring = RingPlan { on_full: spec.on_full, depth: spec.depth };
                let crosses = stages[from].lane != stages[to].lane;
                edges.push(Edge { from, to, input, ring: crosses.then_some(ring) });
            }
        }
        edges
    }
}

/// A block must be one that can be held and comes at some time; a stage must read or write.
fn check_output(spec: &StageSpec, output: Option<&Port>, source: bool) -> Result<(), PlanError> {
    let refuse = |text: String| Err(PlanError::at(&spec.origins.kind, format!("`{}` {text}", spec.name)));
    let Some(port) = output else {
        return if source { refuse("neither reads nor writes anything".to_owned()) } else { Ok(()) };
    };
    let items = port.shape.iter().try_fold(1_usize, |items, extent| items.checked_mul(*extent));
    match items {
        Some(1..=MOST_ITEMS) => {}
        Some(0) => return refuse(format!("writes blocks without items: {port}")),
        _ => return refuse(format!("writes {port}, expected at most {MOST_ITEMS} items in a block")),
    }
    if port.clock == 0 || port.period == 0 {
        return refuse(format!("writes {port}, expected a period and a clock greater than 0"));
    }
    Ok(())
}

impl From<PlanError> for Unresolved {
    fn from(error: PlanError) -> Self {
        Unresolved { error: Box::new(error), source: None }
    }
}

/// What to tell of a source whose block is no part of its usual one, or only a sliver of it.
fn odd_block(plan: &Plan, spec: &StageSpec, usual: u64) -> Option<String> {
    let port = plan.stage(&spec.name)?.output.as_ref()?;
    let (name, block) = (&spec.name, port.period);
    let ms = 1000.0 * port.seconds(block);
    if block < usual.div_ceil(SLIVER) {
        return Some(format!(
            "`{name}` delivers blocks of {block} ticks ({ms:.2} ms), the most that divides every hop behind it, which \
             takes many times the time of its usual {usual}; give hops a common part, or set `block`"
        ));
    }
    (!usual.is_multiple_of(block)).then(|| {
        format!(
            "`{name}` delivers blocks of {block} ticks ({ms:.2} ms): its usual {usual} have too little in common with \
             the hop behind it"
        )
    })
}

/// A block in place of a source's of `period` ticks that divides the `wanted` hop: what divides both, unless that is a
/// sliver of the block that nobody has chosen yet. Then the largest part of the hop that is no longer than that block,
/// or, where there is none of some length either, the whole hop: a block of a sample or two would take most of the time.
fn fitting(period: u64, wanted: u64, first: bool) -> u64 {
    let (block, sliver) = (gcd(period, wanted), period.div_ceil(SLIVER));
    if !first || block >= sliver {
        return block;
    }
    let part = (1..=wanted / sliver.max(1)).find_map(|parts| {
        let part = wanted / parts;
        (wanted.is_multiple_of(parts) && part <= period).then_some(part)
    });
    part.unwrap_or(wanted)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
