//! `match`, of a word that is enrolled in the page.

use std::path::PathBuf;

use kws_engine::firmware::{self, Code};
use kws_engine::{
    Design, DesignError, Element, Kind, Node, OperatingPoint, Port, Quant, Role, Site, StageFault,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::WORD;

/// Scores how alike an embedding is to the word that was enrolled in the page.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Enrolled {
    /// Where the pipeline runs elsewhere, the enrolled word's file. The page brings its own.
    words: Vec<PathBuf>,
}

impl Kind for Enrolled {
    const NAME: &'static str = "match";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let input = site.input_as(&[Element::I8], &[Role::EMBEDDING])?;
        // The page says from which cosine on it counts as heard.
        let point = OperatingPoint {
            name: "default".to_owned(),
            label: WORD.to_owned(),
            on: 1.0,
            off: None,
            curve: Vec::new(),
        };
        let port = Port {
            quant: Some(Quant { scale: 1.0 / 255.0, zero_point: i32::from(i8::MIN) }),
            labels: vec![WORD.to_owned()],
            calibrated: vec![point],
            ..input.then(Element::I8, vec![1], Role::POSTERIOR)
        };
        Ok(Box::new(Match(port)))
    }
}

struct Match(Port);

impl Design for Match {
    fn output(&self) -> Option<Port> {
        Some(self.0.clone())
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        Err(StageFault::new("only pages enrol words"))
    }

    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        Ok(Code::new(site).is("crate::enrolled::Enrolled", "crate::enrolled::Enrolled"))
    }
}
