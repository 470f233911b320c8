//! Kernels that read packed weights: AVX2, AVX-VNNI and AVX-512 with VNNI on x86-64, NEON on AArch64, vectors of 128 bits
//! in WebAssembly.
//!
//! All work alike. The input image is copied once into scratch memory, in the form that the dot product wants and
//! with its padding written out; so every window lies inside it, and a sum is a loop over *steps*: for each step a
//! 32-bit word of the image (four bytes, or two 16-bit integers) is broadcast and multiplied into one vector of
//! output channels. Where the words of a window lie, relative to its corner, is a table that [`pack`] makes once.
//!
//! `unsafe` is confined to this module: each kernel checks, before its loops, that every address that they form lies
//! inside the slices it was given.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avx_vnni;
pub(crate) mod cost;
mod hybrid;
mod image;
mod int16_float;
mod lanes;
mod loops;
#[cfg(target_arch = "aarch64")]
mod neon;
pub(crate) mod pack;
#[cfg(target_arch = "wasm32")]
mod simd128;
mod tables;
#[cfg(test)]
mod tests;

#[cfg(target_arch = "x86_64")]
pub use avx_vnni::AvxVnni;
#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512::Vnni;
#[cfg(target_arch = "aarch64")]
pub use neon::{dotprod::NeonDot, plain::Neon};
#[cfg(target_arch = "wasm32")]
pub use simd128::Simd128;
