//! `tap`: hands the blocks of a stage to the page.

use kws_engine::firmware::{self, Code};
use kws_engine::{Design, DesignError, Kind, Node, Port, Site, StageFault};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Keeps the blocks that it reads, for a page that asks for them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct TapParams {}

impl Kind for TapParams {
    const NAME: &'static str = "tap";

    fn design(self, _: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        Ok(Box::new(Tap))
    }
}

struct Tap;

impl Design for Tap {
    fn output(&self) -> Option<Port> {
        None
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        Err(StageFault::new("only pages have taps"))
    }

    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let (port, from) = (&site.inputs[0], &site.from[0]);
        let of = format!("crate::tap::Tap<{}>", port.element.name());
        let value = format!("crate::tap::Tap::new({from:?}, {})", port.clock);
        Ok(Code::new(site).is(of, value))
    }
}
