//! Time of one frame of `micro_frontend`: `cargo bench -p kws-stages --bench micro_frontend`.
//!
//! `tests/oracle/speed.py` compares it with the C library in the same run.

use std::hint::black_box;
use std::time::Instant;

use kws_stages::audio::micro_frontend::{Analyser, CHANNELS, Reference, Tables, WINDOW};

const HOP: usize = 160;
const SECONDS: usize = 10;
const ROUNDS: usize = 40;

fn main() {
    // Noise that swells and fades, so that every branch of the scaling is taken.
    let mut state = 1_u32;
    let samples: Vec<i16> = (0..SECONDS * 16_000)
        .map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 16) as i16) >> (i / 4_000 % 12)
        })
        .collect();
    let mut analyser = Analyser::new(Box::new(Tables::new(Reference::CLibrary)));
    let mut features = [0; CHANNELS];
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            let mut frames = 0;
            for window in samples.windows(WINDOW).step_by(HOP) {
                let window = window.first_chunk().expect("a window is as long as a window");
                analyser.process(black_box(window), &mut features);
                black_box(&features);
                frames += 1;
            }
            start.elapsed().as_secs_f64() * 1e6 / f64::from(frames)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("micro_frontend: median {:.3} us, minimum {:.3} us a frame", times[ROUNDS / 2], times[0]);
}
