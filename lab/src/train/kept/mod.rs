//! What outlives a run: checkpoints, the history, and whose they are.

pub(crate) mod checkpoint;
pub(crate) mod history;
pub(crate) mod origin;
pub(crate) mod store;
