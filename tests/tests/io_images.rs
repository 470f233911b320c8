//! Sources of images: files of every kind, good and bad.
#![allow(clippy::unwrap_used)]

mod io;

use std::fs;
use std::path::Path;

use image::{GrayImage, Luma, Rgb, RgbImage};
use io::{Came, Collected, plan, refusal, run, run_well};
use kws_engine::run::RunOptions;
use kws_engine::testing::{Capture, Script};

/// A folder with an image of each format, of even red, green and blue, 8×6.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let even = |colour| RgbImage::from_pixel(8, 6, Rgb(colour));
    even([255, 0, 0]).save(dir.path().join("a.png")).unwrap();
    even([0, 255, 0]).save(dir.path().join("b.bmp")).unwrap();
    even([0, 0, 255]).save(dir.path().join("c.JPG")).unwrap();
    fs::write(dir.path().join("notes.md"), "no image").unwrap();
    dir
}

fn toml(source: &str) -> String {
    format!("[[stage]]\n{source}\n[[stage]]\nkind = \"catch\"\n")
}

fn image_files(params: &str) -> String {
    toml(&format!("kind = \"image_files\"\n{params}"))
}

fn shown(dir: &Path, toml: &str) -> Vec<Came<u8>> {
    run_well(dir, toml).u8
}

/// What came: ticks in milliseconds, and the first pixel's channels to the nearest of 0, 1 and 2 halves.
fn first_pixels(images: &[Came<u8>]) -> Vec<(u64, Vec<u8>)> {
    let halves = |value: &u8| ((u32::from(*value) + 64) / 128) as u8;
    images.iter().map(|came| (came.at / 1000, came.items[..3].iter().map(halves).collect())).collect()
}

#[test]
fn a_folder_is_shown_in_order_at_its_rate() {
    let dir = folder();
    let images = shown(dir.path(), &image_files("path = \".\"\nfps = 4"));
    let expected = [(250, vec![2, 0, 0]), (500, vec![0, 2, 0]), (750, vec![0, 0, 2])];
    assert_eq!(first_pixels(&images), expected);
    assert_eq!(images[0].items.len(), 8 * 6 * 3);
}

#[test]
fn images_are_repeated_one_by_one_and_all() {
    let dir = folder();
    let images = shown(dir.path(), &image_files("path = \".\"\nfps = 10\nframes = 2\nrepeat = 2"));
    let reds: Vec<u64> =
        first_pixels(&images).into_iter().filter(|(_, pixel)| pixel[0] == 2).map(|(at, _)| at).collect();
    assert_eq!((images.len(), reds), (12, vec![100, 200, 700, 800]));
}

#[test]
fn sizes_and_colours_are_as_asked() {
    let dir = folder();
    let images = shown(dir.path(), &image_files("path = \".\"\nwidth = 4\nheight = 3\ncolour = \"grey\""));
    assert_eq!(images[0].items, [76; 12]);
    assert_eq!(images[1].items, [150; 12]);
}

#[test]
fn a_list_names_images() {
    let dir = folder();
    fs::write(dir.path().join("some.txt"), "# two of them\nc.JPG\n\n a.png \n").unwrap();
    let images = shown(dir.path(), &image_files("path = \"some.txt\""));
    assert_eq!(first_pixels(&images), [(100, vec![0, 0, 2]), (200, vec![2, 0, 0])]);
    let one = shown(dir.path(), &image_files("path = \"b.bmp\""));
    assert_eq!(first_pixels(&one), [(100, vec![0, 2, 0])]);
}

fn cut_off(dir: &Path, name: &str) {
    let path = dir.join(name);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
}

#[test]
fn a_damaged_image_is_a_gap_that_is_counted() {
    let dir = folder();
    RgbImage::from_fn(64, 64, |x, y| Rgb([x as u8 * 4, y as u8 * 4, 9]))
        .save(dir.path().join("b0.jpg"))
        .unwrap();
    cut_off(dir.path(), "b0.jpg");
    fs::write(dir.path().join("b1.png"), "").unwrap();
    let (collected, outcome): (Collected, _) = run(dir.path(), &image_files("path = \".\""));
    assert!(outcome.fault.is_none(), "{:?}", outcome.fault);
    let ticks: Vec<(u64, bool)> = collected.u8.iter().map(|came| (came.at / 1000, came.reset)).collect();
    assert_eq!(ticks, [(100, false), (200, false), (500, true)]);
    let lost: u64 = outcome.gaps.iter().map(|gap| gap.lost).sum();
    assert_eq!(lost, 200_000, "{:?}", outcome.gaps);
}

