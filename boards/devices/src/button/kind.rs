//! The kind `button`.

use kws_engine::firmware::Code;
use kws_engine::{Cost, Design, DesignError, Kind, Port, Site, Trace};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Mode;
use crate::Active;
use crate::on_board::{OnBoard, item, pin};

/// Passes a stream on while a button is pressed, or toggles it with each press.
///
/// # Reads, writes
/// Any stream; it passes unchanged, block by block.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ButtonParams {
    /// The button, as the board's page calls it: `button` is the firmware's `Switch::Button`.
    pub pin: String,
    /// What a press does.
    pub mode: Mode,
    /// The level at which it is pressed.
    pub active: Active,
    /// Time that it must be pressed, or released, to count.
    #[schemars(range(min = 0.0, max = 1000.0), extend("unit" = "ms"))]
    pub debounce_ms: f64,
    /// When it is pressed, on a computer; by default the Enter key of its terminal presses and releases it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presses: Option<Vec<Press>>,
}

/// A stretch of the stream in which a button is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Press {
    /// When it is pressed.
    #[schemars(range(min = 0.0), extend("unit" = "ms"))]
    pub at_ms: f64,
    /// How long.
    #[schemars(range(min = 0.0), extend("unit" = "ms"))]
    pub length_ms: f64,
}

impl ButtonParams {
    /// Blocks in a row at which the button must read otherwise to count, in a stream.
    pub fn steady(&self, stream: &Port) -> u32 {
        stream.ticks(self.debounce_ms).div_ceil(stream.period.max(1)).max(1) as u32
    }
}

impl Default for ButtonParams {
    fn default() -> Self {
        ButtonParams {
            pin: "button".to_owned(),
            mode: Mode::Hold,
            active: Active::Low,
            debounce_ms: 20.0,
            presses: None,
        }
    }
}

impl Kind for ButtonParams {
    const NAME: &'static str = "button";
    const TRACE: Trace = Trace::Unseen;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let input = site.inputs[0].clone();
        let pin = pin("Switch", &self.pin)?;
        let (element, period, steady) = (input.element, input.period, self.steady(&input));
        let Self { mode, active, .. } = self;
        let cost = Cost { state: 32, ..Cost::default() };
        Ok(OnBoard::boxed(Some(input), cost, move |site| {
            let mut code = Code::new(site);
            let of = format!("Button<{}, crate::Switch>", item(element, &mut code));
            ["kws_devices::Active", "kws_devices::Button", "kws_devices::Mode"]
                .iter()
                .for_each(|path| code.uses(path));
            let value = format!("Button::new({pin}, Active::{active:?}, Mode::{mode:?}, {steady}, {period})");
            code.is(of, value)
        }))
    }
}
