//! The steps of the transform, for any number of points side by side.
//!
//! Complex points lie in blocks of `L`: `L` real parts, then `L` imaginary ones.

use super::lanes::{Complex, Lanes};

/// `L` complex points in memory.
type Block<const L: usize> = [[f32; L]; 2];

/// Writes the spectrum of `frame`, which is padded with zeros.
///
/// `spectrum` has two values more than the transform has points, a power of two: 4 or more, 32 or more where points
/// are computed side by side.
///
/// # Panics
/// When `twiddles` are those of another size or of other lanes.
#[inline(always)]
pub(super) fn forward<const L: usize, V: Lanes<L>>(frame: &[f32], spectrum: &mut [f32], twiddles: &[f32]) {
    let points = spectrum.as_chunks_mut::<2>().0;
    let count = points.len() - 1;
    let points = points[..count].as_flattened_mut();
    let mut span = if count < 4 {
        points.copy_from_slice(padded::<2>(frame, 0).as_flattened());
        1
    } else {
        first::<L, V>(frame, points.as_chunks_mut().0);
        4
    };
    let blocks = points.as_chunks_mut::<L>().0.as_chunks_mut::<2>().0;
    let mut twiddles = twiddles.as_chunks::<L>().0.as_chunks::<2>().0;
    while span < count {
        let radix = if 4 * span <= count { 4 } else { 2 };
        let (own, rest) = twiddles.split_at((radix - 1) * span / L);
        match radix {
            4 => fours::<L, V>(blocks, own.as_chunks().0),
            _ => twos::<L, V>(blocks, own),
        }
        (twiddles, span) = (rest, radix * span);
    }
    split::<L, V>(spectrum, twiddles);
}

/// Transforms every four points of the frame that lie a quarter apart; `groups` of four are in the order in which the
/// next steps join them.
#[inline(always)]
fn first<const L: usize, V: Lanes<L>>(frame: &[f32], groups: &mut [[f32; 8]]) {
    let count = groups.len();
    let quarter = |number: usize| {
        let own = frame.get(2 * number * count..).unwrap_or_default();
        &own[..own.len().min(2 * count)]
    };
    let (a, b, c, d) = (quarter(0), quarter(1), quarter(2), quarter(3));
    let places: [usize; L] = core::array::from_fn(|lane| place(lane, count));
    for at in (0..count).step_by(L) {
        let joined = four(load(a, at), load(b, at), load(c, at), load(d, at));
        let own = place(at, count);
        for (place, group) in places.iter().zip(V::gather(joined)) {
            groups[own | place] = group;
        }
    }
}

/// Complex points from place `at` on.
#[inline(always)]
fn load<const L: usize, V: Lanes<L>>(samples: &[f32], at: usize) -> Complex<V> {
    match samples.as_chunks::<2>().0.get(at..).and_then(<[_]>::first_chunk) {
        Some(points) => V::part(points),
        None => V::part(&padded(samples, at)),
    }
}

/// Complex points from place `at` on, zeros beyond the samples.
#[cold]
#[inline(never)]
fn padded<const L: usize>(samples: &[f32], at: usize) -> [Complex<f32>; L] {
    let sample = |index: usize| samples.get(index).copied().unwrap_or(0.0);
    core::array::from_fn(|lane| [sample(2 * (at + lane)), sample(2 * (at + lane) + 1)])
}

/// Where, among `count` groups, the one goes that begins with point `index`: its digits to the base 4 in reverse, after
/// the lowest bit where their number of bits is odd.
#[inline(always)]
fn place(index: usize, count: usize) -> usize {
    let bits = count.trailing_zeros();
    let mirrored = (index as u32).reverse_bits().unbounded_shr(32 - bits);
    let low = if bits.is_multiple_of(2) { u32::MAX } else { count as u32 / 2 - 1 };
    let pairs = mirrored & low;
    ((pairs >> 1) & 0x5555_5555 | (pairs & 0x5555_5555) << 1 | mirrored & !low) as usize
}

