//! From samples to energies: SignalWindow, SignalFftAutoScale, SignalRfft, SignalEnergy.

use crate::error::{ModelError, ModelErrorKind};
use crate::micro_frontend::{Complex, fft};
use crate::op::{Op, SignalAutoScale, SignalEnergy, SignalRfft, SignalWindow};
use crate::planner::Lowering;
use crate::planner::node::Node;
use crate::schema::Element;

/// Fewest and most points of a transform.
const LENGTHS: (i64, i64) = (16, 4096);
/// Number of int16 in the schema, as the option `T` has it.
const INT16: i64 = 7;

impl<'a> Lowering<'_, 'a> {
    pub(in crate::planner) fn signal_window(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, coefficients, output) = (node.input(0)?, node.input(1)?, node.output(0)?);
        let (count, window) = (input.tensor.count(), coefficients.tensor.count());
        node.expect(&input, Element::I16)?;
        node.expect_list(&output, Element::I16, count)?;
        if window == 0 || !count.is_multiple_of(window) {
            return Err(node.shape(&input, format!("a multiple of the window's {window} samples")));
        }
        let op = SignalWindow {
            shift: node.option("shift", 0, 31)?,
            coefficients: self.shorts(node, &coefficients)?,
            input: self.read(node, &input)?,
            output: self.write(node, &output)?,
        };
        self.macs = count as u64;
        self.ops.push(Op::SignalWindow(op));
        Ok(())
    }

    pub(in crate::planner) fn signal_auto_scale(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, output, bits) = (node.input(0)?, node.output(0)?, node.output(1)?);
        node.expect(&input, Element::I16)?;
        node.expect_list(&output, Element::I16, input.tensor.count())?;
        node.expect_list(&bits, Element::I32, 1)?;
        let op = SignalAutoScale {
            input: self.read(node, &input)?,
            output: self.write(node, &output)?,
            bits: self.write(node, &bits)?,
        };
        self.ops.push(Op::SignalAutoScale(op));
        Ok(())
    }

    pub(in crate::planner) fn signal_rfft(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
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

    pub(in crate::planner) fn signal_energy(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        node.expect(&input, Element::I16)?;
        let bins = input.tensor.count() / 2;
        node.expect_list(&output, Element::U32, bins)?;
        let end = node.option("end_index", 0, bins as i64)?;
        let start = node.option("start_index", 0, i64::from(end))?;
        let (input, output) = (self.read(node, &input)?, self.write(node, &output)?);
        self.macs = 2 * u64::from(end - start);
        self.ops.push(Op::SignalEnergy(SignalEnergy { input, output, start, end }));
        Ok(())
    }
}

/// A root as the arena's numbers lie.
fn bytes(root: Complex) -> [u8; 4] {
    let (re, im) = (root.re.to_le_bytes(), root.im.to_le_bytes());
    [re[0], re[1], im[0], im[1]]
}
