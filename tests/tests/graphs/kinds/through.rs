//! One block in, one out, or none.

use kws_engine::{Block, Cost, Element, Flow, Kind, Port, Role, Site, Stage, StageFault, Written, node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Designed, code};

/// Doubles.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct GainParams {}

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
pub(super) struct EveryParams {
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
pub(super) struct HolesParams {
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

/// Fails after so many blocks.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct FrailParams {
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
