//! Contact sheets.

use image::RgbImage;
use image::imageops::replace;

use super::Shot;
use super::canvas::Canvas;

/// Pixels between images.
const SEAM: u32 = 4;

/// A sheet that is being gathered.
pub(super) struct Sheet {
    /// The name of its file, without its ending.
    pub(super) stem: String,
    pub(super) shots: Vec<Shot>,
    /// Tick of the last image that belongs to it.
    pub(super) until: u64,
}

/// Images of one size side by side, in rows of about as many as there are rows.
pub(super) fn laid_out(images: &[Canvas]) -> Canvas {
    let (width, height) = images.first().map_or((1, 1), |first| first.0.dimensions());
    let columns = (1..).find(|side| side * side >= images.len()).unwrap_or(1).max(1);
    let rows = images.len().div_ceil(columns).max(1);
    let along = |count: usize, side: u32| count as u32 * (side + SEAM) - SEAM;
    let mut sheet = RgbImage::from_pixel(along(columns, width), along(rows, height), image::Rgb([32; 3]));
    for (index, image) in images.iter().enumerate() {
        let (column, row) = (index % columns, index / columns);
        let at = |place: usize, side: u32| (place as u32 * (side + SEAM)).into();
        replace(&mut sheet, &image.0, at(column, width), at(row, height));
    }
    Canvas(sheet)
}