#[test]
fn a_damaged_image_ends_the_run_where_asked() {
    let dir = folder();
    cut_off(dir.path(), "b.bmp");
    let (_, outcome) = run(dir.path(), &image_files("path = \".\"\ndamaged = \"fault\""));
    let text = format!("{:?}", outcome.fault);
    assert!(text.contains("cannot decode `") && text.contains("b.bmp"), "{text}");
}

/// The smallest PNG that states a size, and holds nothing of it.
fn png_of(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    chunk.extend([8, 2, 0, 0, 0]);
    let crc = chunk.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    });
    [b"\x89PNG\r\n\x1a\n\0\0\0\x0d", &chunk[..], &(!crc).to_be_bytes()].concat()
}

#[test]
fn images_of_no_size_and_huge_ones_are_gaps() {
    let dir = folder();
    fs::write(dir.path().join("b1.png"), png_of(0, 6)).unwrap();
    fs::write(dir.path().join("b2.png"), png_of(1 << 20, 1 << 20)).unwrap();
    fs::write(dir.path().join("b3.png"), png_of(16_000, 16_000)).unwrap();
    let (collected, outcome) = run(dir.path(), &image_files("path = \".\""));
    assert!(outcome.fault.is_none(), "{:?}", outcome.fault);
    let lost: u64 = outcome.gaps.iter().map(|gap| gap.lost).sum();
    assert_eq!((collected.u8.len(), lost), (3, 300_000), "{:?}", outcome.gaps);
}

#[test]
fn a_camera_that_is_unplugged_ends_the_run_after_what_it_has_shown() {
    let dir = folder();
    let camera = "kind = \"camera\"\nwidth = 4\nheight = 4\nfallback = \".\"";
    let plan = plan(dir.path(), &toml(camera)).unwrap();
    for one_lane in [false, true] {
        let shown = Capture::<u8>::new();
        let two = Script::new().items(&[1_u8; 48]).items(&[2; 48]);
        let camera = two.fails("the camera `/dev/video0` has disappeared; was it unplugged?");
        let options = RunOptions { one_lane, ..RunOptions::default() };
        let running = plan.start_with(options, |stage, made| match stage.kind.as_str() {
            "camera" => camera.clone().source(),
            "catch" => shown.sink(),
            _ => made,
        });
        let outcome = running.unwrap().wait();
        let text = format!("{}", outcome.fault.unwrap());
        assert_eq!(
            text,
            "stage `camera` failed: the camera `/dev/video0` has disappeared; was it unplugged?"
        );
        let first: Vec<u8> = shown.blocks().iter().map(|(_, image)| image[0]).collect();
        assert_eq!(first, [1, 2], "what it has shown is worked off");
    }
}

#[test]
fn folders_without_images_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let text = refusal(dir.path(), &image_files("path = \".\""));
    assert!(text.contains("contains no images, expected files `*.jpg`"), "{text}");
    let text = refusal(dir.path(), &image_files("path = \"nowhere\""));
    assert!(text.contains("cannot open `") && text.contains("nowhere"), "{text}");
    fs::write(dir.path().join("a.png"), "text").unwrap();
    fs::write(dir.path().join("b.png"), "text").unwrap();
    let text = refusal(dir.path(), &image_files("path = \".\""));
    assert!(text.contains("none of 2 images can be decoded; cannot decode `"), "{text}");
    assert!(text.contains("it is not an image, expected a JPEG, PNG or BMP"), "{text}");
    fs::write(dir.path().join("none.txt"), "# nothing\n").unwrap();
    let text = refusal(dir.path(), &image_files("path = \"none.txt\""));
    assert!(text.contains("lists no images"), "{text}");
}

/// A video of 4×2 pixels whose frames are even, with one chroma sample for `across`×`down` pixels.
fn video(path: &Path, format: y4m::Colorspace, chroma: usize, frames: &[[u8; 3]]) {
    let file = fs::File::create(path).unwrap();
    let rate = y4m::Ratio::new(25, 1);
    let mut encoder = y4m::encode(4, 2, rate).with_colorspace(format).write_header(file).unwrap();
    for [y, u, v] in frames {
        let planes = [vec![*y; 8], vec![*u; chroma], vec![*v; chroma]];
        let planes = [&planes[0][..], &planes[1][..], &planes[2][..]];
        encoder.write_frame(&y4m::Frame::new(planes, None)).unwrap();
    }
}

