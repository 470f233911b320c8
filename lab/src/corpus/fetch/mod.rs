//! Downloading and unpacking published data sets.

mod catalogue;
mod download;
mod unpack;

pub use catalogue::{DATA_SETS, DataSet};
pub use download::{Download, Fetched};
pub use unpack::{Unpacked, unpack};
