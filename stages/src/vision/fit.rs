//! Images of any size and colour as those of one.

use kws_engine::{Block, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Conversion, Crop, CropParams, Method, Region, Resizer, Scaling, Size};

/// An image of any size: grey or RGB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its extent.
    pub size: Size,
    /// Its pixels, row by row.
    pub pixels: Vec<u8>,
}

/// How to fit an image with another aspect ratio.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// What juts out is cut off, the same on both sides.
    #[default]
    Crop,
    /// The shape is changed.
    Stretch,
    /// What is missing is black, the same on both sides.
    Letterbox,
}

/// Makes images fit: for those who read them outside a pipeline, and for its sources.
pub struct Fitter {
    to: Size,
    fit: Fit,
    /// For images of the size that came last.
    path: Option<Path>,
    coloured: Vec<u8>,
    cut: Vec<u8>,
    scaled: Vec<u8>,
}

/// The steps for images of one size.
struct Path {
    from: Size,
    conversion: Option<Conversion>,
    crop: Crop,
    /// What is cut out.
    region: Region,
    resizer: Resizer,
    /// Where the result lies in what is written.
    place: Region,
}

impl Fitter {
    /// Makes images of a size.
    pub fn new(to: Size, fit: Fit) -> Self {
        Fitter { to, fit, path: None, coloured: Vec::new(), cut: Vec::new(), scaled: Vec::new() }
    }

    /// Writes an image as it shall be.
    ///
    /// # Errors
    /// When it is of a size that cannot be brought to the one that is wanted.
    pub fn fit(&mut self, image: &Image, output: &mut [u8]) -> Result<(), String> {
        if image.size == self.to {
            output.copy_from_slice(&image.pixels);
            return Ok(());
        }
        if self.path.as_ref().is_none_or(|path| path.from != image.size) {
            self.path = Some(Path::new(image.size, self.to, self.fit)?);
        }
        let Some(Path { conversion, crop, region, resizer, place, .. }) = &mut self.path else {
            return Ok(());
        };
        let pixels = match conversion {
            None => &image.pixels,
            Some(conversion) => {
                self.coloured.resize(image.size.height * image.size.width * self.to.channels, 0);
                conversion.convert(&image.pixels, &mut self.coloured);
                &self.coloured
            }
        };
        self.cut.resize(region.height * region.width * self.to.channels, 0);
        self.scaled.resize(place.height * place.width * self.to.channels, 0);
        let crop = crop.process(Block { at: 0, items: pixels }, &mut self.cut).map(|_| ());
        crop.and_then(|()| resizer.resize(&self.cut, &mut self.scaled)).map_err(|fault| fault.to_string())?;
        output.fill(0);
        let rows = output.chunks_exact_mut(self.to.row()).skip(place.y);
        let row = place.width * self.to.channels;
        for (to, from) in rows.zip(self.scaled.chunks_exact(row)) {
            to[place.x * self.to.channels..][..row].copy_from_slice(from);
        }
        Ok(())
    }
}

impl Path {
    fn new(from: Size, to: Size, fit: Fit) -> Result<Self, String> {
        let whole = |of: Size| Region { x: 0, y: 0, width: of.width, height: of.height };
        let shaped = |of: Size, like: Size| {
            let aspect = Some([like.width as u32, like.height as u32]);
            CropParams { aspect, ..CropParams::default() }.region(of).map_err(|refusal| refusal.message)
        };
        let (region, place) = match fit {
            Fit::Crop => (shaped(from, to)?, whole(to)),
            Fit::Stretch => (whole(from), whole(to)),
            Fit::Letterbox => (whole(from), shaped(to, from)?),
        };
        let coloured = Size { channels: to.channels, ..from };
        let cut = Size { height: region.height, width: region.width, ..coloured };
        let scaling = Scaling { from: cut, height: place.height, width: place.width };
        // An area's mean where it becomes smaller, interpolation where there is nothing to take the mean of.
        let smaller = place.height <= cut.height && place.width <= cut.width;
        let method = if smaller { Method::Area } else { Method::Bilinear };
        let conversion = match (from.channels, to.channels) {
            (3, 1) => Some(Conversion::RgbToGrey),
            (1, 3) => Some(Conversion::GreyToRgb),
            _ => None,
        };
        let resizer = Resizer::new(scaling, method)?;
        Ok(Path { from, conversion, crop: Crop::new(coloured, region), region, resizer, place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An image of two rows: black, white.
    fn rows(width: usize) -> Image {
        let pixels = [vec![0; width], vec![255; width]].concat();
        Image { size: Size { height: 2, width, channels: 1 }, pixels }
    }

    fn fitted(image: &Image, to: Size, fit: Fit) -> Vec<u8> {
        let mut output = vec![77; to.items()];
        Fitter::new(to, fit).fit(image, &mut output).unwrap();
        output
    }

    #[test]
    fn a_wide_image_fits_a_square_in_three_ways() {
        let square = Size { height: 2, width: 2, channels: 1 };
        let mut wide = rows(4);
        wide.pixels[0] = 255;
        assert_eq!(fitted(&wide, square, Fit::Crop), [0, 0, 255, 255]);
        assert_eq!(fitted(&wide, square, Fit::Stretch), [128, 0, 255, 255]);
        let boxed = fitted(&rows(4), Size { height: 4, width: 4, channels: 1 }, Fit::Letterbox);
        assert_eq!(boxed, [[0; 4], [0; 4], [255; 4], [0; 4]].concat());
    }

    #[test]
    fn images_may_change_size_and_colour_in_the_middle() {
        let to = Size { height: 1, width: 1, channels: 3 };
        let mut fitter = Fitter::new(to, Fit::Stretch);
        let mut output = [0; 3];
        for (width, expected) in [(2, [128; 3]), (5, [128; 3])] {
            fitter.fit(&rows(width), &mut output).unwrap();
            assert_eq!(output, expected);
        }
        let coloured = Image { size: to, pixels: vec![1, 2, 3] };
        fitter.fit(&coloured, &mut output).unwrap();
        assert_eq!(output, [1, 2, 3]);
    }
}
