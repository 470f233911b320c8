//! `tap`: what passes by an edge.

use kws_engine::firmware::{self, Code};
use kws_engine::{Design, DesignError, Kind, Node, Port, Site, StageFault};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Counts and hashes what it reads, and tells of it at the end; with the firmware's argument `taps=FOLDER`, writes it to
/// the host's file `FOLDER/STAGE.raw`, named after where the blocks come from: items one after the other, lowest byte
/// first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct TapParams {}

impl Kind for TapParams {
    const NAME: &'static str = "tap";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        Ok(Box::new(Tap { item: site.inputs[0].element.name(), from: site.from[0].clone() }))
    }
}

struct Tap {
    item: &'static str,
    from: String,
}

impl Design for Tap {
    fn output(&self) -> Option<Port> {
        None
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        Err(StageFault::new("only the emulated machines have taps"))
    }

    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut code = Code::new(site);
        code.uses("kws_qemu::tap::Tap");
        let output = code.give("output", "crate::Output");
        let (of, value) = (
            format!("Tap<{}, {}>", self.item, output.of),
            format!("Tap::new({:?}, {})", self.from, output.value),
        );
        Ok(code.is(of, value))
    }
}
