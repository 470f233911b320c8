//! The kind `colour`.

use kws_engine::firmware::{self, Code};
use kws_engine::{Cost, Design, DesignError, Element, Kind, Role, Site, Trace};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Colour, Conversion};
use crate::resolved::{Emit, Resolved};
use crate::vision::Size;

/// Roles of the raw formats that cameras write, u8 `[height, width, 2]`.
pub mod raw {
    use kws_engine::Role;

    /// Two pixels in four bytes: Y U Y V.
    pub const YUYV: Role = Role::new("yuyv");
    /// A pixel in two bytes of 5, 6 and 5 bits, high byte first.
    pub const RGB565: Role = Role::new("rgb565");
    /// A pixel in two bytes of 5, 6 and 5 bits, low byte first.
    pub const RGB565_LE: Role = Role::new("rgb565le");
}

/// Converts images to grey or RGB, from each other or from the raw formats of cameras.
///
/// # Reads
/// u8: `image` `[height, width, 1]` or `[height, width, 3]`; or, as cameras write them, `[height, width, 2]` of the role
/// `yuyv` (two pixels: Y U Y V), `rgb565` (high byte first, as sensors send it) or `rgb565le` (low byte first, as
/// computers store it).
///
/// # Writes
/// `image` u8 `[height, width, 1]` or `[height, width, 3]`, one for each.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ColourParams {
    /// Output colours.
    pub to: Palette,
}

/// The channels of an image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Palette {
    /// One channel.
    Grey,
    /// Red, green and blue.
    #[default]
    Rgb,
}

impl Palette {
    /// Values of a pixel.
    pub const fn channels(self) -> usize {
        match self {
            Palette::Grey => 1,
            Palette::Rgb => 3,
        }
    }
}

impl Emit for Colour {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut code = Code::new(site);
        code.uses("kws_stages::vision::Colour");
        code.uses("kws_stages::vision::Conversion");
        Ok(code.is("Colour", format!("Colour(Conversion::{:?})", self.0)))
    }
}

impl Kind for ColourParams {
    const NAME: &'static str = "colour";
    const TRACE: Trace = Trace::Conditioning;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let input = site.input(&[Element::U8])?;
        let (conversion, height, width) = match (&input.role, &input.shape[..]) {
            (role, &[height, width, 2]) if *role != Role::IMAGE => {
                (from_raw(role, width, self.to).ok_or_else(|| unknown(site))?, height, width)
            }
            _ => {
                let (_, size) = Size::read_by(site).map_err(|_| unknown(site))?;
                let conversion = match (size.channels, self.to) {
                    (3, Palette::Grey) => Some(Conversion::RgbToGrey),
                    (1, Palette::Rgb) => Some(Conversion::GreyToRgb),
                    _ => None,
                };
                let conversion = conversion.ok_or_else(|| {
                    DesignError::of(
                        "to",
                        format!("`{}` writes {input}, which already has that format", site.from[0]),
                    )
                    .help("remove the stage")
                })?;
                (conversion, size.height, size.width)
            }
        };
        let size = Size { height, width, channels: self.to.channels() };
        let output = input.then(Element::U8, size.shape(), Role::IMAGE);
        let cost = Cost { macs: (3 * height * width) as u64, ..Cost::default() };
        Ok(Resolved { output, cost, stage: Colour(conversion) }.boxed())
    }
}

fn from_raw(role: &Role, width: usize, to: Palette) -> Option<Conversion> {
    let (rgb, grey) = match () {
        () if *role == raw::YUYV && width.is_multiple_of(2) => {
            (Conversion::YuyvToRgb, Conversion::YuyvToGrey)
        }
        () if *role == raw::RGB565 => (Conversion::Rgb565ToRgb, Conversion::Rgb565ToGrey),
        () if *role == raw::RGB565_LE => (Conversion::Rgb565LeToRgb, Conversion::Rgb565LeToGrey),
        () => return None,
    };
    Some(match to {
        Palette::Rgb => rgb,
        Palette::Grey => grey,
    })
}

fn unknown(site: &Site<'_>) -> DesignError {
    let (port, from) = (&site.inputs[0], &site.from[0]);
    let message = format!(
        "`{from}` writes {port}, expected images: image u8[height×width×1] or [height×width×3], or yuyv (of even width), \
         rgb565 or rgb565le u8[height×width×2]"
    );
    DesignError::of("input", message)
}