/// Joins every four neighbouring transforms into one, four times as long.
#[inline(always)]
fn fours<const L: usize, V: Lanes<L>>(blocks: &mut [Block<L>], twiddles: &[[Block<L>; 3]]) {
    let span = twiddles.len();
    for group in blocks.chunks_exact_mut(4 * span) {
        let (low, high) = group.split_at_mut(2 * span);
        let ((a, b), (c, d)) = (low.split_at_mut(span), high.split_at_mut(span));
        for ((((a, b), c), d), [one, two, three]) in a.iter_mut().zip(b).zip(c).zip(d).zip(twiddles) {
            let turned = (turn(b, one), turn(c, two), turn(d, three));
            let joined = four::<L, V>(a.map(V::load), turned.0, turned.1, turned.2);
            [*a, *b, *c, *d] = joined.map(|point| point.map(V::store));
        }
    }
}

/// Joins the two halves.
#[inline(always)]
fn twos<const L: usize, V: Lanes<L>>(blocks: &mut [Block<L>], twiddles: &[Block<L>]) {
    let (low, high) = blocks.split_at_mut(twiddles.len());
    for ((a, b), twiddle) in low.iter_mut().zip(high).zip(twiddles) {
        let (even, odd) = (a.map(V::load), turn::<L, V>(b, twiddle));
        [*a, *b] = [plus(even, odd), minus(even, odd)].map(|point| point.map(V::store));
    }
}

/// Makes the transform of a frame's complex points that of its samples.
///
/// Bins k and count - k come from the points of the same numbers. They overwrite them, from both ends to the middle.
#[inline(always)]
fn split<const L: usize, V: Lanes<L>>(spectrum: &mut [f32], twiddles: &[Block<L>]) {
    let count = spectrum.len() / 2 - 1;
    let block = |spectrum: &[f32], number: usize| {
        let block: &Block<L> = &spectrum.as_chunks().0.as_chunks().0[number];
        block.map(V::load)
    };
    let half = V::load([0.5; L]);
    let mut after = block(spectrum, 0);
    for (number, twiddle) in twiddles.iter().enumerate() {
        let (near, far) = (block(spectrum, number), block(spectrum, count / L - 1 - number));
        let far_back = [far[0].mirrored(after[0]), far[1].mirrored(after[1])];
        after = far;
        let (sum, difference) = (plus(near, far_back), minus(near, far_back));
        let even = [sum[0].times(half), difference[1].times(half)];
        let odd = times([difference[0], sum[1]], twiddle.map(V::load));
        let bins = spectrum.as_chunks_mut().0;
        bins[number * L..][..L].copy_from_slice(&V::pair(plus(even, odd)));
        let conjugate = [even[0].minus(odd[0]), odd[1].minus(even[1])];
        bins[count + 1 - (number + 1) * L..][..L].copy_from_slice(&V::pair_back(conjugate));
    }
    let [re, im] = after.map(|part| part.store()[0]);
    spectrum.as_chunks_mut().0[count / 2] = [re, -im];
}

/// The transform of four points.
#[inline(always)]
fn four<const L: usize, V: Lanes<L>>(
    a: Complex<V>,
    b: Complex<V>,
    c: Complex<V>,
    d: Complex<V>,
) -> [Complex<V>; 4] {
    let (even, odd) = ([plus(a, c), minus(a, c)], [plus(b, d), minus(b, d)]);
    let [re, im] = odd[1];
    [
        plus(even[0], odd[0]),
        [even[1][0].plus(im), even[1][1].minus(re)],
        minus(even[0], odd[0]),
        [even[1][0].minus(im), even[1][1].plus(re)],
    ]
}

#[inline(always)]
fn turn<const L: usize, V: Lanes<L>>(points: &Block<L>, twiddles: &Block<L>) -> Complex<V> {
    times(points.map(V::load), twiddles.map(V::load))
}

#[inline(always)]
fn plus<const L: usize, V: Lanes<L>>(a: Complex<V>, b: Complex<V>) -> Complex<V> {
    [a[0].plus(b[0]), a[1].plus(b[1])]
}

#[inline(always)]
fn minus<const L: usize, V: Lanes<L>>(a: Complex<V>, b: Complex<V>) -> Complex<V> {
    [a[0].minus(b[0]), a[1].minus(b[1])]
}

#[inline(always)]
fn times<const L: usize, V: Lanes<L>>(a: Complex<V>, b: Complex<V>) -> Complex<V> {
    [a[0].times(b[0]).minus(a[1].times(b[1])), a[0].times(b[1]).plus(a[1].times(b[0]))]
}
