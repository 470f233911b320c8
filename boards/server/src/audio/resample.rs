//! One channel from one rate to another, for many streams at once.
//!
//! A polyphase filter whose table all streams of a pair of rates share, so that a stream costs some hundred samples of
//! memory; `rubato`'s resamplers keep their tables and transforms for themselves, and wait for a whole chunk.

use std::collections::HashMap;
use std::f64::consts::PI;
use std::rc::{Rc, Weak};

use crate::wyoming::ClientError;

/// Zero crossings of the filter on each side.
const CROSSINGS: usize = 32;
/// Shape of the Kaiser window: 80 dB beside the band.
const BETA: f64 = 8.0;
/// The cut-off, as a share of the lower rate's half.
const CUTOFF: f64 = 0.94;
/// Most filters of a pair of rates: all common rates need fewer.
const MAX_PHASES: u32 = 640;
/// Most tables at once: clients that make up rates get no further memory.
const MAX_TABLES: usize = 16;

/// The filters of a pair of rates.
struct Table {
    from: u32,
    to: u32,
    /// Samples on each side of an output that count.
    reach: usize,
    /// For each phase `2 × reach` coefficients.
    phases: Vec<f32>,
}

impl Table {
    /// Rates without a common divisor.
    fn new(from: u32, to: u32) -> Self {
        let widen = (f64::from(from) / f64::from(to)).max(1.0);
        let reach = (CROSSINGS as f64 * widen).ceil() as usize;
        let cutoff = CUTOFF / widen;
        let mut phases = Vec::with_capacity(to as usize * 2 * reach);
        for phase in 0..to {
            let taps: Vec<f64> = (0..2 * reach)
                .map(|tap| {
                    let x = tap as f64 + 1.0 - reach as f64 - f64::from(phase) / f64::from(to);
                    cutoff * sinc(cutoff * x) * kaiser(x / reach as f64)
                })
                .collect();
            // Every phase passes a constant as it is.
            let sum: f64 = taps.iter().sum();
            phases.extend(taps.iter().map(|tap| (tap / sum) as f32));
        }
        Table { from, to, reach, phases }
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

fn kaiser(x: f64) -> f64 {
    if x.abs() >= 1.0 { 0.0 } else { bessel(BETA * (1.0 - x * x).sqrt()) / bessel(BETA) }
}

/// The modified Bessel function of order 0.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..40 {
        term *= (x / 2.0 / f64::from(k)).powi(2);
        sum += term;
    }
    sum
}

/// The tables that are in use.
#[derive(Default)]
pub(crate) struct Filters {
    tables: HashMap<(u32, u32), Weak<Table>>,
}

impl Filters {
    /// A resampler for one stream.
    ///
    /// # Errors
    /// When the rates have no small common divisor, or too many others are in use.
    pub(crate) fn resampler(&mut self, from: u32, to: u32) -> Result<Resampler, ClientError> {
        let common = gcd(from, to).max(1);
        let key = (from / common, to / common);
        if key.1 > MAX_PHASES {
            let text =
                format!("audio of {from} Hz, expected a usual rate: 8000, 16000, 22050, 44100, 48000 …");
            return Err(ClientError::new("unsupported-format", text));
        }
        if let Some(table) = self.tables.get(&key).and_then(Weak::upgrade) {
            return Ok(Resampler::new(table));
        }
        self.tables.retain(|_, table| table.strong_count() > 0);
        if self.tables.len() >= MAX_TABLES {
            let text = format!("audio of {from} Hz: {MAX_TABLES} other rates are in use; send 16000");
            return Err(ClientError::new("too-many-rates", text));
        }
        let table = Rc::new(Table::new(key.0, key.1));
        self.tables.insert(key, Rc::downgrade(&table));
        Ok(Resampler::new(table))
    }
}

/// Resamples one channel: output `k` is the input at time `k / to`, and a stream of `n` samples becomes
/// `ceil(n × to / from)`. Output waits for the 32 samples of the lower rate that follow it, 2 ms at 16 kHz.
pub(crate) struct Resampler {
    table: Rc<Table>,
    /// The input that may still count, beginning with silence.
    input: Vec<f32>,
    /// Sample of `input` at or before the next output, and how far behind it that is, in parts of `to`.
    at: usize,
    phase: u32,
    taken: u64,
    given: u64,
}

