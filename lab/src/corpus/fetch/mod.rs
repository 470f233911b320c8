//! Published data sets, and unpacking them.

mod catalogue;
mod unpack;

pub use catalogue::{DATA_SETS, DataSet};
pub use unpack::{Unpacked, unpack};
