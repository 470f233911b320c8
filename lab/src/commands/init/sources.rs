//! What is heard beside the words: recordings of any length.

use std::path::PathBuf;

use clap::Args;
use kws_lab::corpus::DataFolder;

/// Corpora by name, or folders, from which training takes what is heard beside the words.
#[derive(Args, Clone, Default)]
pub(crate) struct Sources {
    /// Recordings of speech without a keyword, of any length. Hours of real speech prevent more false accepts than
    /// anything else.
    #[arg(long, num_args = 1.., value_name = "CORPUS")]
    pub(super) speech: Vec<PathBuf>,
    /// Recordings of noise that play behind the words.
    #[arg(long, num_args = 1.., value_name = "CORPUS")]
    pub(super) noise: Vec<PathBuf>,
    /// Music that plays behind the words.
    #[arg(long, num_args = 1.., value_name = "CORPUS")]
    pub(super) music: Vec<PathBuf>,
    /// Impulse responses of rooms.
    #[arg(long, num_args = 1.., value_name = "CORPUS")]
    pub(super) rooms: Vec<PathBuf>,
}

/// Names of what `kws-lab corpus fetch` brings, by what it is good for.
const SPEECH: [&str; 3] = ["common_voice", "read_speech", "librispeech"];
const NOISE: [&str; 1] = ["noise"];
const MUSIC: [&str; 1] = ["noise/musan"];
const ROOMS: [&str; 1] = ["rooms"];

impl Sources {
    /// Where nothing was named, what the data folder holds.
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

    /// Their names, for the terminal; nothing where there are none.
    pub(crate) fn names(&self) -> String {
        let kinds = [&self.speech, &self.noise, &self.music, &self.rooms];
        let mut names: Vec<String> = kinds.into_iter().flatten().map(|c| c.display().to_string()).collect();
        names.dedup();
        names.join(", ")
    }
}
