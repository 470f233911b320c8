//! Drawing on images.

use embedded_graphics::Drawable;
use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::mono_font::MonoTextStyleBuilder;
use embedded_graphics::mono_font::iso_8859_1::FONT_9X15_BOLD;
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::primitives::{Primitive, PrimitiveStyle, Rectangle};
use embedded_graphics::text::{Baseline, Text};
use image::RgbImage;
use image::imageops::{FilterType, resize};

use super::region::Part;

/// The least width of an image that is written on, so that what is written fits.
const LEAST_WIDTH: u32 = 320;
/// What stands for a find: a warm yellow.
const FOUND: Rgb888 = Rgb888::new(255, 200, 0);
/// Pixels between a text and the edge.
const MARGIN: i32 = 4;
/// Rows of a line of text.
const LINE: i32 = 15;

/// An image that can be drawn on.
pub(super) struct Canvas(pub(super) RgbImage);

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.0.width(), self.0.height())
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = std::convert::Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Self::Error> {
        for Pixel(at, colour) in pixels {
            let place = u32::try_from(at.x).ok().zip(u32::try_from(at.y).ok());
            if let Some(pixel) = place.and_then(|(x, y)| self.0.get_pixel_mut_checked(x, y)) {
                pixel.0 = [colour.r(), colour.g(), colour.b()];
            }
        }
        Ok(())
    }
}

impl Canvas {
    fn draw(&mut self, what: &impl Drawable<Color = Rgb888>) {
        // Drawing on memory does not fail.
        let _ = what.draw(self);
    }

    fn write(&mut self, text: &str, at: Point, colour: Rgb888) {
        let style = MonoTextStyleBuilder::new()
            .font(&FONT_9X15_BOLD)
            .text_color(colour)
            .background_color(Rgb888::BLACK);
        self.draw(&Text::with_baseline(text, at, style.build(), Baseline::Top));
    }

    fn outline(&mut self, area: Rectangle, width: u32, colour: Rgb888) {
        self.draw(&area.into_styled(PrimitiveStyle::with_stroke(colour, width)));
    }
}

/// An image, made large where it is small, with its time, what was found in it, and the part that was looked at.
pub(super) fn annotate(image: &RgbImage, time: &str, found: Option<&str>, part: Option<Part>) -> Canvas {
    let (width, height) = image.dimensions();
    let times = LEAST_WIDTH.div_ceil(width.max(1)).max(1);
    // Pixels stay what they are: one sees what the classifier saw.
    let large = resize(image, width * times, height * times, FilterType::Nearest);
    let (width, height) = large.dimensions();
    let mut canvas = Canvas(large);
    let colour = if found.is_some() { FOUND } else { Rgb888::WHITE };
    if let Some(part) = part {
        let at = |share: f64, of: u32| (share * f64::from(of)).round() as i32;
        let corner = Point::new(at(part.x, width), at(part.y, height));
        let size = Size::new(at(part.width, width) as u32, at(part.height, height) as u32);
        canvas.outline(Rectangle::new(corner, size), 1, colour);
    }
    canvas.write(time, Point::new(MARGIN, height as i32 - LINE - MARGIN), Rgb888::WHITE);
    if let Some(found) = found {
        canvas.outline(Rectangle::new(Point::zero(), Size::new(width, height)), 6, FOUND);
        canvas.write(found, Point::new(MARGIN, MARGIN), FOUND);
    }
    canvas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_framed_and_named() {
        let image = RgbImage::from_pixel(320, 240, image::Rgb([90; 3]));
        let plain = annotate(&image, "1.000 s", None, None).0;
        let found = annotate(&image, "1.000 s", Some("person 0.87"), None).0;
        assert_eq!((plain.get_pixel(0, 120).0, found.get_pixel(0, 120).0), ([90; 3], [255, 200, 0]));
        let yellow = |image: &RgbImage| image.pixels().filter(|pixel| pixel.0 == [255, 200, 0]).count();
        let frame = 2 * 3 * (320 + 240);
        assert!(yellow(&plain) == 0 && yellow(&found) > frame + 200, "letters beside the frame");
    }

    #[test]
    fn the_part_is_where_it_was() {
        let image = RgbImage::from_pixel(400, 200, image::Rgb([0; 3]));
        let part = Part { x: 0.25, y: 0.0, width: 0.5, height: 1.0 };
        let canvas = annotate(&image, "", None, Some(part)).0;
        assert_eq!(canvas.get_pixel(100, 100).0, [255; 3]);
        assert_eq!(canvas.get_pixel(299, 100).0, [255; 3]);
        assert_eq!(canvas.get_pixel(90, 100).0, [0; 3]);
        assert_eq!(canvas.get_pixel(200, 100).0, [0; 3]);
    }
}
