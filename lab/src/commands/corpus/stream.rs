//! `kws-lab corpus stream`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use kws_lab::audio::{RATE, is_audio, read_16k};
use kws_lab::corpus::{self, Recipe, SPEECH, assemble};
use serde::Serialize;

use crate::commands::json::Json;

/// Assembles a long test stream from clips, running speech and noise, with a file that says what is spoken when.
///
/// Clips come in a random order with pauses of 0.3 to 1.5 s between them; noise lies behind everything, drawn anew for
/// each clip, so far below its word as `--snr` says. Truth: `label,start,end` in seconds, where the words begin and end by
/// their energy. Running speech is in it as `_speech_`.
#[derive(Args)]
pub(crate) struct Stream {
    /// The corpus whose clips are used.
    corpus: PathBuf,
    /// The WAV file; its truth goes beside it, in `.truth.csv`. With several ratios `_10db` and so on follows the name.
    #[arg(long, short, value_name = "FILE.wav")]
    output: PathBuf,
    /// The split whose clips are used.
    #[arg(long, value_parser = corpus::Split::parse, default_value = "test")]
    split: corpus::Split,
    /// Labels that are used, separated by commas; all but `_silence_` without it.
    #[arg(long, value_delimiter = ',')]
    words: Vec<String>,
    /// Recordings of speech without a keyword, or folders of them; they are cut into pieces of 5 s and mixed in between.
    #[arg(long, num_args = 1..)]
    speech: Vec<PathBuf>,
    /// Recordings of noise, or folders of them.
    #[arg(long, num_args = 1..)]
    noise: Vec<PathBuf>,
    /// Share of each noise recording that is left out at its beginning: what training has heard.
    #[arg(long, default_value_t = 0.8)]
    noise_from: f64,
    /// Levels of the words above the noise in dB, separated by commas; one stream each.
    #[arg(long, value_delimiter = ',', allow_negative_numbers = true, default_value = "10")]
    snr: Vec<f32>,
    /// Ends the streams after so many minutes.
    #[arg(long)]
    minutes: Option<f64>,
    /// Draws order, pauses and noise.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    json: Json,
}

/// Length of the pieces that running speech is cut into, in samples.
const PIECE: usize = 5 * RATE as usize;

/// What a stream is made of.
struct Material {
    /// Labels and samples of the clips and of the pieces of speech.
    clips: Vec<(String, Vec<i16>)>,
    /// What could not be read, and why.
    excluded: Vec<String>,
}

#[derive(Serialize)]
struct Written {
    stream: PathBuf,
    truth: PathBuf,
    snr_db: Option<f32>,
    seconds: f64,
    words: usize,
}

impl Stream {
    pub(crate) fn run(self) -> Result<()> {
        ensure!(
            (0.0..1.0).contains(&self.noise_from),
            "`--noise-from` is {}, expected 0 to 1",
            self.noise_from
        );
        ensure!(
            self.minutes.is_none_or(|m| m > 0.0),
            "`--minutes` is {:?}, expected more than 0",
            self.minutes
        );
        let Material { clips, excluded } = self.material()?;
        let mut noise = Vec::new();
        for path in recordings(&self.noise)? {
            let samples = read_16k(&path)?;
            noise.push(samples[(samples.len() as f64 * self.noise_from) as usize..].to_vec());
        }
        let mut written = Vec::new();
        for &snr_db in &self.snr {
            let mut stream = assemble(&Recipe { clips: &clips, noise: &noise, snr_db, seed: self.seed });
            if let Some(minutes) = self.minutes {
                stream.truncate((minutes * 60.0 * f64::from(RATE)) as usize);
            }
            let wav = self.name(snr_db);
            let truth = stream.write(&wav)?;
            let (seconds, words) = (stream.samples.len() as f64 / f64::from(RATE), stream.truth.len());
            let snr_db = (!noise.is_empty()).then_some(snr_db);
            written.push(Written { stream: wav, truth, snr_db, seconds, words });
        }
        self.json.show(&written, || describe(&written, &excluded))
    }

    fn material(&self) -> Result<Material> {
        let corpus = corpus::Corpus::open(&self.corpus)?;
        corpus.needs_sound("`stream` joins clips to a recording")?;
        let mut excluded: Vec<String> =
            corpus.missing.iter().map(|path| format!("`{}` is absent", path.display())).collect();
        let wanted = |label: &String| match &self.words[..] {
            [] => label != "_silence_",
            words => words.contains(label),
        };
        let mut clips = Vec::new();
        for clip in corpus.clips.into_iter().filter(|clip| clip.split == self.split && wanted(&clip.label)) {
            match read_16k(&clip.path) {
                Ok(samples) => clips.push((clip.label, samples)),
                Err(why) => excluded.push(format!("{why:#}")),
            }
        }
        ensure!(
            !clips.is_empty(),
            "`{}` has no clip in `{}` with a wanted label that can be read{}",
            self.corpus.display(),
            self.split,
            excluded.first().map_or(String::new(), |first| format!(": {first}"))
        );
        for path in recordings(&self.speech)? {
            clips.extend(read_16k(&path)?.chunks(PIECE).map(|piece| (SPEECH.to_owned(), piece.to_vec())));
        }
        Ok(Material { clips, excluded })
    }

    fn name(&self, snr_db: f32) -> PathBuf {
        if self.snr.len() == 1 {
            return self.output.with_extension("wav");
        }
        let stem = self.output.file_stem().unwrap_or_default().to_string_lossy();
        self.output.with_file_name(format!("{stem}_{snr_db}db.wav"))
    }
}

/// Files, and the recordings in folders in the order of their names.
fn recordings(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let entries =
                std::fs::read_dir(path).with_context(|| format!("cannot list `{}`", path.display()))?;
            let mut inside: Vec<PathBuf> =
                entries.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
            inside.retain(|path| is_audio(path));
            inside.sort();
            if inside.is_empty() {
                bail!("`{}` holds no FLAC, MP3, Ogg or WAV file", path.display());
            }
            files.extend(inside);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn describe(written: &[Written], excluded: &[String]) -> String {
    let mut text = String::new();
    for Written { stream, truth, snr_db, seconds, words } in written {
        let noise = snr_db.map_or("without noise".to_owned(), |snr| format!("{snr} dB above the noise"));
        let minutes = seconds / 60.0;
        text += &format!(
            "`{}`: {minutes:.1} min, {words} words and pieces of speech {noise}; truth in `{}`\n",
            stream.display(),
            truth.display()
        );
    }
    excluded.iter().for_each(|why| text += &format!("left out: {why}\n"));
    text
}
