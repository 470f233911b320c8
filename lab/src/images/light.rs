//! How large an image is, and how light.

use kws_stages::vision::{Image, grey_of_rgb};
use serde::Serialize;

/// Extent and light of an image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Light {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Mean luma by ITU-R BT.601: 0 is black, 1 is white.
    pub brightness: f64,
}

impl Light {
    /// Measures an image.
    #[must_use]
    pub fn of(image: &Image) -> Self {
        let (width, height) = (image.size.width, image.size.height);
        Self { width, height, brightness: brightness(image) }
    }

    /// The shorter side in pixels.
    #[must_use]
    pub fn short_side(&self) -> usize {
        self.width.min(self.height)
    }
}

/// Mean luma of an image by ITU-R BT.601: 0 is black, 1 is white.
#[must_use]
pub fn brightness(image: &Image) -> f64 {
    let sum: u64 = match image.size.channels {
        1 => image.pixels.iter().map(|&grey| u64::from(grey)).sum(),
        _ => image.pixels.as_chunks().0.iter().map(|&rgb| u64::from(grey_of_rgb(rgb))).sum(),
    };
    let pixels = image.size.height * image.size.width;
    sum as f64 / (255 * pixels.max(1)) as f64
}
