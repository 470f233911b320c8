//! The kind `resize`.

use kws_engine::firmware::{self, Code};
use kws_engine::{Block, Cost, Design, DesignError, Element, Flow, Kind, Role, Site, Stage, StageFault};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Accumulator, Area, Bilinear, Scaling, ratio};
use crate::resolved::{Emit, Resolved};
use crate::vision::Size;

/// The most that exact sums in 32 bits allow, in pixels of the least whole numbers of both ratios.
const MOST: u64 = 1 << 24;

/// Resizes images by area averaging or interpolation. Exact, and so identical on every machine.
///
/// # Reads
/// `image` u8 `[height, width, channels]`.
///
/// # Writes
/// `image` u8 `[new height, new width, channels]`, one for each.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ResizeParams {
    /// Width of the output.
    #[schemars(range(min = 1, max = 16_384), extend("unit" = "pixels"))]
    pub width: usize,
    /// Height of the output.
    #[schemars(range(min = 1, max = 16_384), extend("unit" = "pixels"))]
    pub height: usize,
    /// Resampling method.
    #[serde(default)]
    pub method: Method,
}

/// Resampling method.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// The mean of all that it covers.
    #[default]
    Area,
    /// Between the four nearest.
    Bilinear,
}

impl Emit for Bilinear {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut code = Code::new(site);
        for name in ["Bilinear", "Scaling", "Size"] {
            code.uses(&format!("kws_stages::vision::{name}"));
        }
        Ok(code.is("Bilinear", format!("{self:?}")))
    }
}

impl<A: Accumulator> Emit for Area<A, Vec<A>> {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut code = Code::new(site);
        for name in ["Area", "Scaling", "Size"] {
            code.uses(&format!("kws_stages::vision::{name}"));
        }
        let sums = code.lend("sums", "a row of sums.", A::NAME, self.sums.len(), "0");
        let value = format!("Area::new({:?}, {})", self.scaling, sums.value);
        Ok(code.is(format!("Area<{}, {}>", A::NAME, sums.of), value))
    }
}

impl Kind for ResizeParams {
    const NAME: &'static str = "resize";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let (input, from) = Size::read_by(site)?;
        let scaling = Scaling { from, height: self.height, width: self.width };
        let resizer = Resizer::new(scaling, self.method).map_err(|text| DesignError::of("width", text))?;
        let to = scaling.to();
        let output = input.then(Element::U8, to.shape(), Role::IMAGE);
        let (state, items) = match &resizer {
            Resizer::Narrow(_) => (2 * from.row(), from.items()),
            Resizer::Wide(_) => (4 * from.row(), from.items()),
            Resizer::Bilinear(_) => (0, 4 * to.items()),
        };
        let cost = Cost { macs: items as u64, state, tables: 0 };
        Ok(match resizer {
            Resizer::Narrow(stage) => Resolved { output, cost, stage }.boxed(),
            Resizer::Wide(stage) => Resolved { output, cost, stage }.boxed(),
            Resizer::Bilinear(stage) => Resolved { output, cost, stage }.boxed(),
        })
    }
}

/// Any way to resize, with memory of its own: for those who resize images outside a pipeline.
#[derive(Clone, Debug)]
pub enum Resizer {
    /// By area, sums in 16 bits.
    Narrow(Area<u16, Vec<u16>>),
    /// By area, sums in 32 bits.
    Wide(Area<u32, Vec<u32>>),
    /// By interpolation.
    Bilinear(Bilinear),
}

impl Resizer {
    /// The stage that resizes so.
    ///
    /// # Errors
    /// A text when 32 bits do not hold the sums.
    pub fn new(scaling: Scaling, method: Method) -> Result<Self, String> {
        let Scaling { from, height, width } = scaling;
        let (down, across) = (ratio(from.height, height), ratio(from.width, width));
        let weights = match method {
            Method::Area => u64::from(down.0) * u64::from(across.0),
            Method::Bilinear => 4 * u64::from(down.1) * u64::from(across.1),
        };
        if weights > MOST {
            return Err(format!(
                "found {}×{} of {}×{}, whose exact sums need more than 32 bits; expected a simpler ratio",
                width, height, from.width, from.height
            ));
        }
        Ok(match method {
            Method::Bilinear => Resizer::Bilinear(Bilinear(scaling)),
            Method::Area if Area::<u16, ()>::rows(scaling) <= u16::ROWS => {
                Resizer::Narrow(Area::new(scaling, vec![0; from.row()]))
            }
            Method::Area => Resizer::Wide(Area::new(scaling, vec![0; from.row()])),
        })
    }

    /// Resizes one image.
    ///
    /// # Errors
    /// When one of the two is of another size.
    pub fn resize(&mut self, from: &[u8], to: &mut [u8]) -> Result<(), StageFault> {
        let block = Block { at: 0, items: from };
        let flow: Result<Flow, StageFault> = match self {
            Resizer::Narrow(stage) => stage.process(block, to),
            Resizer::Wide(stage) => stage.process(block, to),
            Resizer::Bilinear(stage) => stage.process(block, to),
        };
        flow.map(|_| ())
    }
}
