//! Stages of kws that need no hardware.
#![cfg_attr(not(feature = "std"), no_std)]

pub mod nn;
