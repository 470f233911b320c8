//! JPEGs: what their segments tell before they are decoded, and decoders that do not fill up what is missing.

use std::borrow::Cow;

use super::scan;
use image::{DynamicImage, GrayImage, RgbImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// A JPEG that a decoder can take.
pub(super) struct Jpeg<'a> {
    /// Its bytes, with the mark that stands for tables that it leaves out.
    pub(super) bytes: Cow<'a, [u8]>,
    /// Bytes of a pixel that a decoder keeps until the last scan: a progressive JPEG's coefficients.
    pub(super) kept_per_pixel: u64,
}

/// Looks at the segments of a JPEG.
///
/// # Errors
/// When it has no end. Decoders fill up what is missing with grey, and say nothing.
pub(super) fn prepare(bytes: &[u8]) -> Result<Jpeg<'_>, String> {
    let outline = outline(bytes).ok_or("it is truncated: the JPEG has no end marker")?;
    let mut bytes = Cow::Borrowed(bytes);
    if !outline.has_tables {
        bytes.to_mut().splice(START..START, MOTION_JPEG);
    }
    Ok(Jpeg { bytes, kept_per_pixel: if outline.is_progressive { COEFFICIENTS } else { 0 } })
}

/// Decodes it, grey or RGB, and refuses one whose image ends before its last row.
///
/// # Errors
/// A text that says what is wrong with it.
pub(super) fn decode(bytes: &[u8]) -> Result<DynamicImage, String> {
    // What is not strict is filled up with grey where the data end.
    let options = DecoderOptions::default().set_strict_mode(true);
    let options = options.set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let damaged = |error| format!("the JPEG is damaged: {error}");
    decoder.decode_headers().map_err(damaged)?;
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let into = if grey { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(decoder.options().jpeg_set_out_colorspace(into));
    let pixels = decoder.decode().map_err(damaged)?;
    if bytes.get(START..).and_then(scan::is_complete) == Some(false) {
        return Err("it is truncated: the JPEG ends before its last row".to_owned());
    }
    let (width, height) = decoder.dimensions().ok_or("the JPEG states no size")?;
    let image = match grey {
        true => GrayImage::from_raw(width as u32, height as u32, pixels).map(DynamicImage::from),
        false => RgbImage::from_raw(width as u32, height as u32, pixels).map(DynamicImage::from),
    };
    image.ok_or_else(|| "the JPEG holds fewer pixels than it states".to_owned())
}

/// Bytes of the coefficients of a pixel: 16 bits for each of three channels.
const COEFFICIENTS: u64 = 6;
/// Bytes of a JPEG before its first segment.
const START: usize = 2;
/// The segment that marks a frame of Motion JPEG. Cameras leave out the Huffman tables, which that format fixes; and the
/// mark, without which the decoder does not take them for granted.
const MOTION_JPEG: [u8; 10] = *b"\xff\xe0\x00\x08AVI1\x00\x00";

/// What a look at a JPEG's segments tells.
struct Outline {
    /// Whether it has Huffman tables of its own.
    has_tables: bool,
    /// Whether each scan refines all of the image.
    is_progressive: bool,
}

/// The segments up to the first scan, where an end among them is a thumbnail's; none if it is truncated.
fn outline(bytes: &[u8]) -> Option<Outline> {
    const TABLES: u8 = 0xc4;
    const PROGRESSIVE: u8 = 0xc2;
    const SCAN: u8 = 0xda;
    let (mut at, mut outline) = (START, Outline { has_tables: false, is_progressive: false });
    loop {
        let &[mark, kind, high, low] = bytes.get(at..at + 4)?.as_array()?;
        match (mark, kind) {
            (0xff, 0xff) => at += 1,
            (0xff, SCAN) => {
                return bytes[at..].windows(2).any(|pair| pair == [0xff, 0xd9]).then_some(outline);
            }
            (0xff, _) => {
                outline.has_tables |= kind == TABLES;
                outline.is_progressive |= kind == PROGRESSIVE;
                at += 2 + usize::from(u16::from_be_bytes([high, low]));
            }
            // Whatever this is, the decoder may know.
            _ => return Some(Outline { has_tables: true, ..outline }),
        }
    }
}
