//! `kws-lab new-word`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use kws_lab::corpus::near_miss::{near_misses, spread};
use kws_lab::corpus::synth::{Engine, Sweep, Text, synthesise};
use kws_lab::corpus::{Build, Existing, Ratios};

use super::data::Data;
use super::init::{Init, Sources};

/// Prepares a custom keyword: finds words that sound like it, synthesises clips, and writes `train.toml` and `pipeline.toml`.
///
/// Clips come from every text-to-speech program that is installed: espeak-ng, flite, festival, piper. Words that sound
/// like the keyword (near misses) are found by espeak-ng's phonemes. Training starts from an encoder that comes with this
/// program and was trained on real speech. It uses the speech, noise, music and rooms in the data folder unless you name
/// others. Then run `kws-lab train`, `kws-lab evaluate` and `kws-run` on the folder.
///
/// If the command was interrupted, run it again: it makes only the clips that are missing, program by program.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kws-lab new-word computer
  kws-lab new-word \"hey robin\" --near \"hey robert,robbing\" --speech talks
  kws-lab new-word hallo --engine espeak-ng --takes 800")]
pub(crate) struct NewWord {
    /// Words or phrases to detect, each at most a second long.
    #[arg(required = true)]
    keywords: Vec<String>,
    /// Folder to write [default: named like the first keyword].
    #[arg(long)]
    folder: Option<PathBuf>,
    /// More near misses, separated by commas.
    #[arg(long, value_delimiter = ',')]
    near: Vec<String>,
    /// Number of near misses to find for each keyword.
    #[arg(long, default_value_t = 24)]
    near_count: usize,
    /// Text-to-speech program; may be given several times [default: every one that is installed].
    #[arg(long, value_name = "NAME")]
    engine: Vec<String>,
    /// Clips of each keyword.
    #[arg(long, default_value_t = 500)]
    takes: usize,
    /// Clips of each near miss.
    #[arg(long, default_value_t = 30)]
    near_takes: usize,
    /// Clips of each of 240 common words, as negative examples.
    #[arg(long, default_value_t = 8)]
    other_takes: usize,
    /// Clips of each sentence of `phrases.txt`.
    #[arg(long, default_value_t = 4)]
    sentence_takes: usize,
    /// Corpora of single words, such as `speech_commands`: folders or names. Clips of the keyword are positive examples,
    /// all others negative.
    #[arg(long, num_args = 1.., value_name = "CORPUS")]
    words: Vec<PathBuf>,
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    data: Data,
}

/// Common words to synthesise as negative examples.
const OTHER_WORDS: usize = 240;

impl NewWord {
    pub(crate) fn run(mut self) -> Result<()> {
        self.keywords = self.keywords.iter().map(|word| word.trim().to_owned()).collect();
        let engines = self.engines()?;
        let names: Vec<String> =
            engines.iter().map(|e| format!("{} ({} voices)", e.name, e.sweep.voices.len())).collect();
        println!("text-to-speech programs: {}", names.join(", "));
        let near = self.near_misses();
        let folder = self.folder.clone().unwrap_or_else(|| self.keywords[0].replace(' ', "_").into());
        if !near.is_empty() {
            println!("near misses: {}", near.join(", "));
        }
        if !folder.join("train.toml").exists() {
            let sources = self.sources.clone().or_found_in(&self.data.folder());
            match sources.names() {
                none if none.is_empty() => println!(
                    "the data folder has no speech and no noise; real speech prevents false accepts: `kws-lab corpus fetch \
                     --list` shows what you can download"
                ),
                names => println!("from the data folder: {names}"),
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

    /// The near misses that the user named, then those that are found; without espeak-ng only the former.
    fn near_misses(&self) -> Vec<String> {
        let mut near: Vec<String> = self.near.iter().map(|word| word.trim().to_owned()).collect();
        match near_misses(&self.keywords, self.near_count) {
            Ok(found) => near.extend(found),
            Err(why) => eprintln!("no near misses were found: {why:#}; name some with `--near`"),
        }
        let mut seen = std::collections::HashSet::new();
        near.retain(|word| seen.insert(word.clone()));
        near
    }

    /// Synthesises the keywords, the near misses, other words and sentences.
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

/// Synthesises texts with all programs, each by its share, into a corpus that may exist in part. It grows by what each
/// program adds, so that an interrupted command loses the clips of one program at most.
fn build(engines: &[Engine], texts: &[(Vec<Text>, usize)], folder: &Path) -> Result<()> {
    let (mut clips, mut added, mut excluded) = (0, 0, 0);
    for (engine, shares) in shares(engines, texts) {
        let mut build = Build::begin(folder, Existing::Append)?;
        for ((texts, _), takes) in texts.iter().zip(shares) {
            let sweep = Sweep { takes, ..engine.sweep.clone() };
            synthesise(&engine.template, texts, &sweep, Ratios::default(), &mut build)?;
        }
        let made = build.finish()?;
        clips += made.added + made.known;
        added += made.added;
        excluded += made.excluded.len();
    }
    println!("{}: {clips} clips, {added} of them new", folder.display());
    if excluded > 0 {
        println!("  {excluded} left out; `{}` says why", folder.join("excluded.csv").display());
    }
    Ok(())
}

/// The takes of each text by each program that speaks any. Of few takes a program with few voices gets none.
fn shares<'a>(engines: &'a [Engine], texts: &[(Vec<Text>, usize)]) -> Vec<(&'a Engine, Vec<usize>)> {
    let all: f64 = engines.iter().map(|engine| engine.weight).sum();
    let heaviest = engines.iter().map(|engine| engine.weight).fold(0.0, f64::max);
    let share = |engine: &Engine, takes: usize| {
        let share = (takes as f64 * engine.weight / all).round() as usize;
        if engine.weight == heaviest { share.max(1).min(takes) } else { share }
    };
    let of = |engine: &'a Engine| {
        (engine, texts.iter().map(|(_, takes)| share(engine, *takes)).collect::<Vec<_>>())
    };
    engines.iter().map(of).filter(|(_, shares)| shares.iter().any(|takes| *takes > 0)).collect()
}
