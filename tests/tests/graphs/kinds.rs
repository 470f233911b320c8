//! Kinds of these tests, which the build script writes and the tests run.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Mutex;

use kws_engine::firmware::Code;
use kws_engine::{
    Any, Block, Cost, Design, DesignError, Element, Event, Firing, Flow, Kind, Port, Registry, Role, Site,
    Stage, StageFault, Written, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

type Designed = Result<Box<dyn Design>, DesignError>;

/// Adds all of them.
pub fn register(registry: &mut Registry) {
    registry.add::<CountParams>().add::<GainParams>().add::<EveryParams>().add::<HolesParams>();
    registry.add::<DoorParams>().add::<PairParams>().add::<ThreeParams>();
    registry.add::<KeepParams>().add::<KeepAllParams>();
    registry.add::<kws_stages::CaptureParams>().add::<MarkParams>().add::<AboutParams>().add::<FrailParams>();
}

/// What a sink saw.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    Block(usize, u64, Vec<f32>),
    Reset,
    Finish,
}

/// What every sink of a run saw, by its name.
pub static SEEN: Mutex<BTreeMap<&'static str, Vec<Seen>>> = Mutex::new(BTreeMap::new());

fn note(name: &'static str, seen: Seen) {
    SEEN.lock().unwrap().entry(name).or_default().push(seen);
}

/// What the code of a stage without memory of its own is.
fn code(site: &kws_engine::firmware::EmitSite<'_>, of: &str, value: String) -> Code {
    let mut code = Code::new(site);
    code.uses(&format!("crate::kinds::{of}"));
    code.is(of, value)
}

/// Numbers: item `n` of the stream is `n`, from 1; every seventh block may be lost.
#[derive(Serialize, Deserialize, JsonSchema)]
struct CountParams {
    block: u64,
    blocks: u64,
    loses: u64,
}

impl Kind for CountParams {
    const NAME: &'static str = "count";
    const INPUTS: RangeInclusive<usize> = 0..=0;

    fn design(self, _: &Site<'_>) -> Designed {
        let CountParams { block, blocks, loses } = self;
        let port = Port::source(Element::F32, vec![block as usize], Role::SAMPLES, 1000, block);
        let make = move || Ok(node(Count::new(blocks, loses)));
        Ok(Written::boxed(Some(port), Cost::default(), make, move |site| {
            Ok(code(site, "Count", format!("Count::new({blocks}, {loses})")))
        }))
    }
}

/// The stage of `count`.
pub struct Count {
    blocks: u64,
    loses: u64,
    fired: u64,
    next: f32,
}

impl Count {
    pub const fn new(blocks: u64, loses: u64) -> Self {
        Count { blocks, loses, fired: 0, next: 0.0 }
    }
}

impl Stage for Count {
    type In = ();
    type Out = f32;

    fn process(&mut self, (): (), output: &mut [f32]) -> Result<Flow, StageFault> {
        self.fired += 1;
        if self.fired > self.blocks {
            return Ok(Flow::End);
        }
        match self.fired % 7 {
            3 if self.loses > 0 => return Ok(Flow::Lost(self.loses)),
            5 => return Ok(Flow::Skip),
            _ => {}
        }
        for item in output {
            self.next += 1.0;
            *item = self.next;
        }
        Ok(Flow::Emit)
    }
}

/// Doubles.
#[derive(Serialize, Deserialize, JsonSchema)]
struct GainParams {}

impl Kind for GainParams {
    const NAME: &'static str = "gain";

    fn design(self, site: &Site<'_>) -> Designed {
        let port = site.input(&[Element::F32])?;
        let output = port.then(Element::F32, port.shape.clone(), port.role.clone());
        Ok(Written::boxed(
            Some(output),
            Cost::default(),
            || Ok(node(Gain)),
            |site| Ok(code(site, "Gain", "Gain".to_owned())),
        ))
    }
}

/// The stage of `gain`.
pub struct Gain;

impl Stage for Gain {
    type In = f32;
    type Out = f32;

    fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
        output.iter_mut().zip(input.items).for_each(|(to, from)| *to = 2.0 * from);
        Ok(Flow::Emit)
    }
}

/// The sum of a hop of samples, and how often a gap came.
#[derive(Serialize, Deserialize, JsonSchema)]
struct EveryParams {
    hop: u64,
}

impl Kind for EveryParams {
    const NAME: &'static str = "every";

