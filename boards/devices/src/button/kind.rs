//! The kind `button`.

use kws_engine::firmware::Code;
use kws_engine::{Cost, Design, DesignError, Kind, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Mode;
use crate::Active;
use crate::on_board::{OnBoard, item, pin};

/// Passes a stream on while a button is pressed, or toggles it with each press.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ButtonParams {
    /// The button, as the board's page calls it: `button` is the firmware's `Switch::Button`.
    pin: String,
    /// What a press does.
    mode: Mode,
    /// The level at which it is pressed.
    active: Active,
    /// Time that it must be pressed, or released, to count.
    #[schemars(range(min = 0.0, max = 1000.0), extend("unit" = "ms"))]
    debounce_ms: f64,
}

impl Default for ButtonParams {
    fn default() -> Self {
        ButtonParams { pin: "button".to_owned(), mode: Mode::Hold, active: Active::Low, debounce_ms: 20.0 }
    }
}

impl Kind for ButtonParams {
    const NAME: &'static str = "button";
    const TRACELESS: bool = true;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let input = site.inputs[0].clone();
        let pin = pin("Switch", &self.pin)?;
        let (element, period) = (input.element, input.period);
        let steady = input.ticks(self.debounce_ms).div_ceil(period.max(1)).max(1);
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
