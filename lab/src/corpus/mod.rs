//! Corpora: a folder of recordings or of pictures with `manifest.csv`, and how to come by a good one.

mod align;
pub mod aligned;
mod assign;
mod build;
pub mod check;
mod data_folder;
pub(crate) mod disk;
pub mod fetch;
pub mod import;
mod layout;
mod level;
mod manifest;
pub mod near_miss;
pub(crate) mod progress;
mod recordings;
mod reference;
pub mod resplit;
mod stream;
pub mod survey;
pub mod synth;
mod table;
mod vocabulary;

pub use align::{place, word};
pub use assign::Ratios;
pub use build::{Build, Content, Draft, EXCLUDED, Exclusion, Existing, MANIFEST, Made, Sound};
pub use data_folder::DataFolder;
pub use layout::Layout;
pub use level::Levels;
pub use manifest::{Clip, Corpus, Counts, Split, is_word};
pub use recordings::{Recording, recordings};
pub use reference::CorpusRef;
pub use stream::{Recipe, SPEECH, Stream, Word, assemble};
pub use table::Table;
pub use vocabulary::Vocabulary;
