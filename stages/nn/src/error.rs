//! Why a `.tflite` file cannot be run.

use std::fmt;

use super::flatbuffer::Malformed;

/// The class of a [`ModelError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelErrorKind {
    /// The bytes are not a `.tflite` file, or are damaged.
    Format,
    /// The file is sound, but asks for something that this runtime does not do.
    Unsupported,
    /// Shapes or element types that do not fit each other.
    Shape,
    /// Scales or zero points that do not fit the operator.
    Quantisation,
    /// The file asks for more than this runtime's stated bounds.
    Limit,
}

/// Why a `.tflite` file cannot be run: where, what was found, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError {
    kind: ModelErrorKind,
    place: String,
    found: String,
    expected: String,
}

impl ModelError {
    /// An error at `place`, such as ``operator 3 `CONV_2D` ``, with what was found and what was expected there.
    pub(crate) fn new(
        kind: ModelErrorKind,
        place: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self { kind, place: place.into(), found: found.into(), expected: expected.into() }
    }

    /// The class of the error.
    pub fn kind(&self) -> ModelErrorKind {
        self.kind
    }
}

impl From<Malformed> for ModelError {
    fn from(malformed: Malformed) -> Self {
        Self::new(
            ModelErrorKind::Format,
            "model",
            malformed.to_string(),
            "a complete, undamaged `.tflite` file",
        )
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: found {}, expected {}", self.place, self.found, self.expected)
    }
}

impl std::error::Error for ModelError {}
