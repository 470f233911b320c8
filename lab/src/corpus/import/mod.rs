//! Turning what others publish, or what somebody recorded, into a corpus.
//!
//! Every function reads one layout and hands its clips to a [`Build`](super::Build); what cannot become a clip is left out there,
//! with its reason.

mod background;
mod coco;
mod common_voice;
mod files;
mod folder;
mod images;
mod labels;
mod recording;
mod speech_commands;

pub use background::Background;
pub(super) use background::FOLDER as BACKGROUND;
pub use coco::Coco;
pub(super) use common_voice::{COLUMNS, official, words};
pub use common_voice::{CommonVoice, List, Sentences};
pub use folder::Folder;
pub use images::{Images, NOBODY, PERSON};
pub use labels::{Labelled, read_labels};
pub use recording::{Cut, Gaps};
pub(super) use speech_commands::DIVIDER;
pub use speech_commands::SpeechCommands;

use super::{Ratios, Split};

/// What every layout asks.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Shares of the splits, where the layout does not state a clip's split.
    pub ratios: Ratios,
    /// Longest clip in seconds; longer files are left out without being decoded whole.
    pub longest: f64,
}

impl Terms {
    /// The split of a speaker, or of a file where the speaker is unknown.
    fn split(&self, speaker: &str, file: &str) -> Split {
        self.ratios.split(if speaker.is_empty() { file } else { speaker })
    }
}
