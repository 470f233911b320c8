//! Times what it is asked to, in turns with another program: `tests/oracle/speed.py` drives it.
//!
//! Arguments say what runs: `infer MODEL KERNELS`, `stream MODEL KERNELS FRAME`, `micro_frontend`, `mfcc TRANSFORM` or
//! `peak KERNELS`. A first line tells the kernels and the multiply-accumulates of one run; then each line of the input is
//! a number of runs, and its answer the nanoseconds that one took.
#![allow(clippy::unwrap_used, reason = "a bench may panic")]

use std::hint::black_box;
use std::io::BufRead;
use std::time::Instant;

use kws_engine::testing::Rig;
use kws_engine::{Buffer, Element, Inputs, Port, Role};
use kws_stages::audio::micro_frontend::{Analyser, CHANNELS, Reference, Tables, WINDOW};
use kws_stages::nn::Model;
use kws_stages::nn::kernels::KernelSet;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["infer", model, kernels] => infer(model, kernels, None),
        ["stream", model, kernels, frame] => infer(model, kernels, Some(frame.parse().unwrap())),
        ["micro_frontend"] => micro_frontend(),
        ["mfcc", transform] => mfcc(transform),
        ["peak", kernels] => peak(kernels),
        _ => println!("skipped: tests/oracle/speed.py asks this bench what to time"),
    }
}

/// Answers lines until there are no more.
fn answer(kernels: &str, macs: u64, mut run: impl FnMut()) {
    println!("{kernels} {macs}");
    for line in std::io::stdin().lock().lines() {
        let runs: u32 = line.unwrap().trim().parse().unwrap();
        let start = Instant::now();
        (0..runs).for_each(|_| run());
        println!("{}", start.elapsed().as_nanos() as f64 / f64::from(runs));
    }
}

fn set(kernels: &str) -> KernelSet {
    match kernels {
        "best" => KernelSet::best(),
        name => KernelSet::named(name).expect("kernels of this computer"),
    }
}

/// A run of a model; of one that streams, with a single new frame.
fn infer(path: &str, kernels: &str, frame: Option<usize>) {
    let bytes = std::fs::read(path).unwrap();
    let model = match frame {
        Some(frame) => Model::open_streaming_for(&bytes, frame, Some(1), set(kernels)).unwrap(),
        None => Model::open_for(&bytes, set(kernels)).unwrap(),
    };
    let mut arena = model.arena();
    answer(model.kernels().name(), model.macs(), || {
        model.run(black_box(&mut arena));
    });
}

/// A frame of 30 ms, 10 ms after the one before, of noise that swells and fades, so that every branch of the scaling is
/// taken.
fn micro_frontend() {
    let mut state = 1_u32;
    let noise = |i: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 16) as i16) >> (i / 4_000 % 12)
    };
    let samples: Vec<i16> = (0..160_000).map(noise).collect();
    let mut analyser = Analyser::new(Box::new(Tables::new(Reference::CLibrary)));
    let mut features = [0; CHANNELS];
    let mut windows = samples.windows(WINDOW).step_by(160).cycle();
    answer("plain", 0, || {
        analyser.process(black_box(windows.next().unwrap().first_chunk().unwrap()), &mut features);
        black_box(&features);
    });
}

/// A frame of 30 ms, 20 ms after the one before: 40 bands, 10 coefficients.
fn mfcc(transform: &str) {
    const HOP: usize = 320;
    let port = Port::source(Element::I16, vec![HOP], Role::SAMPLES, 16_000, HOP as u64);
    let toml = format!("[[stage]]\nkind = 'mfcc'\ntransform = '{transform}'\n");
    let rig = Rig::new(kws_stages::register, &port, &toml).unwrap();
    let mut stage = rig.stage::<i16, f32>("mfcc");
    let mut output = Buffer::zeroed(Element::F32, rig.output().len());
    let input = Buffer::I16((0..HOP).map(|n| ((n * 7919) % 20_011) as i16 - 10_000).collect());
    answer(transform, 0, || {
        let inputs = Inputs { block: black_box(&input), at: 0, which: 0, latest: &[] };
        let flow = stage.fire(inputs, black_box(&mut output)).unwrap();
        let _ = black_box(flow);
    });
}

/// Multiply-accumulates of one run of [`peak`]: its loops, times sums, times lanes, times products of a lane.
#[cfg(target_arch = "x86_64")]
const LOOPS: u64 = 1000;

/// As many multiply-accumulates of bytes as the core can do, in registers alone.
fn peak(kernels: &str) {
    match set(kernels) {
        #[cfg(target_arch = "x86_64")]
        KernelSet::Vnni(_) => answer("vnni", LOOPS * 12 * 16 * 4, || {
            // SAFETY: the kernel set is there only where the processor has these instructions.
            unsafe { x86::vnni() }
        }),
        #[cfg(target_arch = "x86_64")]
        KernelSet::Avx2(_) => answer("avx2", LOOPS * 12 * 8 * 2, || {
            // SAFETY: as above.
            unsafe { x86::avx2() }
        }),
        other => println!("skipped: the peak of {} is not known here", other.name()),
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::*;
    use std::hint::black_box;

    #[target_feature(enable = "avx512f,avx512vnni")]
    pub(super) fn vnni() {
        let (a, b) = (black_box(_mm512_set1_epi8(1)), black_box(_mm512_set1_epi8(2)));
        let mut sums = [_mm512_setzero_si512(); 12];
        for _ in 0..super::LOOPS {
            sums.iter_mut().for_each(|sum| *sum = _mm512_dpbusd_epi32(*sum, a, b));
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn avx2() {
        let (a, b) = (black_box(_mm256_set1_epi16(1)), black_box(_mm256_set1_epi16(2)));
        let mut sums = [_mm256_setzero_si256(); 12];
        for _ in 0..super::LOOPS {
            // The sums hold a factor, so that no product is the same twice.
            sums.iter_mut().for_each(|sum| {
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(_mm256_xor_si256(a, *sum), b))
            });
        }
        black_box(sums);
    }
}
