//! Data sets that are known by name.

use std::path::Path;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::corpus::About;

/// A published data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSet {
    /// The name under which it is fetched, and under which it lies in the data folder.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Who made it and where it is published.
    pub source: String,
    /// Its licence.
    pub licence: String,
    /// What whoever reads a model's card should know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// What it holds.
    pub holds: String,
    /// Archives that are unpacked: a single one into the folder of the name, several into folders of their own in it.
    #[serde(rename = "archive", default)]
    pub archives: Vec<Archive>,
    /// How to come by it where it cannot be downloaded by a program; `{folder}` stands for the folder of its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<String>,
    /// The command that makes a corpus of it, where it is not read as it is; `{folder}` and `{data}` stand for the folders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Names of the corpora that are made so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gives: Vec<String>,
}

/// A file of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// Where it is published.
    pub url: String,
    /// Its size, where that is published.
    pub bytes: Option<u64>,
    /// Its checksum, where one is published.
    pub sha256: Option<String>,
}

/// The file that lists them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    data_set: Vec<DataSet>,
}

/// Every data set that is known by name.
pub static DATA_SETS: LazyLock<Vec<DataSet>> = LazyLock::new(|| {
    let catalogue: Catalogue =
        toml::from_str(include_str!("data_sets.toml")).expect("a test has read the catalogue");
    catalogue.data_set
});

impl DataSet {
    /// A data set by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        DATA_SETS.iter().find(|set| set.name == name)
    }

    /// The data set that a corpus comes from: its own, that of the folder that it lies in, or the one it is made of.
    #[must_use]
    pub fn giving(corpus: &str) -> Option<&'static Self> {
        let whole = |set: &&Self| Path::new(corpus).starts_with(&set.name);
        let part = |set: &&Self| set.gives.iter().any(|given| given == corpus);
        DATA_SETS.iter().find(|set| whole(set) || part(set))
    }

    /// What its `corpus.toml` says.
    #[must_use]
    pub fn about(&self) -> About {
        let Self { title, source, licence, note, .. } = self.clone();
        About { title, source, licence, note, folder: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_set_can_be_come_by() {
        for set in DATA_SETS.iter() {
            assert!(set.archives.is_empty() == set.by_hand.is_some(), "`{}`", set.name);
            assert_eq!(set.gives.is_empty(), set.next.is_none(), "`{}`", set.name);
            for archive in &set.archives {
                let sum = archive.sha256.as_deref().unwrap_or("");
                assert!(sum.is_empty() || sum.len() == 64, "`{}`", archive.url);
            }
        }
        assert_eq!(DataSet::giving("noise/musan/music").map(|set| set.name.as_str()), Some("noise/musan"));
        assert_eq!(DataSet::giving("person").map(|set| set.name.as_str()), Some("coco_val2017"));
        assert_eq!(DataSet::giving("speech_commands_official"), None);
    }
}
