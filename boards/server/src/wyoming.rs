//! The Wyoming protocol: a line of JSON, data as JSON, and a payload, both ways on one connection.

mod reader;
mod writer;

pub(crate) use reader::{Data, Reader, Receive};
pub(crate) use writer::write;

/// Why a connection is ended: what its client did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientError {
    /// One word for programs.
    pub(crate) code: &'static str,
    /// What was found, and what was expected.
    pub(crate) text: String,
}

impl ClientError {
    pub(crate) fn new(code: &'static str, text: impl Into<String>) -> Self {
        ClientError { code, text: text.into() }
    }
}
