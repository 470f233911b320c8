//! Published data sets, and unpacking them.

mod catalogue;
mod pins;
mod unpack;

pub use catalogue::{Archive, DATA_SETS, DataSet};
pub use pins::{Pin, Pins};
pub use unpack::{Unpacked, unpack};
