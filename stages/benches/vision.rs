//! Time of the vision stages for a camera's image of 640×480, beside the crate `image`, and of the whole way from there
//! to MLPerf Tiny's Visual Wake Words reference's answer, where the reference is at hand.
#![allow(clippy::unwrap_used, reason = "a bench may panic")]

use std::path::Path;

use divan::{Bencher, black_box};
use image::imageops::{self, FilterType};
use image::{DynamicImage, RgbImage};
use kws_engine::testing::Rig;
use kws_engine::{Buffer, Element, HostInput, HostOutput, Inputs, Item, Node, Port, Role};

fn main() {
    divan::main();
}

const WIDTH: usize = 640;
const HEIGHT: usize = 480;
const MODEL: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/models/mlperf_vww_96_int8.tflite");

fn pixels(count: usize) -> Vec<u8> {
    (0..count).map(|n| (n * 7919 % 251) as u8).collect()
}

fn camera(role: Role, channels: usize) -> Port {
    Port::source(Element::U8, vec![HEIGHT, WIDTH, channels], role, 1_000_000, 100_000)
}

/// A stage of a chain, and the block that it writes.
struct Step {
    node: Box<dyn Node>,
    output: Buffer,
}

impl Step {
    /// Plans the stages of `toml`, and makes the last of them, which is of `kind`.
    fn new<I, O>(port: &Port, toml: &str, kind: &str) -> Self
    where
        I: Item + HostInput,
        O: Item + HostOutput,
    {
        let rig = Rig::new(kws_stages::register, port, toml).unwrap_or_else(|error| panic!("{error}"));
        let output = Buffer::zeroed(<O as Item>::ELEMENT, rig.output().len());
        Step { node: rig.stage::<I, O>(kind), output }
    }

    fn fire(&mut self, block: &Buffer) {
        let inputs = Inputs { block: black_box(block), at: 0, which: 0, latest: &[] };
        let _ = self.node.fire(inputs, black_box(&mut self.output)).unwrap();
    }
}

fn one(bencher: Bencher<'_, '_>, port: &Port, toml: &str, kind: &str) {
    let mut step = Step::new::<u8, u8>(port, toml, kind);
    let image = Buffer::U8(pixels(port.len()).into());
    bencher.bench_local(|| step.fire(&image));
}

const RESIZE: &str = "[[stage]]\nkind = 'resize'\nwidth = 96\nheight = 96\n";

#[divan::bench]
fn resize_area(bencher: Bencher<'_, '_>) {
    one(bencher, &camera(Role::IMAGE, 3), RESIZE, "resize");
}

#[divan::bench]
fn resize_bilinear(bencher: Bencher<'_, '_>) {
    one(bencher, &camera(Role::IMAGE, 3), &format!("{RESIZE}method = 'bilinear'\n"), "resize");
}

/// The crate's mean over boxes.
#[divan::bench]
fn resize_by_image_thumbnail(bencher: Bencher<'_, '_>) {
    let image = RgbImage::from_raw(WIDTH as u32, HEIGHT as u32, pixels(WIDTH * HEIGHT * 3)).unwrap();
    bencher.bench_local(|| imageops::thumbnail(black_box(&image), 96, 96));
}

/// The crate's interpolation, which looks at all that lies under a pixel.
#[divan::bench]
fn resize_by_image_triangle(bencher: Bencher<'_, '_>) {
    let image = RgbImage::from_raw(WIDTH as u32, HEIGHT as u32, pixels(WIDTH * HEIGHT * 3)).unwrap();
    bencher.bench_local(|| imageops::resize(black_box(&image), 96, 96, FilterType::Triangle));
}

#[divan::bench]
fn rgb_to_grey(bencher: Bencher<'_, '_>) {
    one(bencher, &camera(Role::IMAGE, 3), "[[stage]]\nkind = 'colour'\nto = 'grey'\n", "colour");
}

#[divan::bench]
fn rgb_to_grey_by_image(bencher: Bencher<'_, '_>) {
    let image = RgbImage::from_raw(WIDTH as u32, HEIGHT as u32, pixels(WIDTH * HEIGHT * 3)).unwrap();
    let image = DynamicImage::from(image);
    bencher.bench_local(|| black_box(&image).to_luma8());
}

#[divan::bench]
fn yuyv_to_rgb(bencher: Bencher<'_, '_>) {
    one(bencher, &camera(Role::new("yuyv"), 2), "[[stage]]\nkind = 'colour'\nto = 'rgb'\n", "colour");
}

#[divan::bench]
fn rgb565_to_rgb(bencher: Bencher<'_, '_>) {
    one(bencher, &camera(Role::new("rgb565"), 2), "[[stage]]\nkind = 'colour'\nto = 'rgb'\n", "colour");
}

/// From 640×480 RGB to a posterior: resize, exposure, motion, normalise and classifier, one after the other.
#[divan::bench]
fn image_to_posterior(bencher: Bencher<'_, '_>) {
    if !Path::new(MODEL).exists() {
        eprintln!("SKIPPED: {MODEL} is missing");
        return;
    }
    let port = camera(Role::IMAGE, 3);
    let motion = format!("{RESIZE}[[stage]]\nkind = 'motion'\n");
    let exposure = format!("{RESIZE}[[stage]]\nkind = 'exposure'\n");
    let normalise = format!("{RESIZE}[[stage]]\nkind = 'normalise'\n");
    let classifier = format!(
        "{normalise}[[stage]]\nkind = 'classifier'\nmodel = '{MODEL}'\nlabels = ['nobody', 'person']\n"
    );
    let mut resize = Step::new::<u8, u8>(&port, RESIZE, "resize");
    let mut exposure = Step::new::<u8, f32>(&port, &exposure, "exposure");
    let mut motion = Step::new::<u8, u8>(&port, &motion, "motion");
    let mut normalise = Step::new::<u8, i8>(&port, &normalise, "normalise");
    let mut classifier = Step::new::<i8, i8>(&port, &classifier, "classifier");
    let image = Buffer::U8(pixels(port.len()).into());
    bencher.counter(divan::counter::ItemsCount::new(1_u32)).bench_local(|| {
        resize.fire(&image);
        exposure.fire(&resize.output);
        motion.fire(&resize.output);
        normalise.fire(&resize.output);
        classifier.fire(&normalise.output);
    });
}
