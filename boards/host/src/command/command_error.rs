//! Why the command ends with an error, and how it says so.

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use anstyle::Style;
use kws_engine::PlanError;
use kws_engine::run::RunError;

use super::journal::{Level, tell};

const ERROR: Style = Level::Error.style();

/// Why the command ends with an error.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// The command line asks for something that there is not.
    Usage(String),
    /// The pipeline cannot be planned.
    Plan(PlanError),
    /// The pipeline cannot be planned, for all of these reasons.
    Plans(Vec<PlanError>),
    /// A stage cannot go on.
    Stage(RunError),
    /// A stage cannot go on, and that was reported when it happened.
    Reported,
    /// This program or this computer lacks something.
    Lacking(String),
    /// Something cannot be written or read.
    Output(io::Error),
}

impl CommandError {
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        CommandError::Usage(text.into())
    }

    /// Says on standard error what is wrong. A reader of standard output that has gone away is no error.
    pub(crate) fn report(&self) -> ExitCode {
        let (text, code) = match self {
            CommandError::Usage(text) => (format!("{text}\n\nFor more information, try '--help'."), 2),
            CommandError::Lacking(text) => (text.clone(), 1),
            CommandError::Plan(error) => (error.to_string(), 1),
            CommandError::Plans(errors) => {
                let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
                (texts.join(&format!("\n{ERROR}error:{ERROR:#} ")), 1)
            }
            CommandError::Stage(fault) => (fault.to_string(), 1),
            CommandError::Reported => return ExitCode::FAILURE,
            CommandError::Output(error) if error.kind() == ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            CommandError::Output(error) => (error.to_string(), 1),
        };
        tell(Level::Error, format_args!("{ERROR}error:{ERROR:#} {text}"));
        ExitCode::from(code)
    }
}

impl From<PlanError> for CommandError {
    fn from(error: PlanError) -> Self {
        CommandError::Plan(error)
    }
}

impl From<RunError> for CommandError {
    fn from(fault: RunError) -> Self {
        CommandError::Stage(fault)
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        CommandError::Output(error)
    }
}
