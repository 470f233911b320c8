//! Runs `.tflite` models: on computers, and without `std` or an allocator on microcontrollers.
//!
//! A [`Model`] is a `.tflite` file, checked and planned: a list of small plain operations over one arena whose
//! offsets are solved ahead. The [`plan::Plan`] inside is plain data that runs without `std` and without allocation,
//! and gives TFLite Micro's answer bit for bit.
//!
//! | operators | numbers |
//! |---|---|
//! | CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, AVERAGE_POOL_2D, MAX_POOL_2D, SOFTMAX, LOGISTIC, TANH, RELU, RELU6, RELU_N1_TO_1, MEAN | int8, int16 × 8, float32 |
//! | TRANSPOSE_CONV | int8, float32 |
//! | ADD, SUB, MUL | int8, int16, int32, float32 |
//! | DIV | int32, float32 |
//! | MINIMUM, MAXIMUM | any integers, float32 |
//! | SVDF | int8, with a memory of int8 or int16; float32 |
//! | CAST | between int8, uint8, int16, int32, uint32 and float32 |
//! | QUANTIZE, DEQUANTIZE | between int8, uint8, int16, int32 and float32 |
//! | RESHAPE, SQUEEZE, EXPAND_DIMS, CONCATENATION, SPLIT, SPLIT_V, SLICE, STRIDED_SLICE, PAD, PADV2, PACK, TRANSPOSE | any |
//! | CALL_ONCE, VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE | any |
//! | TFLite Micro's SignalWindow, SignalFftAutoScale, SignalRfft (int16), SignalEnergy, SignalFilterBank, SignalFilterBankSquareRoot, SignalFilterBankSpectralSubtraction, SignalPCAN, SignalFilterBankLog | int16, uint32, uint64 |
//!
//! | part | job | where it runs |
//! |---|---|---|
//! | `flatbuffer`, `flexbuffer`, `schema` | read a hostile file, bounds-checked, without `unsafe` | host |
//! | `planner` | check, lower to operations, place in the arena | host |
//! | `operators` | each operator's operations and their plain kernels; its lowering | host and boards; host |
//! | [`op`], [`plan`], [`kernels`], [`fixed`] | run | host and boards |
//! | [`micro_frontend`] | TFLite Micro's audio front end, whose arithmetic the signal operators share | host and boards |
#![cfg_attr(not(feature = "std"), no_std)]

mod arena;
pub mod fixed;
pub mod kernels;
pub mod micro_frontend;
pub mod op;
mod operators;
pub mod plan;

#[cfg(feature = "std")]
mod aligned;
#[cfg(feature = "std")]
mod builtin;
#[cfg(feature = "std")]
mod contents;
#[cfg(feature = "std")]
mod error;
#[cfg(feature = "std")]
mod flatbuffer;
#[cfg(feature = "std")]
mod flexbuffer;
#[cfg(feature = "std")]
mod model;
#[cfg(feature = "std")]
mod planner;
#[cfg(feature = "std")]
mod schema;
#[cfg(feature = "std")]
mod tap;
#[cfg(feature = "std")]
mod unsigned;

#[cfg(feature = "std")]
pub use aligned::AlignedBytes;
pub use arena::Arena;
#[cfg(feature = "std")]
pub use contents::{Contents, Operands, operands};
#[cfg(feature = "std")]
pub use error::{ModelError, ModelErrorKind};
#[cfg(feature = "std")]
pub use model::{Model, Tensor};
#[cfg(feature = "std")]
pub use planner::pack::{Candidate, Choice};
#[cfg(feature = "std")]
pub use planner::streaming::Streaming;
#[cfg(feature = "std")]
pub use schema::Element;
#[cfg(feature = "std")]
pub use tap::tapped;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
