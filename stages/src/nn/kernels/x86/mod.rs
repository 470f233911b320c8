//! Kernels for x86-64: AVX2, and AVX-512 with VNNI.
//!
//! Both work alike. The input image is copied once into scratch memory, in the form that the dot product wants and
//! with its padding written out; so every window lies inside it, and a sum is a loop over *steps*: for each step a
//! 32-bit word of the image (four bytes, or two 16-bit integers) is broadcast and multiplied into one vector of
//! output channels. Where the words of a window lie, relative to its corner, is a table that [`pack`] makes once.
//!
//! `unsafe` is confined to this module: each kernel checks, before its loops, that every address that they form lies
//! inside the slices it was given.

mod avx2;
mod avx512;
mod image;
pub(crate) mod pack;
mod tables;
#[cfg(test)]
mod tests;

pub use avx2::Avx2;
pub use avx512::Vnni;
