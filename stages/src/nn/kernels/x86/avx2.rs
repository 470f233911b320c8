//! AVX2: two products of 16-bit integers per lane and instruction.

use crate::nn::kernels::Kernels;

/// Kernels for x86-64 with AVX2.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

impl Avx2 {
    /// The set, where this computer can run it.
    pub fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }
}

impl Kernels for Avx2 {}
