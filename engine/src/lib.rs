//! Dataflow streaming engine of kws.
#![cfg_attr(not(feature = "std"), no_std)]
