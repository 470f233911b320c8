//! Log-mel features of the pipeline's definition, until the stages themselves run here.

use std::f64::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use super::FrontEnd;

const CLIP: usize = 16_000;
const WINDOW: usize = 480;
const HOP: usize = 320;
const FFT: usize = 512;

/// Natural logarithm of a mel power spectrum, optionally followed by a DCT-II.
pub(super) struct LogMel {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    bands: Vec<Band>,
    dct: Option<Vec<Vec<f32>>>,
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    power: Vec<f32>,
    logs: Vec<f32>,
}

struct Band {
    first: usize,
    weights: Vec<f32>,
}

impl LogMel {
    pub(super) fn new(bands: usize, low_hz: f64, high_hz: f64, coefficients: Option<usize>) -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(FFT);
        let window =
            (0..WINDOW).map(|n| (0.5 - 0.5 * (2.0 * PI * n as f64 / WINDOW as f64).cos()) as f32).collect();
        let dct = coefficients.map(|count| (0..count).map(|k| dct_row(k, bands)).collect());
        Self {
            frame: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            power: vec![0.0; FFT / 2 + 1],
            logs: vec![0.0; bands],
            bands: mel_bands(bands, low_hz, high_hz),
            fft,
            window,
            dct,
        }
    }

    fn frame(&mut self, samples: &[i16], out: &mut [f32]) {
        self.frame.fill(0.0);
        for ((f, &s), &w) in self.frame.iter_mut().zip(samples).zip(&self.window) {
            *f = f32::from(s) / 32768.0 * w;
        }
        self.fft.process(&mut self.frame, &mut self.spectrum).expect("the buffers are the plan's own");
        for (p, c) in self.power.iter_mut().zip(&self.spectrum) {
            *p = c.norm_sqr();
        }
        for (log, band) in self.logs.iter_mut().zip(&self.bands) {
            let energy: f32 = band.weights.iter().zip(&self.power[band.first..]).map(|(w, p)| w * p).sum();
            *log = (energy + 1e-6).ln();
        }
        match &self.dct {
            None => out.copy_from_slice(&self.logs),
            Some(rows) => {
                for (o, row) in out.iter_mut().zip(rows) {
                    *o = row.iter().zip(&self.logs).map(|(a, b)| a * b).sum();
                }
            }
        }
    }
}

impl FrontEnd for LogMel {
    fn shape(&self) -> [usize; 2] {
        [(CLIP - WINDOW) / HOP + 1, self.dct.as_ref().map_or(self.bands.len(), Vec::len)]
    }

    fn clip_samples(&self) -> usize {
        CLIP
    }

    fn extract(&mut self, samples: &[i16], out: &mut [f32]) {
        let width = self.shape()[1];
        for (k, row) in out.chunks_exact_mut(width).enumerate() {
            self.frame(&samples[k * HOP..k * HOP + WINDOW], row);
        }
    }
}

/// HTK mel triangles over the linear bins, as TensorFlow's `linear_to_mel_weight_matrix` builds them.
fn mel_bands(count: usize, low_hz: f64, high_hz: f64) -> Vec<Band> {
    let mel = |hz: f64| 1127.0 * (1.0 + hz / 700.0).ln();
    let (low, high) = (mel(low_hz), mel(high_hz));
    let edge = |i: usize| low + (high - low) * i as f64 / (count + 1) as f64;
    let bins: Vec<f64> = (0..=FFT / 2).map(|b| mel(b as f64 * 16_000.0 / FFT as f64)).collect();
    (0..count)
        .map(|i| {
            let (a, b, c) = (edge(i), edge(i + 1), edge(i + 2));
            let weight = |&m: &f64| ((m - a) / (b - a)).min((c - m) / (c - b)).max(0.0) as f32;
            // The bin of 0 Hz is left out, as in TensorFlow.
            let mut weights: Vec<f32> = bins.iter().skip(1).map(weight).collect();
            let first = weights.iter().position(|&w| w > 0.0).unwrap_or(0);
            let last = weights.iter().rposition(|&w| w > 0.0).map_or(first, |l| l + 1);
            weights.truncate(last);
            Band { first: first + 1, weights: weights.split_off(first) }
        })
        .collect()
}

fn dct_row(k: usize, bands: usize) -> Vec<f32> {
    let scale = (2.0 / bands as f64).sqrt();
    (0..bands).map(|n| (scale * (PI * k as f64 * (n as f64 + 0.5) / bands as f64).cos()) as f32).collect()
}
