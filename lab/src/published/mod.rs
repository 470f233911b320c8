//! Reference models that others have published, by their names.

mod fetch;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// A published model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Its name on the command line.
    pub name: String,
    /// What it tells apart, and whose work it is.
    pub about: String,
    /// Who publishes it.
    pub publisher: String,
    /// Its licence.
    pub licence: String,
    /// What whoever uses it must know beside that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What it consists of.
    #[serde(rename = "file")]
    pub files: Vec<Part>,
    /// What goes into its `model.toml`, name and origin aside; none of a model with a manifest of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<toml::Table>,
}

/// A file of a published model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its name in the folder that is fetched.
    pub name: String,
    /// Where it is published.
    pub url: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    model: Vec<Published>,
}

impl Published {
    /// Every model that is known by name.
    ///
    /// # Errors
    /// When the list that comes with the program is malformed.
    pub fn all() -> Result<Vec<Self>> {
        Self::parse(include_str!("models.toml"))
    }

    /// Reads a list of models, in the form of this program's own `models.toml`.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn parse(text: &str) -> Result<Vec<Self>> {
        Ok(toml::from_str::<List>(text).context("in the list of published models")?.model)
    }

    /// A model by its name.
    ///
    /// # Errors
    /// When there is none of that name; says which there are.
    pub fn named(name: &str) -> Result<Self> {
        let all = Self::all()?;
        let names: Vec<String> = all.iter().map(|model| model.name.clone()).collect();
        all.into_iter()
            .find(|model| model.name == name)
            .with_context(|| format!("unknown model `{name}`, expected one of `{}`", names.join("`, `")))
    }

    /// Size of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|part| part.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::bundle::ModelInfo;

    #[test]
    fn every_file_is_pinned_to_a_commit_and_a_checksum() {
        let all = Published::all().unwrap();
        let names: BTreeSet<&str> = all.iter().map(|model| model.name.as_str()).collect();
        assert_eq!(names.len(), all.len());
        let digits = |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_hexdigit());
        for part in all.iter().flat_map(|model| &model.files) {
            assert!(digits(&part.sha256, 64), "{part:?}");
            assert!(part.url.starts_with("https://github.com/"), "{part:?}");
            assert!(part.url.split('/').any(|step| digits(step, 40)), "{part:?}");
        }
    }

    #[test]
    fn what_is_stated_of_a_model_is_what_a_front_end_can_be_built_from() {
        for model in Published::all().unwrap() {
            let Some(table) = model.card else { continue };
            let card: ModelInfo = table.try_into().unwrap();
            crate::features::FrontEnd::new(card.view, &card.front_end)
                .unwrap_or_else(|why| panic!("{}: {why:#}", model.name));
        }
    }
}