    fn design(self, site: &Site<'_>) -> Designed {
        let port = site.input_as(&[Element::F32], &[Role::SAMPLES])?;
        let blocks = self.hop / port.period;
        let output = Port { period: self.hop, ..port.then(Element::F32, vec![2], Role::FEATURES) };
        let make = move || Ok(node(Every::new(blocks)));
        Ok(Written::boxed(Some(output), Cost::default(), make, move |site| {
            Ok(code(site, "Every", format!("Every::new({blocks})")))
        }))
    }
}

/// The stage of `every`.
pub struct Every {
    of: u64,
    blocks: u64,
    sum: f32,
    resets: f32,
}

impl Every {
    pub const fn new(of: u64) -> Self {
        Every { of, blocks: 0, sum: 0.0, resets: 0.0 }
    }
}

impl Stage for Every {
    type In = f32;
    type Out = f32;

    fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
        self.sum += input.iter().sum::<f32>();
        self.blocks += 1;
        if self.blocks < self.of {
            return Ok(Flow::Skip);
        }
        output.copy_from_slice(&[self.sum, self.resets]);
        (self.blocks, self.sum) = (0, 0.0);
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        (self.blocks, self.sum) = (0, 0.0);
        self.resets += 1.0;
    }

    fn restart(&mut self) {
        *self = Every::new(self.of);
    }
}

/// Lets some blocks pass, then withholds some as a gate does, and then may lose some ticks.
#[derive(Serialize, Deserialize, JsonSchema)]
struct HolesParams {
    open: u64,
    shut: u64,
    loses: u64,
}

impl Kind for HolesParams {
    const NAME: &'static str = "holes";

    fn design(self, site: &Site<'_>) -> Designed {
        let (port, HolesParams { open, shut, loses }) = (site.input(&[Element::F32])?, self);
        let output = port.then(Element::F32, port.shape.clone(), Role::FEATURES);
        let make = move || Ok(node(Holes::new(open, shut, loses)));
        Ok(Written::boxed(Some(output), Cost::default(), make, move |site| {
            Ok(code(site, "Holes", format!("Holes::new({open}, {shut}, {loses})")))
        }))
    }
}

/// The stage of `holes`.
pub struct Holes {
    open: u64,
    shut: u64,
    loses: u64,
    fired: u64,
}

impl Holes {
    pub const fn new(open: u64, shut: u64, loses: u64) -> Self {
        Holes { open, shut, loses, fired: 0 }
    }
}

impl Stage for Holes {
    type In = f32;
    type Out = f32;

    fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
        let place = self.fired % (self.open + self.shut);
        self.fired += 1;
        if place < self.open {
            output.copy_from_slice(&input);
            return Ok(Flow::Emit);
        }
        // What a stage leaves behind when it writes nothing is not to be seen by anybody.
        output.fill(f32::NAN);
        let last = place + 1 == self.open + self.shut;
        Ok(if self.loses > 0 && last { Flow::Lost(self.loses) } else { Flow::Idle })
    }

    fn restart(&mut self) {
        self.fired = 0;
    }
}

/// A gate: passes a block while the newest by the second input is not too old and its first item's lowest bits are high.
#[derive(Serialize, Deserialize, JsonSchema)]
struct DoorParams {
    on: u64,
    within: u64,
}

impl Kind for DoorParams {
    const NAME: &'static str = "door";
    const INPUTS: RangeInclusive<usize> = 2..=2;

    fn design(self, site: &Site<'_>) -> Designed {
        let (port, DoorParams { on, within }) = (site.input(&[Element::F32])?, self);
        let output = port.then(Element::F32, port.shape.clone(), port.role.clone());
        let make = move || Ok(node(Door::new(on, within)));
        Ok(Written::boxed(Some(output), Cost::default(), make, move |site| {
            Ok(code(site, "Door", format!("Door::new({on}, {within})")))
        }))
    }
}

/// The stage of `door`.
pub struct Door {
    on: u64,
    within: u64,
}

impl Door {
    pub const fn new(on: u64, within: u64) -> Self {
        Door { on, within }
    }
}

impl Stage for Door {
    type In = (f32, f32);
    type Out = f32;

    fn process(
        &mut self,
        (block, latest): (Block<'_, f32>, Option<Block<'_, f32>>),
        output: &mut [f32],
    ) -> Result<Flow, StageFault> {
        let opens = |latest: &Block<'_, f32>| {
            (latest[0] as u64 / 3) % 8 >= self.on && block.at - latest.at <= self.within
        };
        if !latest.as_ref().is_some_and(opens) {
            return Ok(Flow::Idle);
        }
        output.copy_from_slice(&block);
        Ok(Flow::Emit)
    }
}

/// A join of two: the first item of both, when the second was complete, and blocks since a gap.
#[derive(Serialize, Deserialize, JsonSchema)]
struct PairParams {}

