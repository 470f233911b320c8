//! `kws-lab corpus synth`.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use kws_lab::corpus::Ratios;
use kws_lab::corpus::synth::{ESPEAK, Sweep, Template, Text, synthesise};

use super::output::Target;

/// Synthesises words with a text-to-speech program, in many voices, speeds and pitches.
///
/// Each voice is a speaker; with espeak-ng, whose voices are named `ACCENT+TIMBRE`, each timbre is one. Words are
/// centred in one-second clips. `--near` synthesises words that sound similar to the keyword, `--sentences` a file of
/// sentences; both are negative examples. Any program can be used:
///
///   --command 'piper --model {voice} --length-scale {speed} --output_file {output}'
///
/// This one reads the text from standard input, because the command has no `{text}`.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Synth {
    /// Words or phrases, separated by commas; each is a label.
    #[arg(long, value_delimiter = ',')]
    words: Vec<String>,
    /// Words that sound similar, separated by commas; each is a label.
    #[arg(long, value_delimiter = ',')]
    near: Vec<String>,
    /// Text file with one sentence per line, for clips of any length labelled `_speech_`.
    #[arg(long, value_name = "FILE")]
    sentences: Option<PathBuf>,
    /// Command of the program; `{voice}`, `{speed}`, `{pitch}`, `{output}` and `{text}` are replaced. It is run without
    /// a shell.
    #[arg(long, default_value = ESPEAK)]
    command: String,
    /// Voices, separated by commas [default: 464 English ones of espeak-ng; `espeak-ng --voices` lists more].
    #[arg(long, value_delimiter = ',')]
    voices: Vec<String>,
    /// Values for `{speed}`, separated by commas [default: 130, 160 and 190 words per minute].
    #[arg(long, value_delimiter = ',')]
    speeds: Vec<String>,
    /// Values for `{pitch}`, separated by commas [default: 35, 50 and 65].
    #[arg(long, value_delimiter = ',')]
    pitches: Vec<String>,
    /// Clips per word, drawn from all combinations.
    #[arg(long, default_value_t = 200)]
    takes: usize,
    /// Clips per near miss.
    #[arg(long, default_value_t = 50)]
    near_takes: usize,
    /// Clips per sentence.
    #[arg(long, default_value_t = 3)]
    sentence_takes: usize,
    /// Shares of the voices for training, validation and test.
    #[arg(long, default_value = "80,10,10")]
    ratios: Ratios,
    #[command(flatten)]
    target: Target,
}

impl Synth {
    pub(crate) fn run(self) -> Result<()> {
        let word = |word: &String| Text::Word(word.trim().to_owned());
        let kinds: [(Vec<Text>, usize); 3] = [
            (self.words.iter().map(word).collect(), self.takes),
            (self.near.iter().map(word).collect(), self.near_takes),
            (self.sentences()?, self.sentence_takes),
        ];
        let given = kinds.iter().any(|(texts, _)| !texts.is_empty());
        ensure!(given, "nothing to synthesise: give `--words`, `--near` or `--sentences`");
        let template = Template::parse(&self.command)?;
        let sweep = self.sweep(&template)?;
        let mut build = self.target.begin()?;
        for (texts, takes) in kinds {
            synthesise(&template, &texts, &Sweep { takes, ..sweep.clone() }, self.ratios, &mut build)?;
        }
        self.target.finish(build)
    }

    fn sweep(&self, template: &Template) -> Result<Sweep> {
        let mut sweep = if self.command == ESPEAK { Sweep::english() } else { Sweep::default() };
        let given = [
            ("voice", "voices", &self.voices, &mut sweep.voices),
            ("speed", "speeds", &self.speeds, &mut sweep.speeds),
            ("pitch", "pitches", &self.pitches, &mut sweep.pitches),
        ];
        for (name, option, given, values) in given {
            if !given.is_empty() {
                values.clone_from(given);
            }
            ensure!(
                !values.is_empty() || !template.uses(name),
                "`--command` contains `{{{name}}}`, but `--{option}` gives no values for it"
            );
        }
        Ok(sweep)
    }

    fn sentences(&self) -> Result<Vec<Text>> {
        let Some(path) = &self.sentences else { return Ok(Vec::new()) };
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Ok(lines.map(|line| Text::Sentence(line.to_owned())).collect())
    }
}
