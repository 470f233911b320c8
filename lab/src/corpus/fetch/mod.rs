//! Published data sets, and unpacking them.

mod catalogue;
mod unpack;

pub use catalogue::{Archive, DATA_SETS, DataSet};
pub use unpack::{Unpacked, unpack};
