//! Takes, the folders that `--record` leaves: cut, joined, compared, exported.

mod compare;
mod cut;
mod folder;
mod join;
mod mcap;

pub(crate) use compare::{Comparison, Difference, compare};
pub(crate) use cut::{Span, cut};
pub(crate) use folder::{Edge, Take};
pub(crate) use join::{Joined, join};
pub(crate) use mcap::{Exported, export};
