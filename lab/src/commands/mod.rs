//! One module per subcommand.

pub(crate) mod calibrate;
pub(crate) mod compare;
pub(crate) mod evaluate;
pub(crate) mod features;
pub(crate) mod infer;
pub(crate) mod listening;
pub(crate) mod train;
