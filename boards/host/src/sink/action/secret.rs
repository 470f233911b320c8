//! A password that is not in the pipeline file.

use std::path::PathBuf;

use kws_engine::Site;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a secret comes from. Only this place is ever shown or recorded, never the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Secret {
    /// The environment variable of this name.
    Env(String),
    /// The first line of this file; a relative path starts at the current folder.
    File(PathBuf),
}

impl Secret {
    /// Gives a notice if it cannot be read now: a plan is often checked on another computer, so it is no error yet.
    pub(super) fn look(&self, site: &Site<'_>, key: &str) {
        if let Err(why) = self.read() {
            site.notice(format!("`{key}` of `{}`: {why}; the pipeline cannot run without it", site.name));
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// Says which variable or file is missing; never what was found.
    pub(super) fn read(&self) -> Result<String, String> {
        match self {
            Secret::Env(name) => {
                std::env::var(name).map_err(|_| format!("the environment variable `{name}` is not set"))
            }
            Secret::File(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| format!("cannot read the secret in `{}`: {error}", path.display()))?;
                Ok(text.lines().next().unwrap_or_default().to_owned())
            }
        }
    }
}

/// A text that may be a secret.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Text {
    /// As it stands in the file.
    Plain(String),
    /// From elsewhere.
    Secret(Secret),
}

impl Text {
    /// See [`Secret::look`].
    pub(super) fn look(&self, site: &Site<'_>, key: &str) {
        if let Text::Secret(secret) = self {
            secret.look(site, key);
        }
    }

    /// The text.
    ///
    /// # Errors
    /// See [`Secret::read`].
    pub(super) fn read(&self) -> Result<String, String> {
        match self {
            Text::Plain(text) => Ok(text.clone()),
            Text::Secret(secret) => secret.read(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_file_is_the_secret() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3cret\nanother line\n").unwrap();
        assert_eq!(Secret::File(file.path().into()).read().as_deref(), Ok("s3cret"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = Secret::Env("KWS_NO_SUCH_VARIABLE".to_owned()).read().unwrap_err();
        assert_eq!(error, "the environment variable `KWS_NO_SUCH_VARIABLE` is not set");
        assert!(Secret::File("/no/such/file".into()).read().unwrap_err().contains("/no/such/file"));
    }
}
