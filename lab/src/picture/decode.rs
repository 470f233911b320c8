//! Files of pictures, decoded whole.

use std::io::Cursor;

use anyhow::{Context, Result, ensure};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use kws_stages::vision::{Picture, Size};

/// The longest side that is decoded, and the most memory that a decoder may take: what a camera of 64 million pixels
/// needs.
const LONGEST: u32 = 16_384;
const MEMORY: u64 = 512 << 20;

/// Decodes a JPEG, PNG or BMP, told apart by their content, and turns it as its Exif data says: grey where its file is
/// grey, else RGB. An alpha channel is dropped, 16-bit values become 8-bit ones.
///
/// # Errors
/// When it is no picture, breaks off, or is larger than 16,384 pixels along a side or than 512 MiB.
pub fn decode(bytes: &[u8]) -> Result<Picture> {
    let format = image::guess_format(bytes).ok();
    let format = format.filter(|f| matches!(f, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::Bmp));
    let format = format.context("it is no picture, expected a JPEG, PNG or BMP")?;
    // Decoders fill up what is missing with grey, and say nothing.
    ensure!(format != ImageFormat::Jpeg || ends(bytes), "it breaks off: a JPEG without its end");
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST);
    limits.max_image_height = Some(LONGEST);
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    ensure!(width > 0 && height > 0, "it has {width}×{height} pixels");
    let turned = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(turned);
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (channels, pixels) = match image.color().has_color() {
        true => (3, image.into_rgb8().into_raw()),
        false => (1, image.into_luma8().into_raw()),
    };
    Ok(Picture { size: Size { height, width, channels }, pixels })
}

/// Whether a JPEG has an end behind the beginning of its first scan: one before that is a thumbnail's.
fn ends(bytes: &[u8]) -> bool {
    const SCAN: u8 = 0xda;
    let mut at = 2;
    while let Some(&[mark, kind, high, low]) = bytes.get(at..at + 4).and_then(|header| header.as_array()) {
        match (mark, kind) {
            (0xff, 0xff) => at += 1,
            (0xff, SCAN) => return bytes[at..].windows(2).any(|pair| pair == [0xff, 0xd9]),
            (0xff, _) => at += 2 + usize::from(u16::from_be_bytes([high, low])),
            // Whatever this is, the decoder may know.
            _ => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use image::RgbImage;

    use super::*;

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let image = RgbImage::from_fn(48, 32, |x, y| image::Rgb([(5 * x) as u8, (7 * y) as u8, 90]));
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn three_formats_are_decoded_and_what_is_cut_off_is_refused() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Bmp] {
            let whole = encoded(format);
            let picture = decode(&whole).unwrap();
            assert_eq!(picture.size, Size { height: 32, width: 48, channels: 3 }, "{format:?}");
            let [r, g, b] = picture.pixels[3 * (10 * 48 + 20)..][..3] else { panic!("a pixel") };
            assert!(r.abs_diff(100) < 8 && g.abs_diff(70) < 8 && b.abs_diff(90) < 8, "{format:?}");
            for share in [0, 1, 10, 50, 90] {
                assert!(decode(&whole[..whole.len() * share / 100]).is_err(), "{share} % of a {format:?}");
            }
        }
        let error = decode(&encoded(ImageFormat::Jpeg)[..700]).unwrap_err().to_string();
        assert_eq!(error, "it breaks off: a JPEG without its end");
        assert!(decode(b"GIF89a..........").unwrap_err().to_string().contains("JPEG, PNG or BMP"));
    }

    #[test]
    fn pictures_without_a_pixel_and_huge_ones_are_refused() {
        // Width and height of a BMP lie at 18 and 22.
        for (width, height) in [(0_i32, 32_i32), (100_000, 32), (16_384, 16_384)] {
            let mut bytes = encoded(ImageFormat::Bmp);
            bytes[18..22].copy_from_slice(&width.to_le_bytes());
            bytes[22..26].copy_from_slice(&height.to_le_bytes());
            assert!(decode(&bytes).is_err(), "{width}×{height}");
        }
    }
}
