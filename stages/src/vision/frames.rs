//! What sources of images write.

use kws_engine::{Element, Port, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fit, Palette, Size};

/// Ticks in a second of sources of images: microseconds.
pub const CLOCK: u32 = 1_000_000;

/// What a source of images writes: the parameters that all of them share.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Frames {
    /// Width of the output images; by default that of the input.
    #[serde(default)]
    #[schemars(range(min = 1, max = 4096), extend("unit" = "pixels"))]
    pub width: Option<usize>,
    /// Height of the output images; by default that of the input.
    #[serde(default)]
    #[schemars(range(min = 1, max = 4096), extend("unit" = "pixels"))]
    pub height: Option<usize>,
    /// How to fit an image with another aspect ratio.
    #[serde(default)]
    pub fit: Fit,
    /// Colours of the output images.
    #[serde(default)]
    pub colour: Palette,
}

impl Frames {
    /// The size of what is written, of images whose own size is this.
    pub fn size(&self, own: Size) -> Size {
        Size {
            height: self.height.unwrap_or(own.height),
            width: self.width.unwrap_or(own.width),
            channels: self.colour.channels(),
        }
    }

    /// The port of a source that writes images of a size, so many in a second.
    pub fn port(size: Size, fps: f64) -> Port {
        let period = ((f64::from(CLOCK) / fps).round() as u64).max(1);
        Port::source(Element::U8, size.shape(), Role::IMAGE, CLOCK, period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_rate_is_a_period_in_microseconds() {
        let size = Size { height: 1, width: 1, channels: 1 };
        assert_eq!(Frames::port(size, 30.0).period, 33_333);
        assert_eq!(Frames::port(size, 0.5).period, 2_000_000);
    }
}
