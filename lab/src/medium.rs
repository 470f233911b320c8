//! What models classify, and what people call it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::images::is_image;

/// What a model classifies one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Medium {
    /// Audio clips.
    #[default]
    Clips,
    /// Images.
    Images,
}

impl Medium {
    /// What files are: images, if there are any and all of them are.
    #[must_use]
    pub fn of<'a>(files: impl Iterator<Item = &'a Path>) -> Self {
        let mut files = files.peekable();
        if files.peek().is_some() && files.all(is_image) { Self::Images } else { Self::Clips }
    }

    /// One of them.
    #[must_use]
    pub fn one(self) -> &'static str {
        match self {
            Self::Clips => "clip",
            Self::Images => "image",
        }
    }

    /// Several of them.
    #[must_use]
    pub fn many(self) -> &'static str {
        match self {
            Self::Clips => "clips",
            Self::Images => "images",
        }
    }

    /// Several of them, as a heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Clips => "Clips",
            Self::Images => "Images",
        }
    }

    /// What the label of one says of it.
    #[must_use]
    pub fn truth(self) -> &'static str {
        match self {
            Self::Clips => "spoken label",
            Self::Images => "true label",
        }
    }

    /// What a model says of one.
    #[must_use]
    pub fn answer(self) -> &'static str {
        "recognised label"
    }
}
