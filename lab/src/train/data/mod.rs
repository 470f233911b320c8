//! What is drawn: corpora in memory, and examples of them.

pub(crate) mod batches;
pub(crate) mod image_set;
pub(crate) mod material;
mod pool;
pub(crate) mod sample;
pub(crate) mod scene;
pub(crate) mod source;
pub(crate) mod subset;
pub(crate) mod survey;
pub(crate) mod teacher;
