//! How large a picture is, and how light.

use kws_stages::vision::{Picture, grey_of_rgb};
use serde::Serialize;

/// Extent and light of a picture.
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
    /// Measures a picture.
    #[must_use]
    pub fn of(picture: &Picture) -> Self {
        let (width, height) = (picture.size.width, picture.size.height);
        Self { width, height, brightness: brightness(picture) }
    }

    /// The shorter side in pixels.
    #[must_use]
    pub fn short_side(&self) -> usize {
        self.width.min(self.height)
    }
}

/// Mean luma of a picture by ITU-R BT.601: 0 is black, 1 is white.
#[must_use]
pub fn brightness(picture: &Picture) -> f64 {
    let sum: u64 = match picture.size.channels {
        1 => picture.pixels.iter().map(|&grey| u64::from(grey)).sum(),
        _ => picture.pixels.as_chunks().0.iter().map(|&rgb| u64::from(grey_of_rgb(rgb))).sum(),
    };
    let pixels = picture.size.height * picture.size.width;
    sum as f64 / (255 * pixels.max(1)) as f64
}
