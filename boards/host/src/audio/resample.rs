//! One channel from any rate to any other, as it comes.

use super::LARGEST;
use kws_spectral::divisor;
use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, Resampler as _};

/// The most samples of the shortest stretch that both rates fill with whole samples.
const LONGEST: u32 = 100_000;

/// Resamples one channel without delay or added length: output sample `k` is the input at time `k / to`, and a
/// stream of `n` samples becomes `ceil(n × to / from)`.
///
/// The filter is rubato's synchronous FFT resampler (overlap-add, Blackman-Harris² anti-aliasing window). Its sums
/// run in the order that the processor's vector unit likes, so that other processors may differ in the last bit of
/// the `f32`; after rounding to 16 bits that is a rare single step.
pub(crate) struct Resampler {
    filter: Fft<f32>,
    from: u64,
    to: u64,
    /// Input that does not yet make a chunk.
    input: Vec<f32>,
    filled: usize,
    output: Vec<f32>,
    /// Samples of the filter's delay, still to be left out.
    trim: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// Whether there is a filter for these rates.
    ///
    /// # Errors
    /// When a rate is 0, or the rates share so small a divisor that the filter would take seconds to plan and hundreds of
    /// megabytes.
    pub(crate) fn supports(from: u32, to: u32) -> Result<(), String> {
        if from == 0 || to == 0 || from.max(to) / divisor(from, to) > LONGEST {
            return Err(format!(
                "cannot resample from {from} Hz to {to} Hz, whose greatest common divisor is {}; convert the recording, for \
                 example with `ffmpeg -i IN -ar {to} OUT.wav`",
                divisor(from, to)
            ));
        }
        Ok(())
    }

    /// From one rate to another in Hz, in chunks of about `chunk` input samples: longer ones have a steeper filter.
    ///
    /// # Errors
    /// As [`supports`](Self::supports).
    pub(crate) fn new(from: u32, to: u32, chunk: usize) -> Result<Self, String> {
        Self::supports(from, to)?;
        let filter = kws_spectral::resampler(from, to, chunk)
            .map_err(|error| format!("cannot resample from {from} Hz to {to} Hz: {error}"))?;
        Ok(Resampler {
            from: u64::from(from),
            to: u64::from(to),
            input: vec![0.0; filter.input_frames_max()],
            filled: 0,
            output: vec![0.0; filter.output_frames_max()],
            trim: filter.output_delay(),
            taken: 0,
            given: 0,
            filter,
        })
    }

    /// Takes samples in and adds what has become ready.
    ///
    /// # Errors
    /// When the filter refuses its input, which it has no reason to.
    pub(crate) fn push(&mut self, mut samples: &[f32], into: &mut Vec<f32>) -> Result<(), String> {
        self.taken += samples.len() as u64;
        while !samples.is_empty() {
            let room = &mut self.input[self.filled..];
            let (now, later) = samples.split_at(room.len().min(samples.len()));
            // One sample that is no number would spoil the whole chunk, and a device may bring one.
            let plausible = |sample: f32| if sample.abs() <= LARGEST { sample } else { 0.0 };
            room.iter_mut().zip(now).for_each(|(place, &sample)| *place = plausible(sample));
            self.filled += now.len();
            samples = later;
            if self.filled == self.input.len() {
                self.turn(u64::MAX, into)?;
            }
        }
        Ok(())
    }

