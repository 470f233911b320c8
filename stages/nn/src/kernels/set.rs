//! Which kernels a plan is made for.

#[cfg(target_arch = "wasm32")]
use super::packed::Simd128;
#[cfg(all(
    feature = "std",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")
))]
use super::packed::pack;
#[cfg(target_arch = "x86_64")]
use super::packed::{Avx2, AvxVnni, Vnni};
#[cfg(target_arch = "aarch64")]
use super::packed::{Neon, NeonDot};
use super::{Dsp, Helium, Plain};

/// A set of kernels that this computer can run. A plan is made for one set, since each lays out weights as it likes.
#[derive(Clone, Copy, Debug)]
pub enum KernelSet {
    /// The portable reference.
    Plain(Plain),
    /// Cortex-M with the DSP extension; runs anywhere, but is fast only there.
    Dsp(Dsp),
    /// Cortex-M with Helium; runs anywhere, but is fast only there.
    Helium(Helium),
    /// x86-64 with AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// x86-64 with AVX2 and AVX-VNNI.
    #[cfg(target_arch = "x86_64")]
    AvxVnni(AvxVnni),
    /// x86-64 with AVX-512 VNNI and VBMI.
    #[cfg(target_arch = "x86_64")]
    Vnni(Vnni),
    /// AArch64 with NEON.
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
    /// AArch64 with NEON and its dot products of bytes.
    #[cfg(target_arch = "aarch64")]
    NeonDot(NeonDot),
    /// WebAssembly with vectors of 128 bits.
    #[cfg(target_arch = "wasm32")]
    Simd128(Simd128),
}

impl KernelSet {
    /// Names of all sets, those of other computers too, the slowest of each family first.
    pub const NAMES: [&'static str; 9] =
        ["dsp", "helium", "plain", "avx2", "avx-vnni", "vnni", "neon", "neon-dotprod", "simd128"];

    /// All sets that this computer can run, the slowest first.
    pub fn all() -> Vec<Self> {
        #[cfg_attr(
            not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")),
            expect(unused_mut)
        )]
        let mut sets = vec![Self::Dsp(Dsp), Self::Helium(Helium), Self::Plain(Plain)];
        #[cfg(target_arch = "x86_64")]
        {
            sets.extend(Avx2::detect().map(Self::Avx2));
            sets.extend(AvxVnni::detect().map(Self::AvxVnni));
            sets.extend(Vnni::detect().map(Self::Vnni));
        }
        #[cfg(target_arch = "aarch64")]
        {
            sets.extend(Neon::detect().map(Self::Neon));
            sets.extend(NeonDot::detect().map(Self::NeonDot));
        }
        #[cfg(target_arch = "wasm32")]
        sets.extend(Simd128::detect().map(Self::Simd128));
        sets
    }

    /// The fastest set that this computer can run.
    pub fn best() -> Self {
        Self::all().pop().unwrap_or(Self::Plain(Plain))
    }

    /// The set of this name, one of [`NAMES`](Self::NAMES); nothing where this computer cannot run it.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|set| set.name() == name)
    }

    /// The set's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Plain(_) => "plain",
            Self::Dsp(_) => "dsp",
            Self::Helium(_) => "helium",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni(_) => "avx-vnni",
            #[cfg(target_arch = "x86_64")]
            Self::Vnni(_) => "vnni",
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => "neon",
            #[cfg(target_arch = "aarch64")]
            Self::NeonDot(_) => "neon-dotprod",
            #[cfg(target_arch = "wasm32")]
            Self::Simd128(_) => "simd128",
        }
    }

    /// The type of its kernels, as source code names it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Plain(_) => "Plain",
            Self::Dsp(_) => "Dsp",
            Self::Helium(_) => "Helium",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "Avx2",
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni(_) => "AvxVnni",
            #[cfg(target_arch = "x86_64")]
            Self::Vnni(_) => "Vnni",
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => "Neon",
            #[cfg(target_arch = "aarch64")]
            Self::NeonDot(_) => "NeonDot",
            #[cfg(target_arch = "wasm32")]
            Self::Simd128(_) => "Simd128",
        }
    }

    /// How packed kernels of int8 multiply; nothing where these kernels pack otherwise or not at all.
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
    pub(crate) fn form(&self) -> Option<pack::Form> {
        match self {
            Self::Plain(_) | Self::Dsp(_) | Self::Helium(_) => None,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => Some(pack::AVX2),
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni(_) => Some(pack::AVX_VNNI),
            #[cfg(target_arch = "x86_64")]
            Self::Vnni(_) => Some(pack::VNNI),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) | Self::NeonDot(_) => Some(pack::NEON),
            #[cfg(target_arch = "wasm32")]
            Self::Simd128(_) => Some(pack::SIMD128),
        }
    }

    /// The second form that convolutions may have, of sets that have one.
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
    pub(crate) fn second_form(&self) -> Option<pack::Form> {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => Some(pack::AVX2_BYTES),
            #[cfg(target_arch = "x86_64")]
            Self::Vnni(_) => Some(pack::VNNI_SHORT),
            _ => None,
        }
    }

    /// Output channels of a panel of weights of floats; nothing where these kernels have no vectors of them.
    pub(crate) fn lanes(&self) -> Option<usize> {
        match self {
            Self::Plain(_) | Self::Dsp(_) | Self::Helium(_) => None,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => Some(super::packed::Avx2::PANEL),
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni(_) => Some(super::packed::AvxVnni::PANEL),
            #[cfg(target_arch = "x86_64")]
            Self::Vnni(_) => Some(super::packed::Vnni::PANEL),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => Some(super::packed::Neon::PANEL),
            #[cfg(target_arch = "aarch64")]
            Self::NeonDot(_) => Some(super::packed::NeonDot::PANEL),
            #[cfg(target_arch = "wasm32")]
            Self::Simd128(_) => Some(super::packed::Simd128::PANEL),
        }
    }
}
