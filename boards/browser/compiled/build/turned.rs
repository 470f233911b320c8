//! `trigger`, with scores that a page can move.

use kws_engine::firmware::{self, Code};
use kws_engine::{Cost, Design, DesignError, Kind, Node, Port, Site, StageFault};
use kws_stages::decide::TriggerParams;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Turns posteriors into events.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Turned(TriggerParams);

impl Kind for Turned {
    const NAME: &'static str = TriggerParams::NAME;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        Ok(Box::new(Trigger(self.0.design(site)?)))
    }
}

struct Trigger(Box<dyn Design>);

impl Design for Trigger {
    fn output(&self) -> Option<Port> {
        self.0.output()
    }

    fn cost(&self) -> Cost {
        self.0.cost()
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        self.0.build()
    }

    /// The trigger's own code, whose table of watches is one that can be written to.
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut code = self.0.emit(site)?;
        let watches = code.items.iter_mut().find(|item| item.of.starts_with("[Watch; "));
        let watches = watches.ok_or_else(|| DesignError::new("the trigger has no table of watches"))?;
        let of = watches.of.replace("[Watch; ", "crate::turned::Watches<").replace(']', ">");
        code.of = code.of.replace(&watches.of, &of);
        watches.value = format!("crate::turned::Watches::new({})", watches.value);
        watches.of = of;
        Ok(code)
    }
}
