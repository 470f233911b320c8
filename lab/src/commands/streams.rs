//! `kws-lab streams`: thresholds against misses and false accepts.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use kws_lab::audio::read_16k;
use kws_lab::bundle::Bundle;
use kws_lab::corpus::{Corpus, Recipe, Split, Stream, assemble};
use kws_lab::evaluate::{Decision, Posteriors, detect, posteriors, tally};

/// Sweeps the threshold of a model over streams made of clips, speech and noise.
#[derive(Args)]
pub(crate) struct Streams {
    /// Folder of the model.
    #[arg(long)]
    model: PathBuf,
    /// Corpus whose clips make up the stream.
    #[arg(long)]
    corpus: PathBuf,
    /// The split that they are taken from.
    #[arg(long, value_parser = Split::parse, default_value = "test")]
    split: Split,
    /// Recordings without a keyword, for false accepts.
    #[arg(long)]
    speech: Vec<PathBuf>,
    /// Recordings that play behind the clips; their last fifth, which training does not hear.
    #[arg(long)]
    noise: Vec<PathBuf>,
    /// Level of the words above the noise, in dB.
    #[arg(long, default_value_t = 10.0)]
    snr_db: f32,
    /// Frames of 20 ms from one run of the model to the next.
    #[arg(long, default_value_t = 3)]
    hop: usize,
    /// Runs that are averaged.
    #[arg(long, default_value_t = 5)]
    smooth: usize,
}

impl Streams {
    pub(crate) fn run(self) -> Result<()> {
        let mut bundle = Bundle::open(&self.model)?;
        let corpus = Corpus::open(&self.corpus)?;
        let mut clips = Vec::new();
        for clip in corpus.clips.iter().filter(|c| c.split == self.split && c.label != "_silence_") {
            clips.push((clip.label.clone(), read_16k(&clip.path)?));
        }
        let mut noise = Vec::new();
        for path in &self.noise {
            let samples = read_16k(path)?;
            noise.push(samples[samples.len() / 5 * 4..].to_vec());
        }
        let stream = assemble(&Recipe { clips: &clips, noise: &noise, snr_db: self.snr_db, seed: 1 });
        let mut parts = vec![(posteriors(&mut bundle, &stream.samples, self.hop)?, stream)];
        for path in &self.speech {
            let stream = Stream { samples: read_16k(path)?, truth: Vec::new() };
            parts.push((posteriors(&mut bundle, &stream.samples, self.hop)?, stream));
        }
        self.sweep(&bundle, &parts);
        Ok(())
    }

    fn sweep(&self, bundle: &Bundle, parts: &[(Posteriors, Stream)]) {
        let labels = &bundle.card.labels;
        let words: Vec<usize> =
            (0..labels.len()).filter(|&l| labels[l] != "silence" && labels[l] != "unknown").collect();
        println!("threshold  missed  FA words  FA speech  latency");
        for on in (10..20).map(|i| i as f32 / 20.0).chain([0.97, 0.98, 0.99]) {
            let decision = Decision { smooth: self.smooth, on, refractory: 16_000 };
            let tallies: Vec<_> = parts
                .iter()
                .map(|(p, s)| tally(&detect(p, &words, decision), &s.truth, labels, s.samples.len()))
                .collect();
            let clips = &tallies[0];
            let missed = clips.said - clips.heard;
            let speech: usize = tallies[1..].iter().map(|t| t.false_accepts).sum();
            let mut latencies = clips.latencies.clone();
            latencies.sort_unstable();
            let median = latencies.get(latencies.len() / 2).map_or(0, |l| l / 16);
            println!(
                "{on:9.2} {missed:3}/{:3} {:9} {speech:10} {median:5} ms",
                clips.said, clips.false_accepts
            );
        }
        let minutes = |t: &Stream| t.samples.len() as f64 / 16_000.0 / 60.0;
        let speech: f64 = parts[1..].iter().map(|(_, s)| minutes(s)).sum();
        println!("{:.1} min of clips, {speech:.1} min of speech", minutes(&parts[0].1));
    }
}
