//! The integer runtime of `.tflite` models.
//!
//! A [`Model`] is a `.tflite` file, checked and planned: a list of small plain operations over one arena whose
//! offsets are solved ahead. The [`plan::Plan`] inside is plain data that runs without `std` and without allocation,
//! and gives TFLite Micro's answer bit for bit.
//!
//! | part | job | where it runs |
//! |---|---|---|
//! | `flatbuffer`, `schema` | read a hostile file, bounds-checked, without `unsafe` | host |
//! | `planner` | check, lower to operations, place in the arena | host |
//! | [`op`], [`plan`], [`kernels`], [`fixed`] | run | host and boards |

mod arena;
pub mod classifier;
pub mod fixed;
pub mod kernels;
pub mod op;
pub mod plan;

#[cfg(feature = "std")]
mod builtin;
#[cfg(feature = "std")]
mod card;
#[cfg(feature = "std")]
mod contents;
#[cfg(feature = "std")]
mod emit;
#[cfg(feature = "std")]
mod error;
#[cfg(feature = "std")]
mod flatbuffer;
#[cfg(feature = "std")]
mod flexbuffer;
#[cfg(feature = "std")]
mod manifest;
#[cfg(feature = "std")]
mod model;
#[cfg(feature = "std")]
mod planner;
#[cfg(feature = "std")]
mod schema;

pub use arena::Arena;
#[cfg(feature = "std")]
pub use card::Card;
#[cfg(feature = "std")]
pub use contents::{Contents, Operands, operands};
#[cfg(feature = "std")]
pub use error::{ModelError, ModelErrorKind};
#[cfg(feature = "std")]
pub use manifest::Manifest;
#[cfg(feature = "std")]
pub use model::{Model, Tensor};
#[cfg(feature = "std")]
pub use planner::streaming::Streaming;
#[cfg(feature = "std")]
pub use schema::Element;
