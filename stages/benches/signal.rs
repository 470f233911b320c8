//! Time of the signal stages for one frame of 30 ms every 20 ms: 40 bands, 10 coefficients.
#![allow(clippy::unwrap_used, reason = "a bench may panic")]

use divan::Bencher;
use kws_engine::testing::Rig;
use kws_engine::{Buffer, Element, HostInput, HostOutput, Inputs, Item, Port, Role};

fn main() {
    divan::main();
}

const HOP: usize = 320;

/// Plans the stages, and times the last of them on one hop's input.
fn frame<I, O>(bencher: Bencher<'_, '_>, kinds: &[&str], input: Buffer)
where
    I: Item + HostInput,
    O: Item + HostOutput,
{
    let toml: String = kinds.iter().map(|kind| format!("[[stage]]\nkind = {kind}\n")).collect();
    let port = Port::source(Element::I16, vec![HOP], Role::SAMPLES, 16_000, HOP as u64);
    let rig = Rig::new(kws_stages::register, &port, &toml).unwrap();
    let name = kinds.last().unwrap().split('\'').nth(1).unwrap();
    let mut stage = rig.stage::<I, O>(name);
    let mut output = Buffer::zeroed(<O as Item>::ELEMENT, rig.output().len());
    bencher.bench_local(move || {
        let inputs = Inputs { block: divan::black_box(&input), at: 0, which: 0, latest: &[] };
        stage.fire(inputs, divan::black_box(&mut output))
    });
}

fn samples() -> Buffer {
    Buffer::I16((0..HOP).map(|n| ((n * 7919) % 20_011) as i16 - 10_000).collect())
}

fn reals(len: usize) -> Buffer {
    Buffer::F32((0..len).map(|n| ((n * 7919) % 1009) as f32 / 1009.0).collect())
}

#[divan::bench]
fn mfcc_portable(bencher: Bencher<'_, '_>) {
    frame::<i16, f32>(bencher, &["'mfcc'"], samples());
}

#[divan::bench]
fn mfcc_fast(bencher: Bencher<'_, '_>) {
    frame::<i16, f32>(bencher, &["'mfcc'\ntransform = 'fast'"], samples());
}

#[divan::bench]
fn window(bencher: Bencher<'_, '_>) {
    frame::<i16, f32>(bencher, &["'window'"], samples());
}

#[divan::bench]
fn fft_portable(bencher: Bencher<'_, '_>) {
    frame::<f32, f32>(bencher, &["'window'", "'fft'"], reals(480));
}

#[divan::bench]
fn fft_fast(bencher: Bencher<'_, '_>) {
    frame::<f32, f32>(bencher, &["'window'", "'fft'\ntransform = 'fast'"], reals(480));
}

#[divan::bench]
fn mel(bencher: Bencher<'_, '_>) {
    frame::<f32, f32>(bencher, &["'window'", "'fft'", "'mel'"], reals(514));
}

#[divan::bench]
fn log(bencher: Bencher<'_, '_>) {
    frame::<f32, f32>(bencher, &["'window'", "'fft'", "'mel'", "'log'"], reals(40));
}

#[divan::bench]
fn dct(bencher: Bencher<'_, '_>) {
    frame::<f32, f32>(bencher, &["'window'", "'fft'", "'mel'", "'log'", "'dct'"], reals(40));
}
