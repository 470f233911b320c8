//! What computes the operations of a plan.
//!
//! [`Plain`] is the reference: portable and safe. Its kernels are in the files of the operators; here is what several of
//! them need. Other sets replace single operators and must equal it bit for bit.

pub(crate) mod cell;
mod channels;
pub mod dsp;
pub(crate) mod float;
pub mod helium;
pub(crate) mod int16;
pub mod only;
mod streamed;
pub(crate) mod walk;
pub(crate) mod window;

#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")))]
pub(crate) mod packed;
#[cfg(feature = "std")]
mod set;

pub use channels::Channels;
pub use dsp::Dsp;
pub use helium::Helium;
pub use only::Only;
#[cfg(all(feature = "std", target_arch = "wasm32"))]
pub use packed::Simd128;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
pub use packed::{Avx2, AvxVnni, Vnni};
#[cfg(all(feature = "std", target_arch = "aarch64"))]
pub use packed::{Neon, NeonDot};
#[cfg(feature = "std")]
pub use set::KernelSet;
pub use streamed::Streamed;

use super::op::{self, Op, Span};
use super::operators;

/// The pools of constants of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Constants<'a> {
    /// Weights and tables.
    pub bytes: &'a [i8],
    /// Biases, multipliers and shifts.
    pub words: &'a [i32],
}

macro_rules! define_kernels {
    ($($(#[$about:meta])+ $variant:ident($of:ident): $family:ident, $method:ident = $kernel:expr;)+) => {
        /// A set of kernels, one function per operation. What a set does not replace is the plain kernel.
        ///
        /// A set is a value without contents. Having one proves that this machine can run it.
        pub trait Kernels: Copy + Send + 'static {
            $(
                $(#[$about])+
                fn $method(self, op: &op::$of, constants: Constants<'_>, arena: &mut [i8]) {
                    $kernel(op, constants, arena);
                }
            )+
        }

        /// Runs one operation.
        #[inline(always)]
        pub(crate) fn run<K: Kernels>(kernels: K, op: &Op, constants: Constants<'_>, arena: &mut [i8]) {
            match op {
                $(Op::$variant(op) => kernels.$method(op, constants, arena),)+
            }
        }

        impl<K: Kernels, const OPERATORS: u32> Kernels for Only<K, OPERATORS> {
            $(
                fn $method(self, op: &op::$of, constants: Constants<'_>, arena: &mut [i8]) {
                    self.has(only::$family).$method(op, constants, arena);
                }
            )+
        }
    };
}

crate::operators::table::operations!(define_kernels);

/// The portable reference kernels.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Kernels for Plain {}

/// The input and the output of an operator; the planner placed them apart.
pub(crate) fn pair(arena: &mut [i8], input: Span, output: Span) -> (&[i8], &mut [i8]) {
    let [input, output] = arena
        .get_disjoint_mut([input.range(), output.range()])
        .expect("spans of a plan lie apart in the arena");
    (input, output)
}

/// The input, the output and a third span of an operator, its scratch memory or its state; the planner placed them apart.
// As a call it costs `yes_no_tiny` on a Cortex-M55 4 % of its instructions (`.ci/firmware`).
#[inline(always)]
pub(crate) fn lend(arena: &mut [i8], input: Span, output: Span, third: Span) -> [&mut [i8]; 3] {
    arena
        .get_disjoint_mut([input.range(), output.range(), third.range()])
        .expect("spans of a plan lie apart in the arena")
}

/// Two inputs, which may be one and the same, and the output of an operator; the planner placed it apart from them.
pub(crate) fn inputs(arena: &mut [i8], inputs: [Span; 2], output: Span) -> ([&[i8]; 2], &mut [i8]) {
    let (before, rest) = arena.split_at_mut(output.at as usize);
    let (output, after) = rest.split_at_mut(output.len as usize);
    let (before, after) = (&*before, &*after);
    let end = before.len() + output.len();
    let input = |span: Span| match before.get(span.range()) {
        Some(input) => input,
        None => &after[span.at as usize - end..][..span.len as usize],
    };
    (inputs.map(input), output)
}

/// Sum of the products of weights with offset inputs.
#[inline]
pub(crate) fn dot(inputs: &[i8], weights: &[i8], input_offset: i32) -> i32 {
    let products =
        inputs.iter().zip(weights).map(|(x, w)| i32::from(*w).wrapping_mul(i32::from(*x) + input_offset));
    products.fold(0, i32::wrapping_add)
}

/// Output channels that the plain kernels sum at a time.
pub(crate) const TOGETHER: usize = 4;

/// Whether they do: modules for web pages, where vectors do the work, are kept small.
pub(crate) const SHARES: bool = cfg!(not(target_arch = "wasm32"));

/// Adds [`dot`] of the same inputs with [`TOGETHER`] rows of weights, which begin `stride` apart. A core without vectors spends
/// most of its time here: an input is read once for all rows, and two inputs share what a round of the loop costs. More of
/// either would not fit the registers. Written out, since firmware is compiled for size, which leaves loops as they are.
#[inline(never)]
pub(crate) fn dots(sums: &mut [i32; TOGETHER], inputs: &[i8], weights: &[i8], stride: usize, offset: i32) {
    let row = |row: usize| weights[row * stride..][..inputs.len()].as_chunks::<2>();
    let (pairs, rest) = inputs.as_chunks::<2>();
    let ([(a, a_rest), (b, b_rest), (c, c_rest), (d, d_rest)], [mut p, mut q, mut r, mut s]) =
        ([row(0), row(1), row(2), row(3)], *sums);
    for ((((x, a), b), c), d) in pairs.iter().zip(a).zip(b).zip(c).zip(d) {
        let (i, j) = (i32::from(x[0]) + offset, i32::from(x[1]) + offset);
        p = add(add(p, a[0], i), a[1], j);
        q = add(add(q, b[0], i), b[1], j);
        r = add(add(r, c[0], i), c[1], j);
        s = add(add(s, d[0], i), d[1], j);
    }
    if let ([x], [a], [b], [c], [d]) = (rest, a_rest, b_rest, c_rest, d_rest) {
        let x = i32::from(*x) + offset;
        (p, q, r, s) = (add(p, *a, x), add(q, *b, x), add(r, *c, x), add(s, *d, x));
    }
    *sums = [p, q, r, s];
}

/// A sum and one more product.
#[inline(always)]
pub(crate) fn add(sum: i32, weight: i8, value: i32) -> i32 {
    sum.wrapping_add(i32::from(weight).wrapping_mul(value))
}
