//! The sets of kernels that are compared.

#[cfg(helium)]
use kws_stages::nn::kernels::Helium;
use kws_stages::nn::kernels::{Dsp, Streamed};

/// A set of kernels that can be compared with the plain ones.
pub(crate) trait Set: Streamed {
    const SET: Self;
    /// The greatest exponent of a channel's factor that it has in packed form, whatever the activation.
    const MOST_SHIFT: i32;
}

impl Set for Dsp {
    const SET: Self = Self;
    const MOST_SHIFT: i32 = -1;
}

#[cfg(helium)]
impl Set for Helium {
    const SET: Self = Self;
    const MOST_SHIFT: i32 = 2;
}
