//! Corpora: a folder of recordings with `manifest.csv`.

mod align;
mod manifest;
mod stream;
mod vocabulary;

pub use align::word;
pub use manifest::{Clip, Corpus, Split};
pub use stream::{Recipe, Stream, Word, assemble};
pub use vocabulary::Vocabulary;
