//! Why the command ends with an error, and how it says so.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use kws_engine::PlanError;
use kws_engine::run::StageFault;

const ERROR: Style = AnsiColor::Red.on_default().bold();

/// Why the command ends with an error.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line asks for something that there is not.
    Usage(String),
    /// The pipeline cannot be planned.
    Plan(PlanError),
    /// A stage cannot go on.
    Stage(StageFault),
    /// This program or this computer lacks something.
    Lacking(String),
    /// Something cannot be written or read.
    Output(io::Error),
}

impl Failure {
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Failure::Usage(text.into())
    }

    /// Says on standard error what is wrong. A reader of standard output that has gone away is no error.
    pub(crate) fn report(&self) -> ExitCode {
        let (text, code) = match self {
            Failure::Usage(text) => (format!("{text}\n\nFor more information, try '--help'."), 2),
            Failure::Lacking(text) => (text.clone(), 1),
            Failure::Plan(error) => (error.to_string(), 1),
            Failure::Stage(fault) => (fault.to_string(), 1),
            Failure::Output(error) if error.kind() == ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Failure::Output(error) => (error.to_string(), 1),
        };
        // Nothing is left to tell it to when standard error is gone.
        let _ = writeln!(anstream::stderr(), "{ERROR}error:{ERROR:#} {text}");
        ExitCode::from(code)
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        Failure::Plan(error)
    }
}

impl From<StageFault> for Failure {
    fn from(fault: StageFault) -> Self {
        Failure::Stage(fault)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}
