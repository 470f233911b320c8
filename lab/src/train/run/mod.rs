//! A run: its phases, steps, what is done between them.

pub(crate) mod average;
pub(crate) mod fit;
pub(crate) mod phases;
pub(crate) mod prior;
pub(crate) mod progress;
pub(crate) mod schedule;
pub(crate) mod start;
pub(crate) mod step;
pub(crate) mod temper;
