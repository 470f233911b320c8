//! Recordings of any length for training: speech, noise, music and impulse responses.

use std::path::PathBuf;

use clap::Args;
use kws_lab::corpus::DataFolder;

/// Corpora by name, or folders, of recordings for training.
#[derive(Args, Clone, Default)]
pub(crate) struct Sources {
    /// Speech without a keyword, of any length. Hours of real speech prevent more false accepts than anything else.
    #[arg(long, num_args = 1.., value_name = "CORPUS")]
    pub(super) speech: Vec<PathBuf>,
    /// Noise to mix into the clips.
    #[arg(long, num_args = 1.., value_name = "CORPUS")]
    pub(super) noise: Vec<PathBuf>,
    /// Music to mix into the clips.
    #[arg(long, num_args = 1.., value_name = "CORPUS")]
    pub(super) music: Vec<PathBuf>,
    /// Impulse responses of rooms.
    #[arg(long, num_args = 1.., value_name = "CORPUS")]
    pub(super) rooms: Vec<PathBuf>,
}

/// Names under which `kws-lab corpus fetch` stores such corpora.
const SPEECH: [&str; 3] = ["common_voice", "read_speech", "librispeech"];
const NOISE: [&str; 1] = ["noise"];
const MUSIC: [&str; 1] = ["noise/musan"];
const ROOMS: [&str; 1] = ["rooms"];

impl Sources {
    /// Uses what the data folder has for each kind that was not named.
    pub(crate) fn or_found_in(mut self, data: &DataFolder) -> Self {
        let there = |name: &&str| data.corpus(name).is_ok_and(|folder| folder.is_dir());
        let fill = |named: &mut Vec<PathBuf>, known: &[&str]| {
            if named.is_empty() {
                named.extend(known.iter().filter(|name| there(name)).map(PathBuf::from));
            }
        };
        fill(&mut self.speech, &SPEECH);
        fill(&mut self.noise, &NOISE);
        fill(&mut self.music, &MUSIC);
        fill(&mut self.rooms, &ROOMS);
        self
    }

    /// The names of all corpora, for the terminal; empty if there are none.
    pub(crate) fn names(&self) -> String {
        let kinds = [&self.speech, &self.noise, &self.music, &self.rooms];
        let mut names: Vec<String> = kinds.into_iter().flatten().map(|c| c.display().to_string()).collect();
        names.dedup();
        names.join(", ")
    }
}
