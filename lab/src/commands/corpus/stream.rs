//! `kws-lab corpus stream`.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use kws_lab::audio::{RATE, read_16k, read_any};
use kws_lab::corpus::{self, CorpusRef, Recipe, Recording, SPEECH, assemble, recordings};
use serde::Serialize;

use crate::commands::data::Data;
use crate::commands::json::Json;

/// Joins clips, speech and noise into a long test stream, with a file that lists what is said when.
///
/// Clips come in random order with pauses of 0.3 to 1.5 s. Noise is mixed in throughout, drawn anew for each clip, at
/// the ratio `--snr` to its word. The truth file has `label,start,end` in seconds, where start and end of a word are
/// found by its energy. Speech is labelled `_speech_`.
#[derive(Args)]
pub(crate) struct Stream {
    /// Corpus of the clips: a folder, or a name in the data folder.
    corpus: String,
    #[command(flatten)]
    data: Data,
    /// Output WAV file; the truth file has the same name and the extension `.truth.csv`. With several ratios, `_10db`
    /// and so on is appended to the name.
    #[arg(long, short, value_name = "FILE.wav")]
    output: PathBuf,
    /// Split to use.
    #[arg(long, value_parser = corpus::Split::parse, default_value = "test")]
    split: corpus::Split,
    /// Labels to use, separated by commas [default: all but `_silence_`].
    #[arg(long, value_delimiter = ',')]
    words: Vec<String>,
    /// Speech without a keyword, to cut into 5 s parts and mix in between: corpora by name, folders or recordings,
    /// separated by commas.
    #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "CORPUS")]
    speech: Vec<String>,
    /// Noise: corpora by name, folders or recordings, separated by commas.
    #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "CORPUS")]
    noise: Vec<String>,
    /// Share to skip at the beginning of each noise recording, because training uses it.
    #[arg(long, default_value_t = 0.8)]
    noise_from: f64,
    /// Signal-to-noise ratios of the words in dB, separated by commas; one stream each.
    #[arg(long, value_delimiter = ',', allow_negative_numbers = true, default_value = "10")]
    snr: Vec<f32>,
    /// Maximum length of a stream in minutes.
    #[arg(long)]
    minutes: Option<f64>,
    /// Seed for order, pauses and noise.
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
        for recording in self.recordings(&self.noise, "--noise")? {
            let samples = read_any(&recording.path)?;
            // What is divided has parts that training does not hear.
            let from = if recording.split.is_some() { 0.0 } else { self.noise_from };
            noise.push(samples[(samples.len() as f64 * from) as usize..].to_vec());
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
        let named = CorpusRef::argument(&self.corpus, &self.data.folder())?;
        named.check("CORPUS")?;
        let corpus = corpus::Corpus::open(&named)?;
        corpus.needs_sound("`stream` joins clips into a recording")?;
        let mut excluded: Vec<String> =
            corpus.missing.iter().map(|path| format!("`{}` does not exist", path.display())).collect();
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
            "`{}` has no readable clip in `{}` with a requested label{}",
            self.corpus,
            self.split,
            excluded.first().map_or(String::new(), |first| format!(": {first}"))
        );
        for recording in self.recordings(&self.speech, "--speech")? {
            clips.extend(
                read_any(&recording.path)?.chunks(PIECE).map(|piece| (SPEECH.to_owned(), piece.to_vec())),
            );
        }
        Ok(Material { clips, excluded })
    }

    /// Recordings of the split, and what is not divided.
    fn recordings(&self, names: &[String], argument: &str) -> Result<Vec<Recording>> {
        let mut all = Vec::new();
        for name in names {
            let corpus = CorpusRef::argument(name, &self.data.folder())?;
            corpus.check(argument)?;
            all.extend(recordings(&corpus)?.into_iter().filter(|recording| recording.serves(self.split)));
        }
        Ok(all)
    }

    fn name(&self, snr_db: f32) -> PathBuf {
        if self.snr.len() == 1 {
            return self.output.with_extension("wav");
        }
        let stem = self.output.file_stem().unwrap_or_default().to_string_lossy();
        self.output.with_file_name(format!("{stem}_{snr_db}db.wav"))
    }
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
    excluded.iter().for_each(|why| text += &format!("skipped: {why}\n"));
    text
}
