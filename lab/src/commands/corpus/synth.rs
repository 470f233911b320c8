//! `kws-lab corpus synth`.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use kws_lab::corpus::Ratios;
use kws_lab::corpus::synth::{ESPEAK, Sweep, Template, Text, synthesise};

use super::output::Target;

/// Has words spoken by a text-to-speech program, in many voices, speeds and pitches.
///
/// A voice is one speaker; of espeak-ng's voices `ACCENT+TIMBRE` each timbre is. Words are placed in the middle of a second. `--near` takes words that are easily taken for the
/// keyword, `--sentences` a file of sentences: a model must not hear its keyword in either. Any program will do:
///
///   --command 'piper --model {voice} --length-scale {speed} --output_file {output}'
///
/// speaks what it reads from its standard input, as the command has no `{text}`.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Synth {
    /// Words or phrases, separated by commas; each is a label.
    #[arg(long, value_delimiter = ',')]
    words: Vec<String>,
    /// Words that sound alike, separated by commas; each is a label of its own.
    #[arg(long, value_delimiter = ',')]
    near: Vec<String>,
    /// A text file with a sentence in each line: clips of any length labelled `_speech_`.
    #[arg(long, value_name = "FILE")]
    sentences: Option<PathBuf>,
    /// The program with its arguments; `{voice}`, `{speed}`, `{pitch}`, `{output}` and `{text}` are replaced. No shell sees
    /// it.
    #[arg(long, default_value = ESPEAK)]
    command: String,
    /// Voices, separated by commas; without it 464 English ones of espeak-ng (`espeak-ng --voices` lists more).
    #[arg(long, value_delimiter = ',')]
    voices: Vec<String>,
    /// Values for `{speed}`, separated by commas; without it 130, 160 and 190 words a minute.
    #[arg(long, value_delimiter = ',')]
    speeds: Vec<String>,
    /// Values for `{pitch}`, separated by commas; without it 35, 50 and 65.
    #[arg(long, value_delimiter = ',')]
    pitches: Vec<String>,
    /// Clips of each word, drawn from all combinations.
    #[arg(long, default_value_t = 200)]
    takes: usize,
    /// Clips of each near miss.
    #[arg(long, default_value_t = 50)]
    near_takes: usize,
    /// Clips of each sentence.
    #[arg(long, default_value_t = 3)]
    sentence_takes: usize,
    /// Shares of the voices that train, validate and test.
    #[arg(long, default_value = "80,10,10")]
    ratios: Ratios,
    #[command(flatten)]
    target: Target,
}

impl Synth {
    pub(crate) fn run(self) -> Result<()> {
        let template = Template::parse(&self.command)?;
        let sweep = self.sweep(&template)?;
        let word = |word: &String| Text::Word(word.trim().to_owned());
        let kinds: [(Vec<Text>, usize); 3] = [
            (self.words.iter().map(word).collect(), self.takes),
            (self.near.iter().map(word).collect(), self.near_takes),
            (self.sentences()?, self.sentence_takes),
        ];
        let given = kinds.iter().any(|(texts, _)| !texts.is_empty());
        ensure!(given, "nothing to synthesise: give `--words`, `--near` or `--sentences`");
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
