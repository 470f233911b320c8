//! TFLite Micro's signal operators, over the arithmetic of [`micro_frontend`](crate::micro_frontend).

use super::cell::Cell;
use super::{Constants, pair};
use crate::micro_frontend::fft::{self, Point};
use crate::micro_frontend::{self as front_end, Complex};
use crate::op::{
    SignalAutoScale, SignalEnergy, SignalFilterBank, SignalLog, SignalPcan, SignalRfft, SignalSquareRoot,
    SignalSubtraction, SignalWindow, Span,
};

/// Four bytes of the arena: a u32, or the two parts of a complex number.
type Quad = [i8; 4];

#[inline(always)]
fn word(bytes: &Quad) -> u32 {
    let [a, b, c, d] = *bytes;
    u32::from_le_bytes([a as u8, b as u8, c as u8, d as u8])
}

#[inline(always)]
fn quad(word: u32) -> Quad {
    let [a, b, c, d] = word.to_le_bytes();
    [a as i8, b as i8, c as i8, d as i8]
}

impl Point for Quad {
    #[inline(always)]
    fn get(self) -> Complex {
        let word = word(&self);
        Complex { re: word as i16, im: (word >> 16) as i16 }
    }

    #[inline(always)]
    fn put(number: Complex) -> Self {
        quad(u32::from(number.re as u16) | u32::from(number.im as u16) << 16)
    }
}

#[inline(always)]
fn i16_of(bytes: &<i16 as Cell>::Bytes) -> i16 {
    let [a, b] = *bytes;
    i16::from_le_bytes([a as u8, b as u8])
}

pub(super) fn window(op: &SignalWindow, constants: Constants<'_>, arena: &mut [i8]) {
    let coefficients = i16::of(&constants.bytes[op.coefficients.range()]);
    let (input, output) = pair(arena, op.input, op.output);
    for ((from, to), by) in i16::of(input).iter().zip(i16::of_mut(output)).zip(coefficients.iter().cycle()) {
        let product = front_end::window::weighted(i16_of(from), i16_of(by), op.shift);
        *to = i16::put(product.clamp(i16::MIN.into(), i16::MAX.into()));
    }
}

pub(super) fn auto_scale(op: &SignalAutoScale, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let bits = front_end::window::headroom(i16::of(input).iter().map(i16_of));
    for (from, to) in i16::of(input).iter().zip(i16::of_mut(output)) {
        *to = i16::put(i16::get(from) << bits);
    }
    arena[op.bits.range()].copy_from_slice(&quad(bits));
}

pub(super) fn rfft(op: &SignalRfft, constants: Constants<'_>, arena: &mut [i8]) {
    let half = op.length as usize / 2;
    let (twiddles, splits) = constants.bytes[op.roots.range()].as_chunks::<4>().0.split_at(half);
    let [input, output, scratch] = arena
        .get_disjoint_mut([op.input.range(), op.output.range(), op.scratch.range()])
        .expect("spans of a plan lie apart in the arena");
    let (points, other) = scratch.as_chunks_mut::<4>().0.split_at_mut(half);
    for (samples, bins) in
        input.chunks_exact(2 * op.row as usize).zip(output.chunks_exact_mut(4 * (half + 1)))
    {
        // Even samples are real, odd ones imaginary: as the samples lie, they are points.
        let (used, padding) = points.as_flattened_mut().split_at_mut(samples.len());
        used.copy_from_slice(samples);
        padding.fill(0);
        let points = fft::transform(points, other, twiddles);
        join(points, splits, bins.as_chunks_mut().0);
    }
}

/// Joins the spectra of the even and of the odd samples.
fn join(points: &[Quad], splits: &[Quad], bins: &mut [Quad]) {
    let half = points.len();
    let (first, last) = fft::end_bins(points[0].get());
    (bins[0], bins[half]) = (Quad::put(first), Quad::put(last));
    for (k, split) in (1..).zip(splits) {
        let (low, high) = fft::real_bins(points[k].get(), points[half - k].get(), split.get());
        bins[k] = Quad::put(low);
        // The bin in the middle is one of both; the upper one stands, as in kiss_fft.
        bins[half - k] = Quad::put(high);
    }
}

