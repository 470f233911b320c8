//! The vision stages against NumPy: vectors and the script that made them are in `tests/vectors/vision`; and what must
//! hold of every image.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use kws_engine::testing::Rig;
use kws_engine::{Element, PlanError, Port, Quant, Role};

/// Microseconds of an image.
const PERIOD: u64 = 100_000;

fn golden(name: &str) -> Vec<u8> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/vision"));
    let file = fs::read(folder.join(name).with_extension("npy")).unwrap();
    let header = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
    assert!(str::from_utf8(&file[10..header]).unwrap().contains("'|u1'"), "{name}");
    file[header..].to_vec()
}

fn images_as(role: Role, height: usize, width: usize, channels: usize) -> Port {
    Port::source(Element::U8, vec![height, width, channels], role, 1_000_000, PERIOD)
}

fn images(height: usize, width: usize, channels: usize) -> Port {
    images_as(Role::IMAGE, height, width, channels)
}

fn stage(kind: &str, params: &str) -> String {
    format!("[[stage]]\nkind = '{kind}'\n{params}\n")
}

fn planned(port: &Port, toml: &str) -> Rig {
    Rig::new(kws_stages::register, port, toml).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(port: &Port, toml: &str) -> String {
    let error: PlanError = Rig::new(kws_stages::register, port, toml).err().expect("it is refused");
    error.to_string()
}

/// What stages make of images, all of them one after the other.
fn made(port: &Port, toml: &str, items: &[u8]) -> Vec<u8> {
    planned(port, toml).run::<u8, u8>(items).into_iter().flat_map(|(_, block)| block).collect()
}

/// Ticks of the images that pass.
fn passed(port: &Port, toml: &str, items: &[u8]) -> Vec<u64> {
    planned(port, toml).run::<u8, u8>(items).into_iter().map(|(at, _)| at / PERIOD).collect()
}

/// Numbers that look like none.
fn noise(count: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn resize_matches_numpy() {
    for (width, height) in [(48, 36), (31, 17), (24, 24), (80, 60), (1, 1), (64, 12)] {
        for method in ["area", "bilinear"] {
            for (source, channels, suffix) in [("rgb", 3, ""), ("grey", 1, "_grey")] {
                let toml =
                    stage("resize", &format!("width = {width}\nheight = {height}\nmethod = '{method}'"));
                let found = made(&images(48, 64, channels), &toml, &golden(source));
                let name = format!("{method}_{width}x{height}{suffix}");
                assert!(found == golden(&name), "{name}");
            }
        }
    }
}

#[test]
fn resize_to_the_same_size_changes_nothing() {
    for method in ["area", "bilinear"] {
        let toml = stage("resize", &format!("width = 64\nheight = 48\nmethod = '{method}'"));
        assert!(made(&images(48, 64, 3), &toml, &golden("rgb")) == golden("rgb"), "{method}");
    }
}

#[test]
fn resize_keeps_an_even_surface_even_and_the_mean_of_an_area() {
    // Ratios whose column sums need 16 and 32 bits, up and down.
    for (height, width, to_height, to_width) in
        [(480, 640, 96, 96), (509, 61, 96, 17), (7, 5, 96, 64), (1, 1, 9, 9)]
    {
        for method in ["area", "bilinear"] {
            let toml =
                stage("resize", &format!("width = {to_width}\nheight = {to_height}\nmethod = '{method}'"));
            let port = images(height, width, 1);
            for level in [0, 1, 137, 255] {
                let found = made(&port, &toml, &vec![level; height * width]);
                assert!(
                    found.iter().all(|value| *value == level),
                    "{method} {height}×{width}, level {level}"
                );
            }
        }
        let toml = stage("resize", "width = 1\nheight = 1");
        let pixels = noise(height * width, 5);
        let sum: u64 = pixels.iter().map(|value| u64::from(*value)).sum();
        let mean = (2 * sum + pixels.len() as u64) / (2 * pixels.len() as u64);
        assert_eq!(made(&images(height, width, 1), &toml, &pixels), [mean as u8]);
    }
}

#[test]
fn area_of_a_turned_image_is_turned() {
    let (height, width) = (37, 29);
    let pixels = noise(height * width, 11);
    let turned: Vec<u8> = (0..width)
        .flat_map(|x| (0..height).map(move |y| (y, x)))
        .map(|(y, x)| pixels[y * width + x])
        .collect();
    for method in ["area", "bilinear"] {
        let toml = |w, h| stage("resize", &format!("width = {w}\nheight = {h}\nmethod = '{method}'"));
        let found = made(&images(height, width, 1), &toml(10, 12), &pixels);
        let of_turned = made(&images(width, height, 1), &toml(12, 10), &turned);
        let back: Vec<u8> =
            (0..12).flat_map(|y| (0..10).map(move |x| (y, x))).map(|(y, x)| of_turned[x * 12 + y]).collect();
        assert_eq!(found, back, "{method}");
    }
}

#[test]
fn resize_refuses_what_its_sums_do_not_hold() {
    planned(&images(1021, 1019, 3), &stage("resize", "width = 1013\nheight = 3001\nmethod = 'bilinear'"));
    let text =
        refused(&images(1021, 1019, 3), &stage("resize", "width = 2203\nheight = 3001\nmethod = 'bilinear'"));
    assert!(text.contains("found 2203×3001 of 1019×1021, whose exact sums need more than 32 bits"), "{text}");
}

#[test]
fn colour_matches_numpy() {
    let rgb = images(48, 64, 3);
    assert!(made(&rgb, &stage("colour", "to = 'grey'"), &golden("rgb")) == golden("grey"));
    let yuyv = images_as(Role::new("yuyv"), 16, 32, 2);
    assert!(made(&yuyv, &stage("colour", "to = 'rgb'"), &golden("yuyv")) == golden("yuyv_rgb"));
    assert!(made(&yuyv, &stage("colour", "to = 'grey'"), &golden("yuyv")) == golden("yuyv_grey"));
    let swapped: Vec<u8> =
        golden("rgb565").as_chunks().0.iter().flat_map(|&[high, low]| [low, high]).collect();
    for (role, pixels) in [("rgb565", golden("rgb565")), ("rgb565le", swapped)] {
        let port = images_as(Role::new(role), 32, 64, 2);
        assert!(made(&port, &stage("colour", "to = 'rgb'"), &pixels) == golden("rgb565_rgb"), "{role}");
        assert!(made(&port, &stage("colour", "to = 'grey'"), &pixels) == golden("rgb565_grey"), "{role}");
    }
}

#[test]
fn grey_becomes_rgb_and_grey_again() {
    let grey: Vec<u8> = (0..=255).collect();
    let toml = format!("{}{}", stage("colour", "to = 'rgb'"), stage("colour", "to = 'grey'\nname = 'back'"));
    assert_eq!(made(&images(16, 16, 1), &toml, &grey), grey);
}

#[test]
fn colour_refuses_what_it_does_not_know() {
    let text = refused(&images(4, 4, 4), &stage("colour", "to = 'rgb'"));
    assert!(text.contains("`feed` writes image u8[4×4×4]") && text.contains("expected images"), "{text}");
    let text = refused(&images(4, 4, 3), &stage("colour", "to = 'rgb'"));
    assert!(text.contains("which already has that format") && text.contains("remove the stage"), "{text}");
    let text = refused(&images_as(Role::new("yuyv"), 4, 5, 2), &stage("colour", "to = 'rgb'"));
    assert!(text.contains("of even width"), "{text}");
}

#[test]
fn other_stages_refuse_channels_that_are_no_colours() {
    for (kind, params) in
        [("resize", "width = 2\nheight = 2"), ("crop", ""), ("exposure", ""), ("motion", "")]
    {
        let text = refused(&images(16, 16, 2), &stage(kind, params));
        assert!(text.contains("images of 2 channels, expected 1 (grey) or 3 (RGB)"), "{kind}: {text}");
        let text = refused(&images_as(Role::new("yuyv"), 16, 16, 2), &stage(kind, params));
        assert!(text.contains("raw formats become images by `colour`"), "{kind}: {text}");
    }
}

/// Columns and rows of a crop of an image whose pixels are their own places.
fn region(params: &str) -> (Vec<u8>, Vec<usize>) {
    let pixels: Vec<u8> = (0..60).collect();
    let rig = planned(&images(6, 10, 1), &stage("crop", params));
    (rig.run::<u8, u8>(&pixels)[0].1.clone(), rig.output().shape.clone())
}

#[test]
fn crop_takes_the_centre_or_a_region() {
    assert_eq!(region("width = 2\nheight = 2"), (vec![24, 25, 34, 35], vec![2, 2, 1]));
    assert_eq!(region("width = 3\nheight = 1\nx = 0\ny = 5"), (vec![50, 51, 52], vec![1, 3, 1]));
    assert_eq!(region("aspect = [1, 1]").1, [6, 6, 1]);
    assert_eq!(region("aspect = [1, 1]").0[..3], [2, 3, 4]);
    assert_eq!(region("aspect = [4, 1]").1, [2, 10, 1]);
    assert_eq!(region("").1, [6, 10, 1]);
}

#[test]
fn crop_of_colours_takes_whole_pixels() {
    let pixels: Vec<u8> = (0..2 * 3 * 3).collect();
    let found = made(&images(2, 3, 3), &stage("crop", "width = 1\nheight = 2\nx = 2"), &pixels);
    assert_eq!(found, [6, 7, 8, 15, 16, 17]);
}

#[test]
fn crop_refuses_what_lies_outside() {
    let text = refused(&images(6, 10, 1), &stage("crop", "width = 11"));
    assert!(text.contains("found 11, expected 1 to 10"), "{text}");
    let text = refused(&images(6, 10, 1), &stage("crop", "width = 4\nx = 7"));
    assert!(text.contains("found 7, expected at most 6"), "{text}");
    let text = refused(&images(6, 10, 1), &stage("crop", "width = 4\naspect = [1, 1]"));
    assert!(text.contains("`aspect` together with `width` or `height`"), "{text}");
    let text = refused(&images(6, 10, 1), &stage("crop", "aspect = [1, 0]"));
    assert!(text.contains("expected numbers above 0"), "{text}");
}

fn normalised(params: &str) -> Vec<i8> {
    let pixels: Vec<u8> = (0..=255).collect();
    planned(&images(16, 16, 1), &stage("normalise", params)).run::<u8, i8>(&pixels)[0].1.clone()
}

#[test]
fn normalise_is_pixel_less_128_by_default_and_for_the_usual_scales() {
    let expected: Vec<i8> = (-128..=127).collect();
    assert_eq!(normalised(""), expected);
    // TensorFlow Lite Micro's person_detect: real values from −1 to 1.
    let around_zero =
        normalised("mean = 127.5\ndeviation = 127.5\nscale = 0.00784313725490196\nzero_point = 0");
    assert_eq!(around_zero[255], 127, "127.5 steps are clipped");
    assert_eq!(around_zero[128], 1, "half a step is rounded away from zero");
    assert_eq!(around_zero[0], -128);
}

#[test]
fn normalise_tells_its_quantisation() {
    let rig = planned(&images(16, 16, 1), &stage("normalise", "scale = 0.02\nzero_point = -5"));
    assert_eq!(rig.output().quant, Some(Quant { scale: 0.02, zero_point: -5 }));
    assert_eq!((rig.output().element, &rig.output().shape[..]), (Element::I8, &[16, 16, 1][..]));
}

fn exposures(params: &str, levels: &[u8]) -> Vec<Vec<f32>> {
    let pixels: Vec<u8> = levels.iter().flat_map(|level| vec![*level; 300]).collect();
    let blocks = planned(&images(10, 30, 1), &stage("exposure", params)).run::<u8, f32>(&pixels);
    blocks.into_iter().map(|(_, block)| block).collect()
}

#[test]
fn exposure_tells_dark_bright_and_good() {
    let [dark, bright, good] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    assert_eq!(
        exposures("clipped = 1", &[0, 23, 24, 120, 231, 232, 255]),
        [dark, dark, good, good, good, bright, bright]
    );
}

#[test]
fn exposure_counts_what_is_clipped() {
    // 300 values: 180 may be clipped. More than a span of 255 is black, or white.
    let image = |clipped: usize, level: u8| {
        let mut pixels = vec![level; clipped];
        pixels.resize(300, 128);
        pixels
    };
    let found = |pixels: Vec<u8>| {
        let rig = planned(&images(10, 30, 1), &stage("exposure", "dark = 0\nbright = 255"));
        rig.run::<u8, f32>(&pixels)[0].1.iter().position(|value| *value == 1.0)
    };
    assert_eq!(found(image(180, 4)), Some(2));
    assert_eq!(found(image(181, 4)), Some(0));
    assert_eq!(found(image(300, 5)), Some(2));
    assert_eq!(found(image(180, 251)), Some(2));
    assert_eq!(found(image(300, 251)), Some(1));
    assert_eq!(found(image(300, 250)), Some(2));
}

#[test]
fn exposure_has_labels() {
    let rig = planned(&images(10, 30, 3), &stage("exposure", ""));
    assert_eq!(rig.output().labels, ["dark", "bright", "good"]);
    let text = refused(&images(10, 30, 3), &stage("exposure", "dark = 100\nbright = 50"));
    assert!(text.contains("found 100, expected at most `bright`, 50"), "{text}");
}

/// Images of 16×16, each even but for one cell of 8×8 of this level.
fn scene(levels: &[u8]) -> Vec<u8> {
    let image = |level: u8| (0..256).map(move |place| if place % 16 < 8 && place < 128 { level } else { 90 });
    levels.iter().flat_map(|level| image(*level)).collect()
}

#[test]
fn motion_passes_what_differs() {
    let port = images(16, 16, 1);
    let still = "cells = 1\nhold_ms = 0\nevery_ms = 0";
    let scene = scene(&[90, 90, 101, 113, 113, 90, 90]);
    assert_eq!(passed(&port, &stage("motion", still), &scene), [1, 4, 6], "a step of 11 is none of 12");
    assert_eq!(passed(&port, &stage("motion", "cells = 2\nhold_ms = 0\nevery_ms = 0"), &scene), [1]);
    assert_eq!(
        passed(&port, &stage("motion", "cells = 1\nhold_ms = 100\nevery_ms = 0"), &scene),
        [1, 2, 4, 5, 6, 7]
    );
    assert_eq!(
        passed(&port, &stage("motion", "cells = 1\nhold_ms = 0\nevery_ms = 200"), &scene),
        [1, 3, 4, 6]
    );
}

#[test]
fn motion_begins_anew_after_a_gap() {
    let rig =
        planned(&images(16, 16, 1), &stage("motion", "cells = 1\nhold_ms = 0\nevery_ms = 0")).gap(2, PERIOD);
    let found: Vec<u64> =
        rig.run::<u8, u8>(&scene(&[90; 4])).into_iter().map(|(at, _)| at / PERIOD).collect();
    assert_eq!(found, [1, 4]);
}

#[test]
fn motion_of_cells_that_do_not_fit_counts_the_rest() {
    // 5×5 pixels in cells of 2: the last row and column are cells of their own.
    let mut pixels = vec![50; 75];
    pixels[25 + 24] = 150;
    let toml = stage("motion", "cell = 2\ncells = 1\nhold_ms = 0\nevery_ms = 0");
    assert_eq!(passed(&images(5, 5, 1), &toml, &pixels), [1, 2, 3]);
    let text = refused(&images(5, 5, 1), &stage("motion", "cell = 2\ncells = 10"));
    assert!(text.contains("found 10, expected at most the 9"), "{text}");
}

/// Images whose exposure opens a gate in front of them.
fn gated(params: &str, levels: &[u8]) -> Vec<u64> {
    let toml = format!(
        "{}{}",
        stage("exposure", ""),
        stage("gate", &format!("inputs = ['feed', 'exposure']\nlabel = 'good'\n{params}"))
    );
    let pixels: Vec<u8> = levels.iter().flat_map(|level| vec![*level; 64]).collect();
    passed(&images(8, 8, 1), &toml, &pixels)
}

#[test]
fn a_gate_passes_images_that_are_well_exposed() {
    assert_eq!(gated("", &[0, 100, 255, 120, 0]), [2, 4]);
}

#[test]
fn a_gate_knows_its_labels() {
    let toml = format!(
        "{}{}",
        stage("exposure", ""),
        stage("gate", "inputs = ['feed', 'exposure']\nlabel = 'fine'")
    );
    let text = refused(&images(8, 8, 1), &toml);
    assert!(text.contains("found `fine`, expected one of `dark`, `bright`, `good`"), "{text}");
    let toml = stage("gate", "inputs = ['feed', 'feed']\nlabel = 'good'");
    assert!(refused(&images(8, 8, 1), &toml).contains("expected posteriors or events as the second input"));
}
