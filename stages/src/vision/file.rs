//! Files of pictures, decoded whole: what the computer's sources show a pipeline, and the lab a network.

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::{Picture, Size};

/// Endings of files of pictures, in lower case.
pub const ENDINGS: [&str; 4] = ["bmp", "jpeg", "jpg", "png"];

/// The longest side that is decoded, and the most memory that a decoder may take: what a camera of 64 million pixels
/// needs.
const LONGEST: u32 = 16_384;
const MEMORY: u64 = 512 << 20;

/// Whether a file's name says that it is a picture.
pub fn is_picture(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ENDINGS.iter().any(|own| ending.eq_ignore_ascii_case(own)))
}

/// Decodes a JPEG, PNG or BMP, told apart by their content, and turns it as its Exif data says: grey where its file is
/// grey, else RGB. An alpha channel is dropped, 16-bit values become 8-bit ones.
///
/// # Errors
/// A text that says what is wrong with it.
pub fn decode(bytes: &[u8]) -> Result<Picture, String> {
    let format = image::guess_format(bytes).ok();
    let known =
        format.filter(|format| matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::Bmp));
    let format = known.ok_or("it is not an image, expected a JPEG, PNG or BMP")?;
    let mut marked = Vec::new();
    let bytes = match format {
        ImageFormat::Jpeg => match outline(bytes) {
            Outline::BreaksOff => return Err("it is truncated: the JPEG has no end marker".to_owned()),
            Outline::WithTables => bytes,
            Outline::WithoutTables => {
                marked.extend_from_slice(&bytes[..START]);
                marked.extend_from_slice(&MOTION_JPEG);
                marked.extend_from_slice(&bytes[START..]);
                &marked
            }
        },
        _ => bytes,
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST);
    limits.max_image_height = Some(LONGEST);
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(format!("it has {width}×{height} pixels"));
    }
    let turned = decoder.orientation().map_err(|error| error.to_string())?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| error.to_string())?;
    image.apply_orientation(turned);
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (channels, pixels) = match image.color().has_color() {
        true => (3, image.into_rgb8().into_raw()),
        false => (1, image.into_luma8().into_raw()),
    };
    Ok(Picture { size: Size { height, width, channels }, pixels })
}

/// Bytes of a JPEG before its first segment.
const START: usize = 2;
/// The segment that marks a frame of Motion JPEG. Cameras leave out the Huffman tables, which that format fixes; and the
/// mark, without which the decoder does not take them for granted.
const MOTION_JPEG: [u8; 10] = *b"\xff\xe0\x00\x08AVI1\x00\x00";

/// What a look at a JPEG's segments tells.
#[derive(PartialEq, Eq)]
enum Outline {
    /// It has no end. Decoders fill up what is missing with grey, and say nothing.
    BreaksOff,
    WithTables,
    /// It has no Huffman tables.
    WithoutTables,
}

fn outline(bytes: &[u8]) -> Outline {
    const TABLES: u8 = 0xc4;
    const SCAN: u8 = 0xda;
    let (mut at, mut outline) = (START, Outline::WithoutTables);
    // Segments up to the first scan: an end among them is a thumbnail's.
    loop {
        let Some(&[mark, kind, high, low]) = bytes.get(at..at + 4).and_then(|header| header.as_array())
        else {
            return Outline::BreaksOff;
        };
        match (mark, kind) {
            (0xff, 0xff) => at += 1,
            (0xff, SCAN) if bytes[at..].windows(2).any(|pair| pair == [0xff, 0xd9]) => return outline,
            (0xff, SCAN) => return Outline::BreaksOff,
            (0xff, _) => {
                if kind == TABLES {
                    outline = Outline::WithTables;
                }
                at += 2 + usize::from(u16::from_be_bytes([high, low]));
            }
            // Whatever this is, the decoder may know.
            _ => return Outline::WithTables,
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, ImageEncoder, RgbImage};

    use super::*;

    /// A picture of gradients, as a file.
    fn encoded(format: ImageFormat) -> Vec<u8> {
        let image = RgbImage::from_fn(48, 32, |x, y| image::Rgb([(5 * x) as u8, (7 * y) as u8, 90]));
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn error(bytes: &[u8]) -> String {
        decode(bytes).expect_err("it is refused")
    }

    #[test]
    fn three_formats_are_decoded() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Bmp] {
            let picture = decode(&encoded(format)).unwrap();
            assert_eq!(picture.size, Size { height: 32, width: 48, channels: 3 }, "{format:?}");
            let [r, g, b] = picture.pixels[3 * (10 * 48 + 20)..][..3] else { panic!("a pixel") };
            assert!(
                r.abs_diff(100) < 8 && g.abs_diff(70) < 8 && b.abs_diff(90) < 8,
                "{format:?}: {r} {g} {b}"
            );
        }
    }

    #[test]
    fn whatever_is_cut_off_is_refused() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Bmp] {
            let whole = encoded(format);
            for share in [0, 1, 10, 50, 90] {
                let bytes = &whole[..whole.len() * share / 100];
                assert!(decode(bytes).is_err(), "{share} % of a {format:?}");
            }
        }
        assert_eq!(error(&encoded(ImageFormat::Jpeg)[..700]), "it is truncated: the JPEG has no end marker");
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert_eq!(error(b"GIF89a.........."), "it is not an image, expected a JPEG, PNG or BMP");
        assert_eq!(error(b""), "it is not an image, expected a JPEG, PNG or BMP");
    }

    /// A PNG of this size that holds nothing.
    fn png_of(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = encoded(ImageFormat::Png);
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let mut crc = 0xffff_ffff_u32;
        for byte in &bytes[12..29] {
            crc ^= u32::from(*byte);
            (0..8).for_each(|_| crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 });
        }
        bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
        bytes
    }

    #[test]
    fn no_size_and_huge_sizes_are_refused() {
        assert!(decode(&png_of(0, 32)).is_err());
        for (width, height) in [(100_000, 32), (16_384, 16_384), (u32::MAX >> 1, 1)] {
            let text = error(&png_of(width, height));
            assert!(!text.is_empty(), "{width}×{height}");
        }
    }

    #[test]
    fn grey_stays_grey_and_alpha_is_dropped() {
        let mut grey = Vec::new();
        let encoder = image::codecs::png::PngEncoder::new(&mut grey);
        encoder.write_image(&[7; 12], 4, 3, ExtendedColorType::L8).unwrap();
        assert_eq!(decode(&grey).unwrap().pixels, [7; 12]);
        let mut clear = Vec::new();
        let encoder = image::codecs::png::PngEncoder::new(&mut clear);
        encoder.write_image(&[1, 2, 3, 0].repeat(2), 2, 1, ExtendedColorType::Rgba8).unwrap();
        assert_eq!(decode(&clear).unwrap().pixels, [1, 2, 3, 1, 2, 3]);
    }

    #[test]
    fn motion_jpeg_without_its_tables_is_decoded() {
        // Cameras leave out the Huffman tables, which Motion JPEG fixes.
        let whole = encoded(ImageFormat::Jpeg);
        let mut bare = whole[..2].to_vec();
        let mut at = 2;
        while whole[at + 1] != 0xda {
            let length = 2 + usize::from(u16::from_be_bytes([whole[at + 2], whole[at + 3]]));
            if whole[at + 1] != 0xc4 {
                bare.extend_from_slice(&whole[at..at + length]);
            }
            at += length;
        }
        bare.extend_from_slice(&whole[at..]);
        assert!(bare.len() < whole.len());
        assert!(decode(&bare).unwrap().pixels == decode(&whole).unwrap().pixels);
    }
}
