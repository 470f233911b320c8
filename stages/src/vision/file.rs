//! Files of images, decoded whole: what the computer's sources show a pipeline, and the lab a network.

mod jpeg;
mod scan;

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::{Image, Size};

/// Endings of files of images, in lower case.
pub const ENDINGS: [&str; 4] = ["bmp", "jpeg", "jpg", "png"];

/// The longest side that is decoded.
const LONGEST: u32 = 16_384;
/// The most memory that decoding one may take, in bytes: 80 million pixels of an RGB image.
const MEMORY: u64 = 250_000_000;

/// Whether a file's name says that it is an image.
pub fn is_image(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ENDINGS.iter().any(|own| ending.eq_ignore_ascii_case(own)))
}

/// Decodes a JPEG, PNG or BMP, recognised by their content, and turns it as its Exif data says: grey where its file is
/// grey, else RGB. An alpha channel is dropped, 16-bit values become 8-bit ones.
///
/// # Errors
/// A text that says what is wrong with it: that it is truncated, say, or that it would take more than 250 MB to decode,
/// which its header tells before anything is allocated.
pub fn decode(bytes: &[u8]) -> Result<Image, String> {
    let format = image::guess_format(bytes).ok();
    let known =
        format.filter(|format| matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::Bmp));
    let format = known.ok_or("it is not an image, expected a JPEG, PNG or BMP")?;
    let jpeg = if format == ImageFormat::Jpeg { Some(jpeg::prepare(bytes)?) } else { None };
    let file = jpeg.as_ref().map_or(bytes, |jpeg| &jpeg.bytes);
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST);
    limits.max_image_height = Some(LONGEST);
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| error.to_string())?;
    affordable(&decoder, jpeg.as_ref().map_or(0, |jpeg| jpeg.kept_per_pixel))?;
    let turned = decoder.orientation().map_err(|error| error.to_string())?;
    let mut image = match &jpeg {
        Some(jpeg) => jpeg::decode(&jpeg.bytes)?,
        None => DynamicImage::from_decoder(decoder).map_err(|error| error.to_string())?,
    };
    image.apply_orientation(turned);
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (channels, pixels) = match image.color().has_color() {
        true => (3, image.into_rgb8().into_raw()),
        false => (1, image.into_luma8().into_raw()),
    };
    Ok(Image { size: Size { height, width, channels }, pixels })
}

/// Checks what decoding takes: the pixels as they are stored, a copy of another type where they are not stored as they
/// are handed on, and what the decoder keeps of each.
fn affordable(decoder: &impl ImageDecoder, kept_per_pixel: u64) -> Result<(), String> {
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(format!("it has {width}×{height} pixels"));
    }
    let stored = decoder.color_type();
    let channels = if stored.has_color() { 3 } else { 1 };
    let copied = if u64::from(stored.bytes_per_pixel()) == channels { 0 } else { channels };
    let per_pixel = u64::from(stored.bytes_per_pixel()) + copied + kept_per_pixel;
    let needs = u64::from(width) * u64::from(height) * per_pixel;
    if needs > MEMORY {
        return Err(format!(
            "it has {width}×{height} pixels, which take {} MB to decode, expected at most {} MB; make it smaller",
            needs / 1_000_000,
            MEMORY / 1_000_000
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, ImageEncoder, RgbImage};

    use super::*;

    /// An image of gradients, as a file.
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
            let image = decode(&encoded(format)).unwrap();
            assert_eq!(image.size, Size { height: 32, width: 48, channels: 3 }, "{format:?}");
            let [r, g, b] = image.pixels[3 * (10 * 48 + 20)..][..3] else { panic!("a pixel") };
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
    fn a_jpeg_that_is_cut_and_closed_is_refused() {
        let whole = encoded(ImageFormat::Jpeg);
        // 623 bytes are its headers.
        for length in [650, 700, whole.len() - 4, whole.len() - 3] {
            let mut cut = whole[..length].to_vec();
            cut.extend_from_slice(&[0xff, 0xd9]);
            let text = error(&cut);
            assert!(
                text.contains("damaged") || text.contains("ends before its last row"),
                "{length}: {text}"
            );
        }
    }

    /// A JPEG of this size, of one scan or of many, whose image ends at once.
    fn jpeg_of(side: u16, frame: u8) -> Vec<u8> {
        let mut bytes = encoded(ImageFormat::Jpeg);
        let at = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame");
        bytes[at + 1] = frame;
        bytes[at + 5..at + 7].copy_from_slice(&side.to_be_bytes());
        bytes[at + 7..at + 9].copy_from_slice(&side.to_be_bytes());
        bytes
    }

    #[test]
    fn a_jpeg_of_many_scans_takes_more_memory() {
        const ONE_SCAN: u8 = 0xc0;
        const MANY_SCANS: u8 = 0xc2;
        assert!(error(&jpeg_of(16_384, ONE_SCAN)).contains("take 805 MB"));
        assert!(error(&jpeg_of(6000, MANY_SCANS)).contains("take 324 MB"));
        assert!(error(&jpeg_of(1000, ONE_SCAN)).contains("JPEG"));
    }

    #[test]
    fn what_is_no_image_is_refused() {
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
        for (width, height) in [(100_000, 32), (u32::MAX >> 1, 1)] {
            let text = error(&png_of(width, height));
            assert!(!text.is_empty(), "{width}×{height}");
        }
        let text = "it has 16384×16384 pixels, which take 805 MB to decode, expected at most 250 MB; make it smaller";
        assert_eq!(error(&png_of(16_384, 16_384)), text);
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
