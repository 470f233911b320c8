//! Corpora: a folder of recordings with `manifest.csv`.

mod manifest;
mod vocabulary;

pub use manifest::{Clip, Corpus, Split};
pub use vocabulary::Vocabulary;
