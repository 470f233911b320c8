//! Images of other formats and colours.

use kws_engine::{Block, Flow, Stage, StageFault};

/// Converts images: raw formats of cameras to grey or RGB, RGB to grey, grey to RGB.
///
/// What it reads and writes: [`ColourParams`](crate::vision::ColourParams).
///
/// # Arithmetic
/// - RGB to grey: (9798 R + 19235 G + 3735 B + 2¹⁴) / 2¹⁵, ITU-R BT.601's luma.
/// - YUYV to RGB: ITU-R BT.601, limited range (black is 16, white is 235), 20 fractional bits. To grey: of Y alone, by
///   the same formula, so that a grey scene has the same grey by both ways.
/// - RGB565: the nearest of 256 steps to each channel's 32 or 64, so that white is 255. To grey: by way of RGB.
///
/// # Parameters
/// `to`.
///
/// # Reference
/// OpenCV's `cvtColor`, `COLOR_RGB2GRAY` and `COLOR_YUV2RGB_YUY2`, bit for bit.
///
/// # Example
/// ```
/// use kws_engine::{Block, Stage};
/// use kws_stages::vision::{Colour, Conversion};
///
/// let mut grey = [0; 2];
/// Colour(Conversion::RgbToGrey).process(Block { at: 1, items: &[255, 255, 255, 255, 0, 0] }, &mut grey)?;
/// assert_eq!(grey, [255, 76]);
/// # Ok::<(), kws_engine::StageFault>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Colour(pub Conversion);

/// What becomes what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// Three channels to one.
    RgbToGrey,
    /// One channel three times.
    GreyToRgb,
    /// Two pixels in four bytes, to three channels each.
    YuyvToRgb,
    /// Two pixels in four bytes, to one channel each.
    YuyvToGrey,
    /// A pixel in two bytes, high byte first, to three channels.
    Rgb565ToRgb,
    /// A pixel in two bytes, high byte first, to one channel.
    Rgb565ToGrey,
    /// A pixel in two bytes, low byte first, to three channels.
    Rgb565LeToRgb,
    /// A pixel in two bytes, low byte first, to one channel.
    Rgb565LeToGrey,
}

impl Conversion {
    /// Bytes that are converted together, before and after.
    const fn group(self) -> (usize, usize) {
        match self {
            Conversion::RgbToGrey => (3, 1),
            Conversion::GreyToRgb => (1, 3),
            Conversion::YuyvToRgb => (4, 6),
            Conversion::YuyvToGrey => (4, 2),
            Conversion::Rgb565ToRgb | Conversion::Rgb565LeToRgb => (2, 3),
            Conversion::Rgb565ToGrey | Conversion::Rgb565LeToGrey => (2, 1),
        }
    }

    /// Converts a whole image, or any run of whole pixels (of pairs of pixels for YUYV).
    pub fn convert(self, from: &[u8], to: &mut [u8]) {
        match self {
            Conversion::RgbToGrey => each(from, to, |&[r, g, b]: &[u8; 3]| [grey_of_rgb([r, g, b])]),
            Conversion::GreyToRgb => each(from, to, |&[grey]| [grey; 3]),
            Conversion::YuyvToRgb => each(from, to, |&[y0, u, y1, v]: &[u8; 4]| {
                let ([r0, g0, b0], [r1, g1, b1]) = (yuv_to_rgb(y0, u, v), yuv_to_rgb(y1, u, v));
                [r0, g0, b0, r1, g1, b1]
            }),
            Conversion::YuyvToGrey => {
                each(from, to, |&[y0, _, y1, _]: &[u8; 4]| [luma_to_grey(y0), luma_to_grey(y1)]);
            }
            Conversion::Rgb565ToRgb => each(from, to, |&bytes| rgb_of_565(u16::from_be_bytes(bytes))),
            Conversion::Rgb565ToGrey => {
                each(from, to, |&bytes| [grey_of_rgb(rgb_of_565(u16::from_be_bytes(bytes)))]);
            }
            Conversion::Rgb565LeToRgb => each(from, to, |&bytes| rgb_of_565(u16::from_le_bytes(bytes))),
            Conversion::Rgb565LeToGrey => {
                each(from, to, |&bytes| [grey_of_rgb(rgb_of_565(u16::from_le_bytes(bytes)))]);
            }
        }
    }
}

#[inline]
fn each<const I: usize, const O: usize>(from: &[u8], to: &mut [u8], convert: impl Fn(&[u8; I]) -> [u8; O]) {
    let (from, _) = from.as_chunks::<I>();
    let (to, _) = to.as_chunks_mut::<O>();
    for (from, to) in from.iter().zip(to) {
        *to = convert(from);
    }
}

/// ITU-R BT.601's luma of a pixel, rounded to the nearest.
#[inline]
pub const fn grey_of_rgb([r, g, b]: [u8; 3]) -> u8 {
    ((9798 * r as u32 + 19_235 * g as u32 + 3735 * b as u32 + (1 << 14)) >> 15) as u8
}

/// One pixel of ITU-R BT.601, limited range, as red, green and blue.
#[inline]
pub const fn yuv_to_rgb(y: u8, u: u8, v: u8) -> [u8; 3] {
    let luma = luma(y);
    let (u, v) = (u as i32 - 128, v as i32 - 128);
    [
        held((luma + 1_673_527 * v) >> 20),
        held((luma - 852_492 * v - 409_993 * u) >> 20),
        held((luma + 2_116_026 * u) >> 20),
    ]
}

/// The grey of a pixel of ITU-R BT.601, limited range: black, 16, becomes 0 and white, 235, becomes 255.
#[inline]
pub const fn luma_to_grey(y: u8) -> u8 {
    held(luma(y) >> 20)
}

/// Luma of full range in 2²⁰ths, with half a step for rounding.
#[inline]
const fn luma(y: u8) -> i32 {
    y.saturating_sub(16) as i32 * 1_220_542 + (1 << 19)
}

#[inline]
const fn held(value: i32) -> u8 {
    if value < 0 {
        0
    } else if value > 255 {
        255
    } else {
        value as u8
    }
}

#[inline]
const fn rgb_of_565(pixel: u16) -> [u8; 3] {
    let (r, g, b) = ((pixel >> 11) as u32, (pixel >> 5 & 0x3f) as u32, (pixel & 0x1f) as u32);
    // 255 / 31 and 255 / 63 to the nearest, in 64ths; right for each of the 32 and 64 values.
    [((r * 527 + 23) >> 6) as u8, ((g * 259 + 33) >> 6) as u8, ((b * 527 + 23) >> 6) as u8]
}

impl Stage for Colour {
    type In = u8;
    type Out = u8;

    fn process(&mut self, input: Block<'_, u8>, output: &mut [u8]) -> Result<Flow, StageFault> {
        let (before, after) = self.0.group();
        if !input.len().is_multiple_of(before) || input.len() / before * after != output.len() {
            return Err(StageFault::new("`colour` received images of another size"));
        }
        self.0.convert(&input, output);
        Ok(Flow::Emit)
    }
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub use kind::{ColourParams, Palette, raw};
