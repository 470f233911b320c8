//! Exceptions.

use std::fmt::Display;

use pyo3::exceptions::PyException;
use pyo3::{PyErr, create_exception};

create_exception!(
    kws,
    Error,
    PyException,
    "What kws refuses, with the whole message: the line of a pipeline file too."
);
create_exception!(
    kws,
    Waiting,
    Error,
    "A push that was not taken whole, since the pipeline waits for what its other sources bring. `args[1]` says how many \
     items were taken: push to the other sources, then push the rest. No event is lost."
);

pub(crate) fn refused(error: impl Display) -> PyErr {
    Error::new_err(error.to_string())
}