impl Resampler {
    fn new(table: Rc<Table>) -> Self {
        let at = table.reach - 1;
        Resampler { input: vec![0.0; at], at, table, phase: 0, taken: 0, given: 0 }
    }

    /// Takes samples in and adds what has become ready.
    pub(crate) fn push(&mut self, samples: &[f32], into: &mut Vec<f32>) {
        self.taken += samples.len() as u64;
        self.input.extend_from_slice(samples);
        self.turn(u64::MAX, into);
    }

    /// Ends the stream: adds what is left.
    pub(crate) fn finish(&mut self, into: &mut Vec<f32>) {
        let whole = (self.taken * u64::from(self.table.to)).div_ceil(u64::from(self.table.from));
        self.input.resize(self.input.len() + self.table.reach + 1, 0.0);
        self.turn(whole, into);
    }

    fn turn(&mut self, whole: u64, into: &mut Vec<f32>) {
        let Table { from, to, reach, ref phases } = *self.table;
        while self.given < whole && self.at + reach < self.input.len() {
            let taps = &phases[self.phase as usize * 2 * reach..][..2 * reach];
            let around = &self.input[self.at + 1 - reach..][..2 * reach];
            into.push(dot(taps, around));
            self.given += 1;
            let next = self.phase + from;
            self.at += (next / to) as usize;
            self.phase = next % to;
        }
        let behind = (self.at + 1 - reach).min(self.input.len());
        self.input.drain(..behind);
        self.at -= behind;
    }
}

/// The sum of products, in eight sums that a vector unit can take at once: the same on every machine.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a.zip(b) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, rate: u32, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| (0.5 * (2.0 * PI * hz * n as f64 / f64::from(rate)).sin()) as f32).collect()
    }

    fn resampled(from: u32, to: u32, input: &[f32], pieces: usize) -> Vec<f32> {
        let mut resampler = Filters::default().resampler(from, to).unwrap();
        let mut output = Vec::new();
        input.chunks(pieces).for_each(|piece| resampler.push(piece, &mut output));
        resampler.finish(&mut output);
        output
    }

    #[test]
    fn keeps_time_and_shape_of_a_tone() {
        for from in [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 192_000] {
            for hz in [100.0, 440.0, 3_000.0] {
                let output = resampled(from, 16_000, &tone(hz, from, from as usize), 777);
                assert_eq!(output.len(), 16_000);
                let expected = tone(hz, 16_000, 16_000);
                // The ends lack what was before and comes after.
                let worst = (200..15_800).map(|n| (output[n] - expected[n]).abs()).fold(0.0, f32::max);
                assert!(worst < 2e-4, "{hz} Hz from {from} Hz: off by {worst}");
            }
        }
    }

    #[test]
    fn stops_what_the_lower_rate_cannot_carry() {
        for hz in [8_700.0, 11_000.0, 20_000.0] {
            let output = resampled(48_000, 16_000, &tone(hz, 48_000, 48_000), 480);
            let worst = output[200..15_800].iter().fold(0.0, |worst: f32, sample| worst.max(sample.abs()));
            assert!(worst < 2e-4, "a tone of {hz} Hz comes through at {worst}");
        }
    }

    #[test]
    fn does_not_depend_on_the_pieces() {
        let input = tone(300.0, 44_100, 20_000);
        assert_eq!(resampled(44_100, 16_000, &input, 1), resampled(44_100, 16_000, &input, 20_000));
    }

    #[test]
    fn a_stream_keeps_little() {
        let mut resampler = Filters::default().resampler(44_100, 16_000).unwrap();
        let mut output = Vec::new();
        for _ in 0..1000 {
            output.clear();
            resampler.push(&[0.1; 441], &mut output);
        }
        assert!(resampler.input.capacity() < 1500, "{}", resampler.input.capacity());
    }

    #[test]
    fn made_up_rates_do_not_take_memory() {
        let mut filters = Filters::default();
        assert_eq!(filters.resampler(16_001, 16_000).err().unwrap().code, "unsupported-format");
        let mut rates = (4_000..192_000).step_by(25).filter(|rate| *rate != 16_000);
        let kept: Vec<Resampler> =
            rates.by_ref().take(MAX_TABLES).map(|rate| filters.resampler(rate, 16_000).unwrap()).collect();
        assert_eq!(filters.resampler(190_025, 16_000).err().unwrap().code, "too-many-rates");
        drop(kept);
        assert!(filters.resampler(190_025, 16_000).is_ok());
    }
}
