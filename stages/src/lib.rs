//! Stages of kws that need no hardware: signal, classifier and decision.
//!
//! Each file holds one stage: the algorithm, which needs neither `std` nor an allocator and whose buffers and tables
//! are lent by whoever makes it, and beside it, with the feature `std`, its kind: parameters, ports and costs, from
//! which the planner builds it.
#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(feature = "enrol")]
extern crate alloc;

pub mod audio;
mod capture;
pub mod decide;
#[cfg(feature = "enrol")]
pub mod enrol;
pub mod nn;
mod quantise;
#[cfg(feature = "std")]
mod resolved;
mod stack;
pub mod vision;

#[cfg(feature = "std")]
pub use capture::CaptureParams;
pub use capture::{Capture, Watched};
#[cfg(feature = "std")]
pub use quantise::QuantiseParams;
pub use quantise::{Quantise, Quantiser, Rounding};
pub use stack::Stack;
#[cfg(feature = "std")]
pub use stack::StackParams;

/// Adds every kind of this crate to a registry.
#[cfg(feature = "std")]
pub fn register(registry: &mut kws_engine::Registry) {
    registry.add::<audio::DctParams>();
    registry.add::<audio::FftParams>();
    registry.add::<audio::LfbeParams>();
    registry.add::<audio::LogParams>();
    registry.add::<audio::MelParams>();
    registry.add::<audio::MfccParams>();
    registry.add::<audio::MicroFrontendParams>();
    registry.add::<audio::SpeechFeaturesParams>();
    registry.add::<audio::WindowParams>();
    registry.add::<CaptureParams>();
    registry.add::<decide::GateParams>();
    registry.add::<decide::MatchParams>();
    registry.add::<decide::SmoothParams>();
    registry.add::<decide::TriggerParams>();
    registry.add::<decide::WakeWordParams>();
    registry.add::<QuantiseParams>();
    registry.add::<StackParams>();
    registry.add::<nn::classifier::Params>();
    registry.add::<vision::ColourParams>();
    registry.add::<vision::CropParams>();
    registry.add::<vision::ExposureParams>();
    registry.add::<vision::MotionParams>();
    registry.add::<vision::NormaliseParams>();
    registry.add::<vision::ResizeParams>();
}
