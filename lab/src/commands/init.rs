//! `kws-lab init`.

mod encoder;
mod sources;

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use kws_lab::bundle::ModelInfo;
use kws_lab::corpus::DataFolder;
use kws_lab::nets::Architecture;
use kws_lab::train::{CEPSTRAL, Config};

use super::paths::{path_of, seen_from};
pub(crate) use sources::Sources;

/// Creates a starter project for a custom keyword: a folder with `train.toml`, `pipeline.toml` and `phrases.txt`.
///
/// `train.toml` configures `kws-lab train`, with a comment on every line. `pipeline.toml` runs the trained model.
/// `phrases.txt` lists everyday words and phrases without a keyword; `kws-lab corpus synth` synthesises them as
/// negative examples if you have no recordings.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kws-lab init computer --near-miss commuter,compute,competent
  kws-lab init hallo stopp --folder german --corpus recordings --noise kitchen
  kws-lab init computer --start pipelines/models/yes_no   fine-tunes that model on a few dozen clips")]
pub(crate) struct Init {
    /// Keywords to detect.
    #[arg(required = true)]
    keywords: Vec<String>,
    /// Folder to create; must not contain such files yet [default: named after the first keyword].
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Words that sound similar to a keyword, separated by commas.
    #[arg(long, value_delimiter = ',')]
    near_miss: Vec<String>,
    /// Corpora to train on, each a folder with a `manifest.csv` [default: `corpus` in the new folder].
    #[arg(long)]
    corpus: Vec<PathBuf>,
    /// Trained model to fine-tune: its front end and network are used, and only its last layer is trained [default: the
    /// encoder that comes with this program, all of whose layers are trained].
    #[arg(long, value_name = "MODEL")]
    start: Option<PathBuf>,
    /// Start from random weights.
    #[arg(long, conflicts_with = "start")]
    scratch: bool,
    #[command(flatten)]
    sources: Sources,
}

/// What the network is and how long it learns.
struct Plan {
    front_end: Vec<toml::Table>,
    architecture: Architecture,
    /// The model to start from, as seen from the new folder, and what of it is trained.
    start: Option<(String, &'static str)>,
    epochs: usize,
    rate: &'static str,
}

impl Plan {
    /// Whether the features are bands, in the order of their frequency.
    fn bands(&self) -> bool {
        let last = self.front_end.iter().filter_map(|s| s.get("kind").and_then(toml::Value::as_str));
        !last.into_iter().any(|kind| CEPSTRAL.contains(&kind))
    }
}

impl Init {
    /// A keyword that synthetic voices speak: the clips lie in `corpus`, sentences without it in `sentences`. `words` are
    /// corpora of other words.
    pub(crate) fn of_word(
        keywords: &[String],
        folder: &Path,
        near_miss: &[String],
        words: &[PathBuf],
        mut sources: Sources,
    ) -> Self {
        sources.speech.insert(0, folder.join("sentences"));
        let corpus = if words.is_empty() { Vec::new() } else { [&[folder.join("corpus")], words].concat() };
        Self {
            keywords: keywords.to_vec(),
            folder: Some(folder.to_owned()),
            near_miss: near_miss.to_vec(),
            corpus,
            start: None,
            scratch: false,
            sources,
        }
    }

    pub(crate) fn run(self) -> Result<()> {
        let folder = self.write()?;
        println!("wrote train.toml, pipeline.toml and phrases.txt into `{}`; next:", folder.display());
        print!("{}", self.advice(&folder));
        Ok(())
    }

    /// Writes the files and gives their folder.
    pub(crate) fn write(&self) -> Result<PathBuf> {
        for word in self.keywords.iter().chain(&self.near_miss) {
            let plain = !word.trim().is_empty() && !word.contains(['"', '\\', '\n', ',']);
            ensure!(plain, "found the word `{word}`, expected letters");
            ensure!(word != "silence" && word != "unknown", "`{word}` is a reserved label");
        }
        let folder = self.folder.clone().unwrap_or_else(|| self.keywords[0].replace(' ', "_").into());
        fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        let name = folder
            .canonicalize()?
            .file_name()
            .context("the folder has no name")?
            .to_string_lossy()
            .into_owned();
        let plan = self.plan(&folder)?;
        create(&folder.join("train.toml"), &self.training(&folder, &name, &plan)?)?;
        create(&folder.join("pipeline.toml"), &self.pipeline(&name, &plan))?;
        create(&folder.join("phrases.txt"), &self.phrases())?;
        Ok(folder)
    }

    fn plan(&self, folder: &Path) -> Result<Plan> {
        if self.scratch {
            let Network { front_end, architecture } = toml::from_str(include_str!("init/network.toml"))?;
            return Ok(Plan { front_end, architecture, start: None, epochs: 18, rate: "3e-3" });
        }
        let Some(model) = &self.start else {
            encoder::unpack(&folder.join(encoder::FOLDER))?;
            let Network { front_end, architecture } = encoder::network()?;
            let start = Some((encoder::FOLDER.to_owned(), "all"));
            return Ok(Plan { front_end, architecture, start, epochs: 40, rate: "1e-3" });
        };
        let card = ModelInfo::read(model)?;
        let config = Config::read(&model.join("train.toml"), &DataFolder::find(None))?;
        let (front_end, architecture) = (card.front_end, config.architecture);
        let start = Some((seen_from(folder, model)?, "head"));
        Ok(Plan { front_end, architecture, start, epochs: 10, rate: "1e-3" })
    }

