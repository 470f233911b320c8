//! Networks: what layers an architecture has, and their weights in burn.

mod architecture;
mod fold;
mod graph;
mod network;

pub use architecture::Architecture;
pub use fold::fold;
pub(crate) use fold::values;
pub use graph::{Graph, Layout, Normalisation, Op, Padding, Shape, Step};
pub use network::{Compares, Layer, Network};
pub(crate) use network::{SHARPNESS, SHORTEST};
