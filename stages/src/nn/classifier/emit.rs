//! The classifier on a board: its model, planned for the kernels of the board's core.

use kws_engine::DesignError;
use kws_engine::firmware::{Code, EmitSite, Item, Start, Work};

use super::kind::Resolved;
use crate::nn::kernels::KernelSet;
use crate::nn::{Model, kernels_code, model_code};

/// The model's plan as it is held by firmware.
const PLAN: &str = "&'static [Op], &'static [i8], &'static [i32]";

impl Resolved {
    /// The stage on a board.
    pub(super) fn code(&self, site: &EmitSite<'_>) -> Result<Code, DesignError> {
        let model = self.open(&site.board.core.kernels)?;
        let mut code = Code::new(site).works(Work::Model);
        code.uses("kws_stages::nn::op::Op");
        code.uses("kws_stages::nn::classifier::Classifier");
        let plan = plan(&model, &mut code);
        let kernels = code.absorb(kernels_code(&model));
        let bytes = model.arena_bytes();
        code.uses("kws_stages::nn::Arena");
        let (of, first) = (format!("Arena<{bytes}>"), "Arena::new()".to_owned());
        let arena = code.lend_as("arena", "its variables, and space to work in.", of, first, bytes);
        let quantise = self.quantise.expression(&mut code);
        let item = self.features.name();
        let types = format!("{item}, {}, {PLAN}, {}", kernels.of, arena.of);
        let parts = format!("{plan}, {}, {}, {quantise}, {}", kernels.value, arena.value, self.offset);
        if !model.plan().start.is_empty() {
            code.start = Start::Reset;
        }
        let Some(pace) = self.pace else {
            return Ok(code.is(format!("Classifier<{types}>"), format!("Classifier::new({parts})")));
        };
        code.uses("kws_stages::nn::classifier::FrameClassifier");
        code.uses("kws_stages::nn::classifier::Pace");
        let value = format!("FrameClassifier::new(Classifier::new({parts}), {pace:?})");
        Ok(code.is(format!("FrameClassifier<{types}>"), value))
    }

    /// The model, planned for these kernels.
    fn open(&self, kernels: &str) -> Result<Model, DesignError> {
        let refused =
            |why: String| DesignError::of("model", format!("cannot write `{}`: {why}", self.path.display()));
        let set = KernelSet::named(kernels).ok_or_else(|| refused(format!("no kernels `{kernels}`")))?;
        let model = match self.frames {
            Some((frame, hop)) => Model::open_streaming_for(&self.file, frame, hop, set),
            None => Model::open_for(&self.file, set),
        };
        model.map_err(|error| refused(error.to_string()))
    }
}

/// Adds the plan to the stage's items; an expression of it.
fn plan(model: &Model, code: &mut Code) -> String {
    let plan = model_code(model, "");
    code.item_uses.extend(plan.uses);
    code.items.extend(plan.items);
    let part = code.item(Item {
        about: "The model's plan.".to_owned(),
        name: "PLAN".to_owned(),
        of: plan.of,
        value: plan.value,
        bytes: 56,
    });
    part.value.trim_start_matches('&').to_owned()
}
