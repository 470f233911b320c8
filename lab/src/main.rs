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
    /// Writes what a keyword of one's own begins with.
    Init(commands::init::Init),
    /// Trains on parts of the speakers and shows what more data would bring.
    LearningCurve(commands::learning_curve::LearningCurve),
    /// Imports, makes, checks and describes corpora: folders of clips with a `manifest.csv`.
    Corpus(commands::corpus::Corpus),
    /// Trains, quantises and exports the model that a configuration describes.
    Train(commands::train::Train),
    /// Measures a model on the clips of a corpus, a pipeline on streams, or both.
    Evaluate(commands::evaluate::Evaluate),
    /// Chooses a model's operating points on streams and writes them into its `model.toml`.
    Calibrate(commands::calibrate::Calibrate),
    /// Sets two models, or the float and integer forms of one, side by side with a paired test.
    Compare(commands::compare::Compare),
    /// Dumps what a stage of a pipeline produces for a recording.
    Features(commands::features::Features),
    /// Runs a `.tflite` model on raw tensors, for whoever checks the runtime against another one.
    Infer(commands::infer::Infer),
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Init(init) => init.run(),
        Command::LearningCurve(curve) => curve.run(),
        Command::Corpus(corpus) => corpus.run(),
        Command::Train(train) => train.run(),
        Command::Evaluate(evaluate) => evaluate.run(),
        Command::Calibrate(calibrate) => calibrate.run(),
        Command::Compare(compare) => compare.run(),
        Command::Features(features) => features.run(),
        Command::Infer(infer) => infer.run(),
    }
}
