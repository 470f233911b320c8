//! From a camera's images to what a classifier looks at. All arithmetic is of whole numbers, so that every machine
//! computes the same image.

mod colour;
mod crop;
mod exposure;
#[cfg(feature = "image")]
pub mod file;
#[cfg(feature = "std")]
mod fit;
#[cfg(feature = "std")]
mod frames;
mod motion;
mod normalise;
mod resize;
mod size;

pub use colour::{Colour, Conversion, grey_of_rgb, luma_to_grey, yuv_to_rgb};
pub use crop::{Crop, Region};
pub use exposure::{Exposure, Limits};
pub use motion::{Motion, Watchfulness};
pub use normalise::Normalise;
pub use resize::{Accumulator, Area, Bilinear, Scaling};
pub use size::Size;

#[cfg(feature = "std")]
pub use {
    colour::{ColourParams, Palette, raw},
    crop::CropParams,
    exposure::ExposureParams,
    fit::{Fit, Fitter, Image},
    frames::{CLOCK, Frames},
    motion::MotionParams,
    normalise::NormaliseParams,
    resize::{Method, ResizeParams, Resizer},
};
