//! The command `kws-lab`.

mod commands;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Corpora, training, quantisation and evaluation of the classifiers that kws pipelines run.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Imports, makes, checks and describes corpora: folders of clips with a `manifest.csv`.
    Corpus(commands::corpus::Corpus),
    /// Trains, quantises and exports the model that a configuration describes.
    Train(commands::train::Train),
    /// Measures a model on the clips of a corpus.
    Evaluate(commands::evaluate::Evaluate),
    /// Sweeps the threshold of a model over streams made of clips, speech and noise.
    Streams(commands::streams::Streams),
    /// Dumps what a stage of a pipeline produces for a recording.
    Features(commands::features::Features),
    /// Runs a `.tflite` model on raw tensors, for whoever checks the runtime against another one.
    Infer(commands::infer::Infer),
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Corpus(corpus) => corpus.run(),
        Command::Train(train) => train.run(),
        Command::Evaluate(evaluate) => evaluate.run(),
        Command::Streams(streams) => streams.run(),
        Command::Features(features) => features.run(),
        Command::Infer(infer) => infer.run(),
    }
}