const FILM: &str = "kind = \"video_file\"\npath = \"film.y4m\"";

#[test]
fn a_video_is_played_in_colour_and_grey() {
    let dir = tempfile::tempdir().unwrap();
    // Red, as BT.601 has it, and white.
    let frames = [[81, 90, 240], [235, 128, 128]];
    use y4m::Colorspace::{C420jpeg, C422, C444};
    for (format, chroma) in [(C420jpeg, 2), (C422, 4), (C444, 8)] {
        video(&dir.path().join("film.y4m"), format, chroma, &frames);
        let images = shown(dir.path(), &toml(FILM));
        assert_eq!(first_pixels(&images), [(40, vec![2, 0, 0]), (80, vec![2, 2, 2])], "{format:?}");
        let grey = shown(dir.path(), &toml(&format!("{FILM}\ncolour = \"grey\"\nrepeat = 2")));
        let found: Vec<(u64, u8)> = grey.iter().map(|came| (came.at / 1000, came.items[7])).collect();
        assert_eq!(found, [(40, 76), (80, 255), (120, 76), (160, 255)], "{format:?}");
    }
}

#[test]
fn a_video_that_breaks_off_plays_its_whole_frames() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("film.y4m");
    video(&path, y4m::Colorspace::C444, 8, &[[81, 90, 240]; 3]);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 5]).unwrap();
    assert_eq!(shown(dir.path(), &toml(FILM)).len(), 2);
    fs::write(&path, &whole[..whole.len() - 70]).unwrap();
    let (_, outcome) = run(dir.path(), &toml(FILM));
    assert!(format!("{:?}", outcome.fault).contains("it contains no frame"), "{:?}", outcome.fault);
}

#[test]
fn what_is_no_such_video_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("film.y4m");
    let refused = |header: &str| {
        fs::write(&path, header).unwrap();
        refusal(dir.path(), &toml(FILM))
    };
    let text = refused("RIFF....AVI ");
    assert!(text.contains("is not a YUV4MPEG2 video"), "{text}");
    let text = refused("YUV4MPEG2 W4 H2 F25:1 C420p10\n");
    assert!(
        text.contains("has the format C420p10, expected 8 bits per sample; convert it with `ffmpeg"),
        "{text}"
    );
    let text = refused("YUV4MPEG2 W4 H2 F25:1 C444 XCOLORRANGE=FULL\n");
    assert!(text.contains("full-range colours"), "{text}");
    let text = refused("YUV4MPEG2 W100000 H100000 F25:1 C444\n");
    assert!(text.contains("states 100000×100000 pixels, more than the 256 MiB of a frame"), "{text}");
    let text = refused("YUV4MPEG2 W4 H2 F0:1 C444\n");
    assert!(text.contains("0 frames a second"), "{text}");
}

#[test]
fn a_camera_falls_back_to_images_and_says_so() {
    let dir = folder();
    let named = "kind = \"camera\"\ndevice = \"/dev/no-such-camera\"\nwidth = 4\nheight = 4";
    let text = refusal(dir.path(), &toml(&format!("{named}\nfallback = \".\"")));
    assert!(text.starts_with("`device` of `camera`"), "{text}");
    if io::has_device("camera") {
        kws_tests::skipped("this computer has a camera");
        return;
    }
    let camera = "kind = \"camera\"\nwidth = 4\nheight = 4";
    let plan = plan(dir.path(), &toml(&format!("{camera}\nfallback = \".\""))).unwrap();
    let [notice] = &plan.notices[..] else { panic!("{:?}", plan.notices) };
    assert!(notice.starts_with("no camera (") && notice.contains("showing the images of `.`"), "{notice}");
    assert_eq!(shown(dir.path(), &toml(&format!("{camera}\nfallback = \".\""))).len(), 3);
    let text = refusal(dir.path(), &toml(&format!("{camera}\nfallback = \"nothing\"")));
    assert!(text.contains("`fallback` of `camera`: cannot open"), "{text}");
}

#[test]
fn images_of_other_channels_are_refused_where_they_are_read() {
    let dir = tempfile::tempdir().unwrap();
    GrayImage::from_pixel(4, 4, Luma([9])).save(dir.path().join("a.png")).unwrap();
    let source = "[[stage]]\nkind = \"image_files\"\npath = \".\"\n";
    let text =
        refusal(dir.path(), &format!("{source}[[stage]]\nkind = \"mfcc\"\n[[stage]]\nkind = \"catch\"\n"));
    assert!(text.contains("writes image u8[4×4×3]"), "{text}");
}
