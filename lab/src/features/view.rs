//! The source that stands before a front end of images: it states what they are, and is never fired.

use anyhow::Result;
use kws_engine::{
    Cost, Design, DesignError, Element, Flow, Kind, Port, Role, Simple, Site, Stage, StageFault, node,
};
use kws_stages::vision::{Fit, Size};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a model is shown: RGB images of one size, handed over one by one.
///
/// A pipeline's source of images has parameters of the same names, and makes the same of a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Width of the images.
    #[schemars(range(min = 1, max = 4096), extend("unit" = "pixels"))]
    pub width: usize,
    /// Height of the images.
    #[schemars(range(min = 1, max = 4096), extend("unit" = "pixels"))]
    pub height: usize,
    /// How an image of another shape is made to fit.
    #[serde(default)]
    pub fit: Fit,
}

impl View {
    /// Ticks per second of sources of images.
    pub const CLOCK: u32 = 1_000_000;

    /// The extent of the images.
    #[must_use]
    pub fn size(self) -> Size {
        Size { height: self.height, width: self.width, channels: 3 }
    }

    /// The source's table in a pipeline.
    pub(super) fn source(self) -> Result<toml::Table> {
        let mut table = toml::Table::try_from(self)?;
        table.insert("kind".to_owned(), Self::NAME.into());
        Ok(table)
    }
}

struct Unseen;

impl Stage for Unseen {
    type In = ();
    type Out = u8;

    fn process(&mut self, (): (), _: &mut [u8]) -> Result<Flow, StageFault> {
        Ok(Flow::End)
    }
}

impl Kind for View {
    const NAME: &'static str = "view";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, _: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let port = Port::source(Element::U8, self.size().shape(), Role::IMAGE, Self::CLOCK, 1);
        Ok(Simple::boxed(Some(port), Cost::default(), || Ok(node(Unseen))))
    }
}
