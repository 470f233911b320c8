//! The command `kws-lab`.

mod commands;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Builds corpora, and trains, quantises and evaluates the classifiers of kws pipelines.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

// Documented where their arguments are, so that `--help` of each shows all of it.
#[derive(Subcommand)]
enum Command {
    NewWord(commands::new_word::NewWord),
    Init(commands::init::Init),
    LearningCurve(commands::learning_curve::LearningCurve),
    Ablate(commands::ablate::Ablate),
    Corpus(commands::corpus::Corpus),
    Review(commands::review::Review),
    Train(Box<commands::train::Train>),
    Mine(commands::mine::Mine),
    Enrol(Box<commands::enrol::Enrol>),
    Evaluate(Box<commands::evaluate::Evaluate>),
    Calibrate(commands::calibrate::Calibrate),
    Compare(commands::compare::Compare),
    Model(commands::model::Model),
    Features(commands::features::Features),
    Infer(commands::infer::Infer),
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::NewWord(word) => word.run(),
        Command::Init(init) => init.run(),
        Command::LearningCurve(curve) => curve.run(),
        Command::Ablate(ablate) => ablate.run(),
        Command::Corpus(corpus) => corpus.run(),
        Command::Review(review) => review.run(),
        Command::Train(train) => train.run(),
        Command::Mine(mine) => mine.run(),
        Command::Enrol(enrol) => enrol.run(),
        Command::Evaluate(evaluate) => evaluate.run(),
        Command::Calibrate(calibrate) => calibrate.run(),
        Command::Compare(compare) => compare.run(),
        Command::Model(model) => model.run(),
        Command::Features(features) => features.run(),
        Command::Infer(infer) => infer.run(),
    }
}
