//! Operators of which all is in one file: what the plan holds of it, what runs it, and how a file's operator becomes it.
//!
//! A new operator is a file here, a line for each form of it in [`operations`](crate::operations), and a line in
//! `planner::operators`. Older operators lie in layers: [`op`](crate::op), [`kernels`](crate::kernels), `planner`.

pub(crate) mod offset;
pub(crate) mod transpose_conv;
