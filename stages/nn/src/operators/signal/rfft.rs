//! SignalRfft.

use super::Quad;
use crate::kernels::{Constants, lend};
use crate::micro_frontend::fft::{self, Point};
use crate::op::{Span, spans};

/// SignalRfft: the spectrum of real samples, divided by half of its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalRfft<A = Span> {
    /// i16 in the arena: rows of samples.
    pub input: A,
    /// i16 in the arena: as many rows of `length / 2 + 1` pairs of a real and an imaginary part.
    pub output: A,
    /// Working memory in the arena, four bytes for each point.
    pub scratch: A,
    /// In the pool of bytes: `length / 2` roots of unity, then `length / 4` more that split the halves.
    pub roots: Span,
    /// Samples of a row, at most `length`; the rest is taken as zeros.
    pub row: u32,
    /// Points of the transform, a power of two from 16 to 4096.
    pub length: u32,
}

spans!(SignalRfft { input: Read, output: Write, scratch: Scratch } { roots, row, length });

pub(crate) fn rfft(op: &SignalRfft, constants: Constants<'_>, arena: &mut [i8]) {
    let half = op.length as usize / 2;
    let (twiddles, splits) = constants.bytes[op.roots.range()].as_chunks::<4>().0.split_at(half);
    let [input, output, scratch] = lend(arena, op.input, op.output, op.scratch);
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

#[cfg(feature = "std")]
mod lower {
    use super::SignalRfft;
    use crate::error::{ModelError, ModelErrorKind};
    use crate::micro_frontend::{Complex, fft};
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::schema::Element;

    /// Fewest and most points of a transform.
    const LENGTHS: (i64, i64) = (16, 4096);

    /// Number of int16 in the schema, as the option `T` has it.
    const INT16: i64 = 7;

    impl<'a> Lowering<'_, 'a> {
        pub(crate) fn signal_rfft(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            node.option("T", INT16, INT16)?;
            node.expect(&input, Element::I16)?;
            let length = node.option("fft_length", LENGTHS.0, LENGTHS.1)? as usize;
            if !length.is_power_of_two() {
                let found = format!("option `fft_length` of {length}");
                return Err(node.refuse(ModelErrorKind::Unsupported, found, "a power of two"));
            }
            let row = input.tensor.shape.last().copied().unwrap_or(0);
            if row == 0 || row > length {
                return Err(node.shape(&input, format!("rows of at most {length} samples")));
            }
            let (rows, half) = (input.tensor.count() / row, length / 2);
            node.expect_list(&output, Element::I16, rows * 2 * (half + 1))?;
            let twiddles = (0..half).map(|k| fft::twiddle(k, half));
            let roots: Vec<u8> =
                twiddles.chain((0..half / 2).map(|k| fft::split(k, half))).flat_map(bytes).collect();
            let op = SignalRfft {
                roots: self.pools.table(&roots)?,
                input: self.read(node, &input)?,
                output: self.write(node, &output)?,
                scratch: self.scratch(4 * length),
                row: row as u32,
                length: length as u32,
            };
            // A pass has three products of four multiplications, and eight divisions, for every four points.
            let passes = half.ilog2().div_ceil(2) as usize;
            self.macs = (rows * (passes * half * 5 + half / 2 * 8)) as u64;
            self.ops.push(Op::SignalRfft(op));
            Ok(())
        }
    }

    /// A root as the arena's numbers lie.
    fn bytes(root: Complex) -> [u8; 4] {
        let (re, im) = (root.re.to_le_bytes(), root.im.to_le_bytes());
        [re[0], re[1], im[0], im[1]]
    }
}
