//! `kws-lab new-word`.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Args;
use kws_lab::corpus::near_miss::{near_misses, spread};
use kws_lab::corpus::synth::{Engine, Sweep, Text, synthesise};
use kws_lab::corpus::{Build, Existing, Ratios};

use super::data::Data;
use super::init::{Init, Sources};

/// Prepares a keyword of one's own: finds near misses, has everything spoken, and writes what `train` needs.
///
/// Every text-to-speech program that is installed speaks: espeak-ng, flite, festival, piper. The near misses, words that
/// sound like the keyword, come from espeak-ng's phonemes. Training starts from an encoder that comes with this program
/// and has heard real speech, and hears the speech, noise, music and rooms that the data folder holds unless others are
/// named; then `kws-lab train`, `kws-lab evaluate` and `kws-run` take the folder.
///
/// A command that was cut off goes on where it was when it is given again: clips that are there are not made anew.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kws-lab new-word computer
  kws-lab new-word \"hey robin\" --near \"hey robert,robbing\" --speech talks
  kws-lab new-word hallo --engine espeak-ng --takes 800")]
pub(crate) struct NewWord {
    /// The words or phrases to listen for, each of at most a second.
    #[arg(required = true)]
    keywords: Vec<String>,
    /// The folder to write [default: named like the first keyword].
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Near misses of your own, separated by commas, beside those that are found.
    #[arg(long, value_delimiter = ',')]
    near: Vec<String>,
    /// How many near misses are looked for, for each keyword.
    #[arg(long, default_value_t = 24)]
    near_count: usize,
    /// A text-to-speech program; may be given several times [default: every one that is installed].
    #[arg(long, value_name = "NAME")]
    engine: Vec<String>,
    /// Clips of each keyword.
    #[arg(long, default_value_t = 500)]
    takes: usize,
    /// Clips of each near miss.
    #[arg(long, default_value_t = 30)]
    near_takes: usize,
    /// Clips of each of 240 common words, by which the model knows what else is said.
    #[arg(long, default_value_t = 8)]
    other_takes: usize,
    /// Clips of each sentence of `phrases.txt`.
    #[arg(long, default_value_t = 4)]
    sentence_takes: usize,
    /// Corpora of single words that people say, such as `speech_commands`, for training: folders or names. Where the
    /// keyword is among them it is heard from people.
    #[arg(long, num_args = 1.., value_name = "CORPUS")]
    words: Vec<PathBuf>,
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    data: Data,
}

/// Common words that are spoken so that the model knows what else there is.
const OTHER_WORDS: usize = 240;

impl NewWord {
    pub(crate) fn run(mut self) -> Result<()> {
        self.keywords = self.keywords.iter().map(|word| word.trim().to_owned()).collect();
        let engines = self.engines()?;
        let names: Vec<String> =
            engines.iter().map(|e| format!("{} ({} voices)", e.name, e.sweep.voices.len())).collect();
        println!("speech programs: {}", names.join(", "));
        let near = self.near_misses();
        let folder = self.folder.clone().unwrap_or_else(|| self.keywords[0].replace(' ', "_").into());
        if !near.is_empty() {
            println!("near misses: {}", near.join(", "));
        }
        if !folder.join("train.toml").exists() {
            let sources = self.sources.clone().or_found_in(&self.data.folder());
            match sources.names() {
                none if none.is_empty() => println!(
                    "the data folder holds no speech and no noise; `kws-lab corpus fetch --list` shows what can be \
                     downloaded, and hours of real speech prevent most false accepts"
                ),
                names => println!("heard beside the words: {names}"),
            }
            Init::of_word(&self.keywords, &folder, &near, &self.words, sources).write()?;
        }
        self.speak(&engines, &near, &folder)?;
        let folder = folder.display();
        println!("`{folder}` is ready; next:\n  kws-lab train {folder}\n  kws-lab evaluate {folder}");
        println!("  kws-run {folder}/pipeline.toml");
        Ok(())
    }

    fn engines(&self) -> Result<Vec<Engine>> {
        if self.engine.is_empty() {
            Engine::installed()
        } else {
            self.engine.iter().map(|n| Engine::named(n)).collect()
        }
    }

    /// Those that the user named, then those that are found; without espeak-ng only the former.
    fn near_misses(&self) -> Vec<String> {
        let mut near: Vec<String> = self.near.iter().map(|word| word.trim().to_owned()).collect();
        match near_misses(&self.keywords, self.near_count) {
            Ok(found) => near.extend(found),
            Err(why) => eprintln!("no near misses are proposed: {why:#}; name some by `--near`"),
        }
        let mut seen = std::collections::HashSet::new();
        near.retain(|word| seen.insert(word.clone()));
        near
    }

    /// Has the keywords, the near misses, other words and sentences spoken.
    fn speak(&self, engines: &[Engine], near: &[String], folder: &Path) -> Result<()> {
        let word = |word: &String| Text::Word(word.clone());
        let mut known = self.keywords.clone();
        known.extend_from_slice(near);
        let others: Vec<Text> = spread(OTHER_WORDS, &known).iter().map(word).collect();
        let phrases = std::fs::read_to_string(folder.join("phrases.txt")).unwrap_or_default();
        let sentences: Vec<Text> = phrases
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| Text::Sentence(line.to_owned()))
            .collect();
        let words = [
            (self.keywords.iter().map(word).collect::<Vec<_>>(), self.takes),
            (near.iter().map(word).collect(), self.near_takes),
            (others, self.other_takes),
        ];
        build(engines, &words, &folder.join("corpus"))?;
        build(engines, &[(sentences, self.sentence_takes)], &folder.join("sentences"))
    }
}

/// Has texts spoken by all programs, each by its share, into a corpus that may be there in part.
fn build(engines: &[Engine], texts: &[(Vec<Text>, usize)], folder: &Path) -> Result<()> {
    let mut build = Build::begin(folder, Existing::Append)?;
    let all: f64 = engines.iter().map(|engine| engine.weight).sum();
    for engine in engines {
        for (texts, takes) in texts {
            // Each speaks at least one where anything is spoken.
            let takes = (*takes as f64 * engine.weight / all).round().max(1.0).min(*takes as f64) as usize;
            synthesise(
                &engine.template,
                texts,
                &Sweep { takes, ..engine.sweep.clone() },
                Ratios::default(),
                &mut build,
            )?;
        }
    }
    let made = build.finish()?;
    ensure!(made.added + made.known > 0, "no clip of `{}` could be made", folder.display());
    println!("{}: {} clips, {} of them new", folder.display(), made.added + made.known, made.added);
    if !made.excluded.is_empty() {
        println!("  {} left out; `{}` says why", made.excluded.len(), folder.join("excluded.csv").display());
    }
    Ok(())
}
