//! Reports that people read: charts as SVG text, and self-contained HTML pages that hold them.
//!
//! Charts take the colour of the text around them, so they are readable on light and on dark ground.
//!
//! ```
//! use kws_lab::page::{Axis, Chart, Page, Series, Table};
//!
//! let chart = Chart::new(Axis::new("epoch"), Axis::new("loss")).with(Series::line("float", [(1.0, 0.9), (2.0, 0.5)]));
//! let page = Page::new("A run")
//!     .paragraph("Two epochs.")
//!     .figure(chart.svg()?, "Loss of each epoch.")
//!     .table(Table::new(["epoch", "loss"]).row(["1", "0.9"]).row(["2", "0.5"]));
//! assert!(page.html().contains("<svg"));
//! # Ok::<(), anyhow::Error>(())
//! ```

mod axis;
mod bars;
mod document;
mod heat;
mod lines;
mod sound;
mod style;

pub use axis::Axis;
pub use bars::Bars;
pub use document::{Page, Table};
pub use heat::Heat;
pub use lines::{Chart, Series};
pub use sound::Sound;
