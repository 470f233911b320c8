//! `kws-lab enrol`.

mod bank;
mod evaluate;
mod page;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Subcommand};
use kws_lab::audio::{self, RATE, is_audio};
use kws_lab::bundle::Point;
use kws_lab::enrol::{Bank, Ear, Enrolled, Heard, Voice, VoiceCard, Word, WordCard, takes};

use kws_stages::enrol::OF_WORDS;

use super::json::Json;

/// Enrols a word, or a voice, from a few clips, without training.
///
/// With `--word`, three to ten clips of any word in any language make a file for the stage `match`, which scores how alike what is
/// heard is. With `--speaker` alone, clips of one speaker who says the keyword make a small model that an ordinary `classifier`
/// runs behind `capture`: it vetoes detections of other voices. Neither is a lock: who plays a recording passes.
///
/// Clips that are silent, clipped, too short, from different rooms or of different speakers are refused, and nothing is written.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  kws-lab enrol --word lumos --speaker anna --consent \"yes, for this house\" lumos/*.wav --output lumos.toml
  kws-lab enrol --speaker anna --consent \"yes, for this house\" anna/*.wav --others bert/*.wav --output models/anna
  kws-run pipeline.toml --enrol anna --consent \"yes, for this house\"   records the clips first
  kws-lab enrol page lumos.toml --output page.bin                   for the flash of a board, in place of its firmware's words
  kws-lab enrol evaluate pipelines/models/embedding --data DATA     how well it works, by number of clips"
)]
pub(crate) struct Enrol {
    #[command(subcommand)]
    command: Option<Sub>,
    /// Clips of one word each, or folders of them.
    clips: Vec<PathBuf>,
    /// The word that the clips say.
    #[arg(long)]
    word: Option<String>,
    /// Who speaks in the clips.
    #[arg(long, value_name = "NAME")]
    speaker: Option<String>,
    /// What the speaker agreed to, in their words.
    #[arg(long, value_name = "TEXT")]
    consent: Option<String>,
    /// Recordings of other people, near the microphone that will be used: none of them will pass.
    #[arg(long, num_args = 1.., value_name = "FILE")]
    others: Vec<PathBuf>,
    /// Share of the bank's other words, or voices, that may be accepted, 0 to 0.5 [default: 0.05 of words, 0.01 of voices].
    #[arg(long, value_name = "SHARE")]
    accept: Option<f64>,
    /// Folder of the embedding's model.
    #[arg(long, default_value = "pipelines/models/embedding", value_name = "DIR")]
    embedding: PathBuf,
    /// File to write with `--word`, or folder to write without.
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
    #[command(flatten)]
    json: Json,
}

#[derive(Subcommand)]
enum Sub {
    Bank(bank::MakeBank),
    Evaluate(evaluate::Evaluate),
    Page(page::WritePage),
}

/// Share of the bank's voices that is accepted where none is stated. Other voices that say the same word are accepted some six times
/// as often as those of the bank, which say others.
pub(super) const OF_VOICES: f64 = 0.01;

/// The longest recording of other people, in seconds.
const LONGEST_OTHERS: f64 = 120.0;

impl Enrol {
    pub(crate) fn run(self) -> Result<()> {
        match &self.command {
            Some(Sub::Bank(bank)) => bank.run(),
            Some(Sub::Evaluate(evaluate)) => evaluate.run(),
            Some(Sub::Page(page)) => page.run(),
            None => self.enrol(),
        }
    }

    fn enrol(self) -> Result<()> {
        let speaker = self.speaker.as_deref().map_or("", str::trim);
        ensure!(
            !speaker.is_empty(),
            "nothing was enrolled: `--speaker` is missing, the name of who speaks in the clips"
        );
        let consent = self.consent.as_deref().map_or("", str::trim);
        ensure!(
            !consent.is_empty(),
            "nothing was enrolled: no consent: ask `{speaker}`, and state what they agreed to with `--consent`"
        );
        let accept = self.accept.unwrap_or(if self.word.is_some() { OF_WORDS } else { OF_VOICES });
        ensure!((0.0..=0.5).contains(&accept), "`--accept` is {accept}, expected a share from 0 to 0.5");
        let output = self.output.clone().unwrap_or_else(|| match &self.word {
            Some(word) => PathBuf::from(format!("{}.toml", file_name(word))),
            None => PathBuf::from(file_name(speaker)),
        });
        let takes = takes(&files(&self.clips)?)?;
        let mut ear = Ear::open(&self.embedding)?;
        let bank = Bank::open(&self.embedding, &ear)?;
        let clips: Vec<(String, Heard)> = takes
            .iter()
            .map(|clip| Ok((clip.path.display().to_string(), ear.hear(&clip.take.samples)?)))
            .collect::<Result<_>>()?;
        let others = others(&mut ear, &files(&self.others)?)?;
        let date = today();
        let enrolled =
            Enrolled { speaker: speaker.to_owned(), consent: consent.to_owned(), date, clips: clips.len() };
        match &self.word {
            Some(word) => self.word(word, &output, (&ear, &bank), &clips, (accept, enrolled)),
            None => self.voice(&output, (&ear, &bank), &clips, &others, (accept, enrolled)),
        }
    }

