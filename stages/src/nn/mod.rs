//! Models in a pipeline: the classifier, and what says how a model is to be fed.
//!
//! The runtime is [`kws_nn`], a crate of its own; its names are here too, so that generated firmware needs this crate
//! alone.

pub mod classifier;

#[cfg(feature = "std")]
mod emit;
#[cfg(feature = "std")]
mod manifest;
#[cfg(feature = "std")]
mod model_info;

#[cfg(feature = "std")]
pub use emit::{kernels_code, model_code};
#[cfg(feature = "std")]
pub use kws_nn::{
    AlignedBytes, Contents, Element, Model, ModelError, ModelErrorKind, Operands, Streaming, Tensor,
    operands, tapped,
};
pub use kws_nn::{Arena, fixed, kernels, op, plan};
#[cfg(feature = "std")]
pub use manifest::Manifest;
#[cfg(feature = "std")]
pub use model_info::ModelInfo;
