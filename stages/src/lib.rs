//! Stages of kws that need no hardware: signal, classifier and decision.
//!
//! Each file holds one stage: the algorithm, which needs neither `std` nor an allocator and whose buffers and tables
//! are lent by whoever makes it, and beside it, with the feature `std`, its kind: parameters, ports and costs, from
//! which the planner builds it.
#![cfg_attr(not(feature = "std"), no_std)]

pub mod nn;

/// Adds every kind of this crate to a registry.
#[cfg(feature = "std")]
pub fn register(registry: &mut kws_engine::Registry) {
    registry.add::<nn::classifier::Params>();
}