    fn word(
        &self,
        word: &str,
        output: &Path,
        (ear, bank): (&Ear, &Bank),
        clips: &[(String, Heard)],
        (accept, enrolled): (f64, Enrolled),
    ) -> Result<()> {
        ensure!(self.others.is_empty(), "`--others` is for voices: remove it, or `--word`");
        let maker = Word::new(bank, ear);
        maker.check(word, clips)?;
        let heard: Vec<&Heard> = clips.iter().map(|(_, heard)| heard).collect();
        let card = WordCard { word: maker.enrol(word, &heard, accept), accepts: accept, enrolled };
        std::fs::write(output, card.text())
            .with_context(|| format!("cannot write `{}`", output.display()))?;
        self.json.show(&card, || {
            format!(
                "`{word}` from {} clips: heard from a cosine of {:.2} on, which {:.1} % of other words reach\nwrote {}\n",
                clips.len(),
                card.word.on,
                100.0 * accept,
                output.display()
            )
        })
    }

    fn voice(
        &self,
        output: &Path,
        (ear, bank): (&Ear, &Bank),
        clips: &[(String, Heard)],
        others: &[Heard],
        (accept, enrolled): (f64, Enrolled),
    ) -> Result<()> {
        let maker = Voice::new(bank, ear);
        maker.check(clips)?;
        let heard: Vec<&Heard> = clips.iter().map(|(_, heard)| heard).collect();
        let others: Vec<&Heard> = others.iter().collect();
        maker.check_others(&heard, &others, accept)?;
        let file = maker.enrol(&heard, &others, accept);
        let name = enrolled.speaker.clone();
        let point =
            Point { name: "default".to_owned(), label: name.clone(), on: 0.5, off: 0.5, curve: Vec::new() };
        let card = VoiceCard {
            name: name.clone(),
            labels: vec![name.clone()],
            clock: RATE,
            accepts: accept,
            front_end: ear.card.front_end.clone(),
            point: vec![point],
            enrolled,
        };
        std::fs::create_dir_all(output).with_context(|| format!("cannot create `{}`", output.display()))?;
        let write = |file: &str, bytes: &[u8]| {
            let path = output.join(file);
            std::fs::write(&path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
        };
        write("model.tflite", &file)?;
        write("model.toml", toml::to_string(&card)?.as_bytes())?;
        self.json.show(&card, || {
            format!(
                "the voice of `{name}` from {} clips: a model of {} bytes, which takes {:.1} % of other voices for it\nwrote {}\n\
                 It is no lock: a recording of `{name}` passes, and a cold may not.\n",
                clips.len(),
                file.len(),
                100.0 * accept,
                output.display()
            )
        })
    }
}

/// The recordings among files and folders, in the order of their names.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let entries =
                std::fs::read_dir(path).with_context(|| format!("cannot read `{}`", path.display()))?;
            let mut own: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
            own.retain(|path| is_audio(path));
            own.sort();
            files.append(&mut own);
        } else if path.is_file() {
            files.push(path.clone());
        } else {
            bail!("nothing was enrolled: `{}` does not exist", path.display());
        }
    }
    Ok(files)
}

/// A bar on standard error, where that is a terminal.
fn bar(what: &'static str) -> impl Fn(usize, usize) {
    let bar = indicatif::ProgressBar::new(0).with_message(what);
    let style = indicatif::ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, {eta} left");
    bar.set_style(style.expect("the template is right"));
    move |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
        if done == all {
            bar.finish_and_clear();
        }
    }
}

/// Seconds of other people's speech, where somebody speaks.
fn others(ear: &mut Ear, files: &[PathBuf]) -> Result<Vec<Heard>> {
    let mut heard = Vec::new();
    for path in files {
        let samples = audio::read_resampled(path, LONGEST_OTHERS)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        for second in samples.chunks_exact(RATE as usize) {
            let levels = kws_lab::corpus::Levels::of(second);
            if levels.loud_db > -50.0 {
                heard.push(ear.hear(second)?);
            }
        }
    }
    Ok(heard)
}

/// A name as a file's: letters, digits and `_`.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c.to_lowercase().next().unwrap_or(c) } else { '_' };
    name.chars().map(plain).collect()
}

/// Today, as `2026-11-29`, in UTC.
fn today() -> String {
    humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string().chars().take(10).collect()
}
