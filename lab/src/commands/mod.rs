//! One module per subcommand.

pub(crate) mod corpus;
pub(crate) mod evaluate;
pub(crate) mod features;
pub(crate) mod infer;
pub(crate) mod init;
pub(crate) mod learning_curve;
mod paths;
pub(crate) mod streams;
pub(crate) mod train;
