//! kws for Python: `kws._kws`, which the package `kws` around it re-exports. `python/kws/_kws.pyi` documents it for its
//! users; `boards/python/README.md` is the guide.

mod array;
mod error;
mod event;
mod model;
mod pipeline;
mod session;

/// The extension module.
#[pyo3::pymodule]
mod _kws {
    #[pymodule_export]
    use super::error::{Error, Waiting};
    #[pymodule_export]
    use super::event::Event;
    #[pymodule_export]
    use super::model::{Model, Tensor};
    #[pymodule_export]
    use super::pipeline::{Pipeline, Stage};
    #[pymodule_export]
    use super::session::Session;
}