    fn training(&self, folder: &Path, name: &str, plan: &Plan) -> Result<String> {
        let corpora =
            if self.corpus.is_empty() { quoted(["./corpus"]) } else { quoted_from(folder, &self.corpus)? };
        let start = plan.start.as_ref().map_or(String::new(), |(model, part)| {
            format!(
                "\n# The trained model to start from, and what of it is trained: `head`, its last layer, or `all`.\n\
                 [start]\nmodel = \"{model}\"\ntrain = \"{part}\"\n"
            )
        });
        let network = format!("architecture = {}", toml::Value::try_from(&plan.architecture)?);
        // Where coefficients are no bands, no vocal tract can be drawn out.
        let bands = |line: &&str| plan.bands() || !line.starts_with("warp = ");
        let template: String =
            include_str!("init/train.toml").lines().filter(bands).map(|line| format!("{line}\n")).collect();
        Ok(template
            .replace("{name}", name)
            .replace("{labels}", &quoted_labels(&self.keywords))
            .replace("{architecture}", &network)
            .replace("{start}", &start)
            .replace("{corpora}", &corpora)
            .replace("{noise}", &quoted_from(folder, &self.sources.noise)?)
            .replace("{music}", &quoted_from(folder, &self.sources.music)?)
            .replace("{rooms}", &quoted_from(folder, &self.sources.rooms)?)
            .replace("{speech}", &quoted_from(folder, &self.sources.speech)?)
            .replace("{front_end}", &stages("front_end", &plan.front_end))
            .replace("{near_miss}", &quoted_labels(&self.near_miss))
            .replace("{epochs}", &plan.epochs.to_string())
            .replace("{rate}", plan.rate))
    }

    fn pipeline(&self, name: &str, plan: &Plan) -> String {
        let mut front_end = plan.front_end.clone();
        let classifier = match plan.architecture {
            // Such a network keeps what it computed of earlier frames, and needs no window of them.
            Architecture::Tcn { first: [_, _, stride], .. } => {
                front_end.retain(|stage| stage.get("kind").and_then(toml::Value::as_str) != Some("stack"));
                format!("streaming = true\nhop = {stride}\n")
            }
            _ => {
                // Judged every 100 ms where frames come every 20 ms.
                if let Some(stack) = front_end.last_mut() {
                    stack.insert("hop".into(), 5.into());
                }
                String::new()
            }
        };
        include_str!("init/pipeline.toml")
            .replace("{name}", name)
            .replace("{spoken}", &self.keywords.join(" or "))
            .replace("{front_end}", &stages("stage", &front_end))
            .replace("{streaming}", &classifier)
    }

    /// Everyday words and phrases that hold no keyword.
    fn phrases(&self) -> String {
        let keywords: Vec<String> = self.keywords.iter().map(|word| word.to_lowercase()).collect();
        let plain =
            |phrase: &&str| !keywords.iter().any(|word| phrase.to_lowercase().contains(word.as_str()));
        include_str!("init/phrases.txt").lines().filter(plain).map(|phrase| format!("{phrase}\n")).collect()
    }

    /// What to do next.
    fn advice(&self, folder: &Path) -> String {
        let folder = folder.display();
        let mut lines = Vec::new();
        if self.corpus.is_empty() {
            let near = match self.near_miss.join(",") {
                near if near.is_empty() => near,
                near => format!(" --near {near}"),
            };
            lines.push(format!(
                "kws-lab corpus synth --output {folder}/corpus --words {}{near} \\\n    --sentences \
                 {folder}/phrases.txt --sentence-takes 10",
                self.keywords.join(",")
            ));
        }
        lines.push(format!("kws-lab train {folder}"));
        let corpus = self.corpus.first().map_or(format!("{folder}/corpus"), |c| c.display().to_string());
        lines.push(format!("kws-lab corpus stream {corpus} --output {folder}/test.wav"));
        lines.push(format!(
            "kws-lab evaluate --pipeline {folder}/pipeline.toml \\\n    --stream {folder}/test.wav --truth \
             {folder}/test.truth.csv"
        ));
        lines.push(format!("kws-run {folder}/pipeline.toml"));
        lines.iter().map(|line| format!("  {line}\n")).collect()
    }
}

/// The label that `kws-lab corpus synth` gives a phrase.
fn label(phrase: &str) -> String {
    phrase.replace(char::is_whitespace, "_")
}

#[derive(serde::Deserialize)]
struct Network {
    architecture: Architecture,
    front_end: Vec<toml::Table>,
}

/// `"a", "b"`.
fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ")
}

fn quoted_labels(phrases: &[String]) -> String {
    let labels: Vec<String> = phrases.iter().map(|phrase| label(phrase)).collect();
    quoted(labels.iter().map(String::as_str))
}

/// Stages as an array of tables.
fn stages(array: &str, stages: &[toml::Table]) -> String {
    stages.iter().map(|stage| format!("\n[[{array}]]\n{stage}")).collect()
}

/// Corpora as a configuration in `folder` names them, quoted: paths as seen from there, and names as they are.
fn quoted_from(folder: &Path, corpora: &[PathBuf]) -> Result<String> {
    let written = |corpus: &PathBuf| -> Result<String> {
        match corpus.strip_prefix(folder) {
            Ok(inside) => Ok(path_of(inside.to_string_lossy().replace('\\', "/"))),
            Err(_) if corpus.exists() => Ok(path_of(seen_from(folder, corpus)?)),
            Err(_) => Ok(corpus.to_string_lossy().into_owned()),
        }
    };
    let corpora: Vec<String> = corpora.iter().map(written).collect::<Result<_>>()?;
    Ok(quoted(corpora.iter().map(String::as_str)))
}

/// Writes a file that must not be there yet.
fn create(path: &Path, text: &str) -> Result<()> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes()).with_context(|| format!("cannot write `{}`", path.display()))
        }
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            bail!("`{}` already exists; choose another `--folder`", path.display())
        }
        Err(e) => Err(e).with_context(|| format!("cannot write `{}`", path.display())),
    }
}