    /// Ends the stream: adds what is left, and starts anew.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub(crate) fn finish(&mut self, into: &mut Vec<f32>) -> Result<(), String> {
        let whole = (self.taken * self.to).div_ceil(self.from);
        while self.given < whole {
            self.input[self.filled..].fill(0.0);
            self.turn(whole, into)?;
        }
        self.restart();
        (self.taken, self.given) = (0, 0);
        Ok(())
    }

    /// Leaves out `frames` of the input, and what has not yet come out. Returns how many output samples are missing.
    pub(crate) fn skip(&mut self, frames: u64) -> u64 {
        self.taken += frames;
        let next = (self.taken * self.to).div_ceil(self.from);
        let lost = next.saturating_sub(self.given);
        self.restart();
        // Counting goes on from a place where both clocks agree.
        (self.taken, self.given) = (0, 0);
        lost
    }

    fn restart(&mut self) {
        self.filter.reset();
        self.filled = 0;
        self.trim = self.filter.output_delay();
    }

    /// Filters one chunk and adds its output, up to `whole` samples of the stream.
    fn turn(&mut self, whole: u64, into: &mut Vec<f32>) -> Result<(), String> {
        let (frames, room) = (self.input.len(), self.output.len());
        let text = |error: &dyn std::fmt::Display| format!("resampling failed: {error}");
        let input = SequentialSlice::new(&self.input, 1, frames).map_err(|error| text(&error))?;
        let mut output = SequentialSlice::new_mut(&mut self.output, 1, room).map_err(|error| text(&error))?;
        let (_, made) =
            self.filter.process_into_buffer(&input, &mut output, None).map_err(|error| text(&error))?;
        self.filled = 0;
        let begin = self.trim.min(made);
        self.trim -= begin;
        let end =
            made.min(begin + usize::try_from(whole - self.given).unwrap_or(usize::MAX).min(made - begin));
        self.given += (end - begin) as u64;
        into.extend_from_slice(&self.output[begin..end]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn tone(hz: f64, rate: u32, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| (0.5 * (TAU * hz * n as f64 / f64::from(rate)).sin()) as f32).collect()
    }

    fn resampled(from: u32, to: u32, input: &[f32], pieces: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(from, to, 1024).unwrap();
        let mut output = Vec::new();
        for piece in input.chunks(pieces) {
            resampler.push(piece, &mut output).unwrap();
        }
        resampler.finish(&mut output).unwrap();
        output
    }

    #[test]
    fn keeps_time_and_shape_of_a_tone() {
        for (from, to) in
            [(44_100, 16_000), (48_000, 16_000), (8_000, 16_000), (22_050, 16_000), (11_025, 16_000)]
        {
            let output = resampled(from, to, &tone(440.0, from, from as usize), 777);
            assert_eq!(output.len(), to as usize);
            let expected = tone(440.0, to, to as usize);
            // The ends lack what was before and comes after.
            let worst = (1000..15_000).map(|n| (output[n] - expected[n]).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-4, "from {from} Hz: off by {worst}");
        }
    }

    #[test]
    fn what_is_no_number_is_silence() {
        let mut input = tone(440.0, 48_000, 48_000);
        input[10_000] = f32::NAN;
        input[30_000] = f32::INFINITY;
        input[40_000] = f32::MAX;
        let output = resampled(48_000, 16_000, &input, 777);
        assert!(output.iter().all(|sample| sample.abs() < 2.0));
    }

    #[test]
    fn stops_what_the_lower_rate_cannot_carry() {
        let output = resampled(48_000, 16_000, &tone(11_000.0, 48_000, 48_000), 4096);
        let worst = output[1000..15_000].iter().fold(0.0, |worst: f32, sample| worst.max(sample.abs()));
        assert!(worst < 1e-4, "a tone of 11 kHz comes through at {worst}");
    }

    #[test]
    fn does_not_depend_on_the_pieces() {
        let input = tone(300.0, 44_100, 20_000);
        assert_eq!(resampled(44_100, 16_000, &input, 1), resampled(44_100, 16_000, &input, 20_000));
    }

    #[test]
    fn rates_that_need_a_huge_filter_are_refused() {
        for rate in [8_000, 11_025, 22_050, 44_100, 44_101, 48_000, 96_000, 192_000, 768_000] {
            assert_eq!(Resampler::supports(rate, 16_000), Ok(()));
        }
        let text = Resampler::supports(767_999, 16_000).unwrap_err();
        assert!(text.contains("greatest common divisor is 1;") && text.contains("-ar 16000"), "{text}");
        assert!(Resampler::supports(0, 16_000).is_err());
    }

    #[test]
    fn counts_what_is_missing_after_a_gap() {
        let mut resampler = Resampler::new(48_000, 16_000, 1024).unwrap();
        let mut output = Vec::new();
        resampler.push(&tone(440.0, 48_000, 48_000), &mut output).unwrap();
        let before = output.len() as u64;
        let lost = resampler.skip(24_000);
        assert_eq!(before + lost, 24_000);
        output.clear();
        resampler.push(&tone(440.0, 48_000, 48_000), &mut output).unwrap();
        resampler.finish(&mut output).unwrap();
        assert_eq!(output.len(), 16_000);
    }
}
