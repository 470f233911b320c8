//! Corpora: a folder of recordings or of images with `manifest.csv`, and how to come by a good one.

mod about;
pub mod aligned;
mod assign;
mod build;
pub mod check;
mod cut;
mod data_folder;
pub(crate) mod disk;
pub mod fetch;
pub mod import;
mod layout;
mod manifest;
pub mod near_miss;
pub(crate) mod progress;
mod recordings;
mod reference;
pub mod resplit;
pub mod review;
mod stream;
pub mod survey;
pub mod synth;
mod table;
mod vocabulary;

pub use about::About;
pub use assign::Ratios;
pub use build::{Build, Content, Draft, EXCLUDED, Exclusion, Existing, MANIFEST, Made, Sound};
pub use cut::Cutter;
pub use data_folder::DataFolder;
pub use kws_stages::enrol::{Levels, place, word};
pub use layout::Layout;
pub use manifest::{Clip, Corpus, Counts, Split, is_word};
pub use recordings::{Recording, recordings};
pub use reference::CorpusRef;
pub use stream::{Recipe, SPEECH, Stream, Word, assemble};
pub use table::Table;
pub use vocabulary::Vocabulary;