impl Kind for PairParams {
    const NAME: &'static str = "pair";
    const INPUTS: RangeInclusive<usize> = 2..=2;

    fn design(self, site: &Site<'_>) -> Designed {
        let output = site.inputs[0].then(Element::F32, vec![4], Role::FEATURES);
        Ok(Written::boxed(
            Some(output),
            Cost::default(),
            || Ok(node(Pair::new())),
            |site| Ok(code(site, "Pair", "Pair::new()".to_owned())),
        ))
    }
}

/// The stage of `pair`.
pub struct Pair {
    fired: f32,
}

impl Pair {
    pub const fn new() -> Self {
        Pair { fired: 0.0 }
    }
}

impl Stage for Pair {
    type In = (f32, f32);
    type Out = f32;

    fn process(
        &mut self,
        (first, second): (Block<'_, f32>, Option<Block<'_, f32>>),
        output: &mut [f32],
    ) -> Result<Flow, StageFault> {
        self.fired += 1.0;
        let (at, item) = about(second);
        output.copy_from_slice(&[first[0], at, item, self.fired]);
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.fired = 0.0;
    }
}

/// When a block was complete, and its first item.
fn about(block: Option<Block<'_, f32>>) -> (f32, f32) {
    block.map_or((-1.0, 0.0), |block| (block.at as f32, block[0]))
}

/// A join of three.
#[derive(Serialize, Deserialize, JsonSchema)]
struct ThreeParams {}

impl Kind for ThreeParams {
    const NAME: &'static str = "three";
    const INPUTS: RangeInclusive<usize> = 3..=3;

    fn design(self, site: &Site<'_>) -> Designed {
        let output = site.inputs[0].then(Element::F32, vec![6], Role::FEATURES);
        Ok(Written::boxed(
            Some(output),
            Cost::default(),
            || Ok(node(Three::new())),
            |site| Ok(code(site, "Three", "Three::new()".to_owned())),
        ))
    }
}

/// The stage of `three`.
pub struct Three {
    fired: f32,
}

impl Three {
    pub const fn new() -> Self {
        Three { fired: 0.0 }
    }
}

impl Stage for Three {
    type In = (f32, f32, f32);
    type Out = f32;

    fn process(
        &mut self,
        (first, second, third): kws_engine::Read<'_, Self::In>,
        output: &mut [f32],
    ) -> Result<Flow, StageFault> {
        self.fired += 1.0;
        let ((b_at, b), (c_at, c)) = (about(second), about(third));
        output.copy_from_slice(&[first[0], b_at, b, c_at, c, self.fired]);
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.fired = 0.0;
    }
}

/// Fails after so many blocks.
#[derive(Serialize, Deserialize, JsonSchema)]
struct FrailParams {
    lasts: u64,
}

impl Kind for FrailParams {
    const NAME: &'static str = "frail";

    fn design(self, site: &Site<'_>) -> Designed {
        let port = site.input(&[Element::F32])?;
        let output = port.then(Element::F32, port.shape.clone(), port.role.clone());
        let lasts = self.lasts;
        Ok(Written::boxed(
            Some(output),
            Cost::default(),
            move || Ok(node(Frail::new(lasts))),
            move |site| Ok(code(site, "Frail", format!("Frail::new({lasts})"))),
        ))
    }
}

/// The stage of `frail`, which is harder to begin anew each time.
pub struct Frail {
    lasts: u64,
    fired: u64,
    tries: u64,
}

impl Frail {
    pub const fn new(lasts: u64) -> Self {
        Frail { lasts, fired: 0, tries: 0 }
    }
}

impl Stage for Frail {
    type In = f32;
    type Out = f32;

    fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
        self.fired += 1;
        output.fill(f32::NAN);
        if self.fired > self.lasts {
            return Err(StageFault::new("it has lasted long enough"));
        }
        output.copy_from_slice(&input);
        Ok(Flow::Emit)
    }

    fn recover(&mut self) -> Result<(), StageFault> {
        self.tries += 1;
        self.fired = 0;
        if self.tries % 3 == 2 { Err(StageFault::new("not yet")) } else { Ok(()) }
    }

    fn restart(&mut self) {
        *self = Frail::new(self.lasts);
    }
}

/// An event for each block whose first item is no multiple of a number.
#[derive(Serialize, Deserialize, JsonSchema)]
struct MarkParams {
    not: u64,
}

impl Kind for MarkParams {
    const NAME: &'static str = "mark";

