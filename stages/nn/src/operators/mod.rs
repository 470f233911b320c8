//! The operators, one file or folder for each, or for several that are one computation: what the plan holds of it, the
//! plain kernels that run it, how a file's operator becomes it (`lower`, on hosts only), and its rule for streams where no
//! other operator has the same.
//!
//! [`table`] lists them. What they share is elsewhere: shapes, spans and ranges in [`op`](crate::op); windows, channels and
//! numbers in the arena in [`kernels`](crate::kernels); operands, factors, constants and copies in `planner`.
//!
//! To add an operator, write its file, with [`transpose_conv`] as an example; name the module below and its structs in
//! [`op`](crate::op); and add to [`table`] a line for each operation and one for the operator. The compiler reports what is
//! missing.

pub(crate) mod binary;
pub(crate) mod cast;
pub(crate) mod conv;
pub(crate) mod depthwise;
pub(crate) mod fully_connected;
pub(crate) mod mean;
pub(crate) mod moves;
pub(crate) mod offset;
pub(crate) mod pool;
pub(crate) mod requantise;
pub(crate) mod signal;
pub(crate) mod softmax;
pub(crate) mod svdf;
pub(crate) mod table;
pub(crate) mod transpose_conv;
pub(crate) mod unary;
#[cfg(feature = "std")]
mod variables;
