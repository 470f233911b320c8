//! From samples to features: window, Fourier transform, mel bands, logarithm, cosine transform.
//!
//! All arithmetic is IEEE single in an order that the source fixes, and logarithms come from `libm`, so that every
//! machine computes the same bits; [`micro_frontend`] computes in integers. Tables are computed in double precision on the host.

mod dct;
mod fft;
mod lfbe;
mod log;
mod mel;
mod mfcc;
pub mod micro_frontend;
mod sample;
#[cfg(feature = "std")]
mod speech_features;
mod window;

pub use dct::Dct;
#[cfg(feature = "std")]
pub use fft::{Fast, HostPortable, HostTransform};
pub use fft::{Fft, Portable, Transform};
pub use lfbe::Lfbe;
pub use log::{Base, Log};
pub use mel::{Band, Mel, Strength};
pub use mfcc::{Mfcc, MfccLengths};
pub use sample::Sample;
pub use window::Window;

#[cfg(feature = "std")]
pub use self::{
    dct::{DctParams, DctScaling},
    fft::{FftParams, TransformChoice},
    lfbe::LfbeParams,
    log::LogParams,
    mel::{MelParams, MelScale},
    mfcc::MfccParams,
    micro_frontend::MicroFrontendParams,
    speech_features::SpeechFeaturesParams,
    window::{Taper, TaperForm, WindowParams},
};