    fn design(self, site: &Site<'_>) -> Designed {
        let port = site.input(&[Element::F32])?;
        let output = port.then(Element::Event, vec![2], Role::EVENTS);
        let not = self.not;
        Ok(Written::boxed(
            Some(output),
            Cost::default(),
            move || Ok(node(Mark::new(not))),
            move |site| Ok(code(site, "Mark", format!("Mark::new({not})"))),
        ))
    }
}

/// The stage of `mark`: events come at two places by turns.
pub struct Mark {
    not: u64,
    count: u64,
}

impl Mark {
    pub const fn new(not: u64) -> Self {
        Mark { not, count: 0 }
    }
}

impl Stage for Mark {
    type In = f32;
    type Out = Event;

    fn process(&mut self, input: Block<'_, f32>, output: &mut [Event]) -> Result<Flow, StageFault> {
        let number = input[0].abs() as u64;
        output.fill(Event::NONE);
        if number.is_multiple_of(self.not) {
            return Ok(Flow::Skip);
        }
        self.count += 1;
        let start = input.at.saturating_sub(self.count);
        output[self.count as usize % 2] = Event { label: 0, point: 0, score: input[0], start, end: input.at };
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.count = 0;
    }
}

/// What events are, in numbers.
#[derive(Serialize, Deserialize, JsonSchema)]
struct AboutParams {}

impl Kind for AboutParams {
    const NAME: &'static str = "about";

    fn design(self, site: &Site<'_>) -> Designed {
        let output = site.input(&[Element::Event])?.then(Element::F32, vec![6], Role::FEATURES);
        Ok(Written::boxed(
            Some(output),
            Cost::default(),
            || Ok(node(About)),
            |site| Ok(code(site, "About", "About".to_owned())),
        ))
    }
}

/// The stage of `about`.
pub struct About;

impl Stage for About {
    type In = Event;
    type Out = f32;

    fn process(&mut self, input: Block<'_, Event>, output: &mut [f32]) -> Result<Flow, StageFault> {
        for (to, event) in output.chunks_exact_mut(3).zip(input.items) {
            let numbers = [event.score, event.start as f32, event.end as f32];
            to.copy_from_slice(if event.is_some() { &numbers } else { &[-1.0; 3] });
        }
        Ok(Flow::Emit)
    }
}

/// Keeps every block.
#[derive(Serialize, Deserialize, JsonSchema)]
struct KeepParams {}

impl Kind for KeepParams {
    const NAME: &'static str = "keep";

    fn design(self, site: &Site<'_>) -> Designed {
        let name = site.name.to_owned();
        let make = move || Ok(node(Keep::new(name.clone().leak())));
        Ok(Written::boxed(None, Cost::default(), make, |site| {
            Ok(code(site, "Keep", format!("Keep::new({:?})", site.name)))
        }))
    }
}

/// The stage of `keep`.
pub struct Keep(&'static str);

impl Keep {
    pub const fn new(name: &'static str) -> Self {
        Keep(name)
    }
}

impl Stage for Keep {
    type In = f32;
    type Out = ();

    fn process(&mut self, input: Block<'_, f32>, (): ()) -> Result<Flow, StageFault> {
        note(self.0, Seen::Block(0, input.at, input.to_vec()));
        Ok(Flow::Skip)
    }

    fn reset(&mut self) {
        note(self.0, Seen::Reset);
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        note(self.0, Seen::Finish);
        Ok(())
    }
}

/// Merges its inputs and keeps every block.
#[derive(Serialize, Deserialize, JsonSchema)]
struct KeepAllParams {}

impl Kind for KeepAllParams {
    const NAME: &'static str = "keep_all";
    const INPUTS: RangeInclusive<usize> = 1..=9;

    fn design(self, site: &Site<'_>) -> Designed {
        let name = site.name.to_owned();
        let make = move || Ok(node(KeepAll::new(name.clone().leak())));
        Ok(Written::boxed(None, Cost::default(), make, |site| {
            Ok(code(site, "KeepAll", format!("KeepAll::new({:?})", site.name)).fires(Firing::Each))
        }))
    }
}

/// The stage of `keep_all`.
pub struct KeepAll(&'static str);

impl KeepAll {
    pub const fn new(name: &'static str) -> Self {
        KeepAll(name)
    }
}

impl Stage for KeepAll {
    type In = Any<f32>;
    type Out = ();

    fn process(&mut self, (which, block): (usize, Block<'_, f32>), (): ()) -> Result<Flow, StageFault> {
        note(self.0, Seen::Block(which, block.at, block.to_vec()));
        Ok(Flow::Skip)
    }

    fn reset(&mut self) {
        note(self.0, Seen::Reset);
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        note(self.0, Seen::Finish);
        Ok(())
    }
}
