//! The kind `led`.

use kws_engine::firmware::Code;
use kws_engine::{Cost, Design, DesignError, Element, Kind, Role, Site, nearest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Shown;
use crate::Active;
use crate::on_board::{OnBoard, item, pin};

/// Lights an LED when an event comes, for a while.
///
/// `inputs` are a steady stream, whose ticks are the time, and the events.
///
/// # Reads
/// First any steady stream, whose ticks are the time; then `events`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LedParams {
    /// The LED, as the board's page calls it: `red` is the firmware's `Light::Red`. A computer draws it, in the colour of its name.
    pub pin: String,
    /// The label that it shows; by default any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Time that it shines after an event.
    #[schemars(range(min = 1.0, max = 600_000.0), extend("unit" = "ms"))]
    pub hold_ms: f64,
    /// The level at which it shines.
    pub active: Active,
}

impl Default for LedParams {
    fn default() -> Self {
        LedParams { pin: "led".to_owned(), label: None, hold_ms: 1000.0, active: Active::High }
    }
}

/// What an LED's parameters come to where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LitBy {
    /// Which events it shows.
    pub shown: Shown,
    /// Ticks that it shines after one.
    pub hold: u64,
}

impl LedParams {
    /// What the parameters come to where the LED stands.
    ///
    /// # Errors
    /// When the second input carries no events, or none with the label.
    pub fn lit_by(&self, site: &Site<'_>) -> Result<LitBy, DesignError> {
        let [time, events] = site.inputs else { return Err(DesignError::new("expected two inputs")) };
        if events.element != Element::Event || events.role != Role::EVENTS {
            let found = format!("`{}` writes {events}, expected events", site.from[1]);
            return Err(DesignError::of("inputs", found)
                .help("put a steady stream first, then a `trigger`: `inputs = [\"smooth\", \"trigger\"]`"));
        }
        Ok(LitBy { shown: self.shown(&events.labels)?, hold: time.ticks(self.hold_ms) })
    }

    fn shown(&self, labels: &[String]) -> Result<Shown, DesignError> {
        let Some(name) = &self.label else { return Ok(Shown::Any) };
        if let Some(index) = labels.iter().position(|label| label == name) {
            return Ok(Shown::Label(index as u16));
        }
        let known: Vec<&str> = labels.iter().map(String::as_str).collect();
        let help = match nearest(name, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("available: `{}`", known.join("`, `")),
        };
        Err(DesignError::of("label", format!("found `{name}`, expected a label of the events")).help(help))
    }
}

impl Kind for LedParams {
    const NAME: &'static str = "led";
    const INPUTS: std::ops::RangeInclusive<usize> = 2..=2;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let LitBy { shown, hold } = self.lit_by(site)?;
        let (pin, element, active) = (pin("Light", &self.pin)?, site.inputs[0].element, self.active);
        let cost = Cost { state: 32, ..Cost::default() };
        Ok(OnBoard::boxed(None, cost, move |site| {
            let mut code = Code::new(site);
            let of = format!("Led<{}, crate::Light>", item(element, &mut code));
            ["kws_devices::Active", "kws_devices::Led", "kws_devices::Shown"]
                .iter()
                .for_each(|path| code.uses(path));
            code.is(of, format!("Led::new({pin}, Active::{active:?}, Shown::{shown:?}, {hold})"))
        }))
    }
}