pub(super) fn energy(op: &SignalEnergy, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let (start, end) = (op.start as usize, op.end as usize);
    let (bins, energies) = (input.as_chunks::<4>().0, output.as_chunks_mut().0);
    energies.fill(quad(0));
    for (bin, energy) in bins[start..end].iter().zip(&mut energies[start..end]) {
        *energy = quad(bin.get().energy());
    }
}

pub(super) fn filter_bank(op: &SignalFilterBank, constants: Constants<'_>, arena: &mut [i8]) {
    let of = |span: Span| i16::of(&constants.bytes[span.range()]);
    let (weights, unweights) = (of(op.weights), of(op.unweights));
    let (starts, weight_starts, widths) = (of(op.starts), of(op.weight_starts), of(op.widths));
    let (input, output) = pair(arena, op.input, op.output);
    let (energies, sums) = (input.as_chunks::<4>().0, output.as_chunks_mut::<8>().0);
    let sums_of = |channel: usize| {
        let [start, weight, width] =
            [starts, weight_starts, widths].map(|list| i16::get(&list[channel]) as usize);
        let weights = weights[weight..weight + width].iter().zip(&unweights[weight..weight + width]);
        energies[start..start + width].iter().zip(weights).fold(
            (0, 0),
            |sums, (energy, (rising, falling))| {
                // Weights are sign-extended, as in C.
                let [rising, falling] = [rising, falling].map(|weight| i64::from(i16_of(weight)) as u64);
                front_end::filter_bank::add(sums, word(energy), rising, falling)
            },
        )
    };
    // The first sums belong to what lies below the first channel.
    let (_, mut carried) = sums_of(0);
    for (channel, out) in (1..).zip(sums) {
        let (above, below) = sums_of(channel);
        *out = carried.wrapping_add(above).to_le_bytes().map(|byte| byte as i8);
        carried = below;
    }
}

pub(super) fn square_root(op: &SignalSquareRoot, _: Constants<'_>, arena: &mut [i8]) {
    let bits = arena[op.bits.range()].first_chunk().map_or(0, word);
    let (input, output) = pair(arena, op.input, op.output);
    for (from, to) in input.as_chunks::<8>().0.iter().zip(output.as_chunks_mut().0) {
        let number = u64::from_le_bytes(from.map(|byte| byte as u8));
        // Of a shift by more than 31 bits C says nothing; processors take its lowest five.
        *to = quad(front_end::filter_bank::any_rounded_root(number).wrapping_shr(bits));
    }
}

pub(super) fn subtraction(op: &SignalSubtraction, _: Constants<'_>, arena: &mut [i8]) {
    let spans = [op.input.range(), op.output.range(), op.noise.range(), op.state.range()];
    let [input, output, noise, state] =
        arena.get_disjoint_mut(spans).expect("spans of a plan lie apart in the arena");
    let channels = input.as_chunks().0.iter().zip(state.as_chunks_mut().0).enumerate();
    let results = output.as_chunks_mut().0.iter_mut().zip(noise.as_chunks_mut().0);
    for ((channel, (signal, estimate)), (out, noise)) in channels.zip(results) {
        let (now, remains) = op.coefficients.step(channel, word(estimate), word(signal));
        (*out, *noise, *estimate) = (quad(remains), quad(now), quad(now));
    }
}

/// Signal and noise may be one and the same.
pub(super) fn pcan(op: &SignalPcan, constants: Constants<'_>, arena: &mut [i8]) {
    let gains = i16::of(&constants.bytes[op.gains.range()]);
    for at in (0..op.output.len as usize).step_by(4) {
        let [signal, noise] =
            [op.input, op.noise].map(|span| arena[span.at as usize + at..].first_chunk().map_or(0, word));
        let ratio = front_end::pcan::ratio(|at| i16_of(&gains[at]), op.shift, noise, signal);
        arena[op.output.at as usize + at..][..4].copy_from_slice(&quad(ratio));
    }
}

pub(super) fn log(op: &SignalLog, constants: Constants<'_>, arena: &mut [i8]) {
    let table = i16::of(&constants.bytes[op.table.range()]);
    let (input, output) = pair(arena, op.input, op.output);
    for (from, to) in input.as_chunks().0.iter().zip(i16::of_mut(output)) {
        let log = front_end::log::log(|at| i16_of(&table[at]) as u16, op.scale, word(from) << op.shift);
        *to = i16::put(log.min(i16::MAX as u32) as i32);
    }
}
