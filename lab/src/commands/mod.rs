//! One module per subcommand.

pub(crate) mod ablate;
pub(crate) mod calibrate;
pub(crate) mod compare;
pub(crate) mod corpus;
pub(crate) mod data;
pub(crate) mod enrol;
pub(crate) mod evaluate;
pub(crate) mod features;
pub(crate) mod infer;
pub(crate) mod init;
mod json;
pub(crate) mod learning_curve;
pub(crate) mod material;
pub(crate) mod mine;
pub(crate) mod model;
pub(crate) mod new_word;
pub(crate) mod paths;
pub(crate) mod review;
pub(crate) mod train;
