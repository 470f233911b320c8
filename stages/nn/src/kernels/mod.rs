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
