use std::f64::consts::TAU;

use super::*;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/pdm");

fn golden<const ORDER: usize>(gain: u32) {
    let read = |name: &str| std::fs::read(format!("{VECTORS}/{name}")).unwrap();
    let bits = read("bits.pdm");
    let expected = read(&format!("order{ORDER}_gain{gain}.s16"));
    let expected: Vec<i16> = expected.as_chunks().0.iter().map(|bytes| i16::from_le_bytes(*bytes)).collect();
    let mut found = vec![0; expected.len()];
    let mut decimator = Decimator::<ORDER>::new(gain);
    // In portions, so that what is kept from one to the next is tested too.
    for (bits, found) in bits.chunks(24 * BYTES_PER_SAMPLE).zip(found.chunks_mut(24)) {
        decimator.process(bits, found);
    }
    assert_eq!(found, expected, "order {ORDER}, gain {gain}");
    decimator.reset();
    decimator.process(&bits, &mut found);
    assert_eq!(found, expected, "after a reset");
}

#[test]
fn equals_convolutions_in_numpy() {
    for gain in [0, 3] {
        golden::<3>(gain);
        golden::<4>(gain);
        golden::<5>(gain);
    }
}

/// A modulator of third order (Schreier's CIFB form for 64-fold oversampling): its own noise up to 8 kHz is 79.6 dB below a
/// tone of amplitude 0.5.
#[derive(Default)]
struct Modulator([f64; 3]);

impl Modulator {
    fn bit(&mut self, input: f64) -> u8 {
        let [a, b, c] = self.0;
        let bit = c + input >= 0.0;
        let error = input - if bit { 1.0 } else { -1.0 };
        self.0 = [a + 0.0440 * error, b + a + 0.2881 * error, c + b + 0.7997 * error];
        u8::from(bit)
    }
}

/// A second of a tone that a modulator made bits of, once the filters have settled.
fn tone<const ORDER: usize>(hz: f64, amplitude: f64) -> Vec<f64> {
    let mut modulator = Modulator::default();
    let mut bit = |n: usize| modulator.bit(amplitude * (TAU * hz * n as f64 / 1_024_000.0).sin());
    let bytes: Vec<u8> = (0..16_512 * BYTES_PER_SAMPLE)
        .map(|byte| (0..8).fold(0, |bits, place| bits << 1 | bit(byte * 8 + place)))
        .collect();
    let mut samples = vec![0; 16_512];
    Decimator::<ORDER>::new(0).process(&bytes, &mut samples);
    samples[512..].iter().map(|sample| f64::from(*sample)).collect()
}

/// Amplitude of the tone and of all else: all tones are whole hertz, and so periodic in a second.
fn amplitudes(samples: &[f64], hz: f64) -> (f64, f64) {
    let part = |turn: fn(f64) -> f64| {
        let turned =
            samples.iter().enumerate().map(|(n, sample)| sample * turn(TAU * hz * n as f64 / 16_000.0));
        2.0 * turned.sum::<f64>() / samples.len() as f64
    };
    let tone = f64::hypot(part(f64::sin), part(f64::cos));
    let mean = samples.iter().sum::<f64>() / samples.len() as f64;
    let power = samples.iter().map(|sample| sample * sample).sum::<f64>() / samples.len() as f64;
    (tone, f64::sqrt(2.0 * (power - mean * mean - tone * tone / 2.0)))
}

fn signal_to_noise<const ORDER: usize>() -> f64 {
    let (tone, rest) = amplitudes(&tone::<ORDER>(1000.0, 0.5), 1000.0);
    assert!((tone / 16_384.0 - 1.0).abs() < 0.002, "order {ORDER}: amplitude {tone}");
    20.0 * (tone / rest).log10()
}

#[test]
fn a_tone_of_1_khz_is_as_clean_as_its_bits() {
    let found = [signal_to_noise::<3>(), signal_to_noise::<4>(), signal_to_noise::<5>()];
    println!("signal to noise with order 3, 4, 5: {found:.1?} dB");
    assert!(found[0] > 75.0 && found[1] > 79.0 && found[2] > 79.0, "{found:?}");
}

#[test]
fn the_passband_is_flat() {
    let level = |hz| 20.0 * (amplitudes(&tone::<5>(hz, 0.5), hz).0 / 16_384.0).log10();
    let levels = [100.0, 1000.0, 3000.0, 5000.0, 6000.0, 6900.0].map(level);
    println!("levels: {levels:.3?} dB");
    assert!(levels.iter().all(|level| level.abs() < 0.05), "{levels:?}");
}

#[test]
fn what_would_fold_is_kept_out() {
    // 10 kHz and 31 kHz would come out as 6 kHz and 1 kHz.
    for (hz, folded) in [(10_000.0, 6000.0), (31_000.0, 1000.0)] {
        let found = 20.0 * (amplitudes(&tone::<5>(hz, 0.5), folded).0 / 16_384.0).log10();
        assert!(found < -64.0, "{hz} Hz comes out {found:.1} dB below");
    }
}
