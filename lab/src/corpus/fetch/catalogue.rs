//! Data sets that are known by name.

use serde::Serialize;

/// A published data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DataSet {
    /// Its name on the command line.
    pub name: &'static str,
    /// Where it is published.
    pub url: &'static str,
    /// Size of the archive, where it is published.
    pub bytes: Option<u64>,
    /// Checksum of the archive, where one is published.
    pub sha256: Option<&'static str>,
    /// The layout that `import` reads it as.
    pub layout: &'static str,
    /// Its licence.
    pub licence: &'static str,
    /// What it holds.
    pub about: &'static str,
}

/// Every data set that is known by name. Sizes and checksums are those that TensorFlow Datasets
/// (`url_checksums/speech_commands.txt`) and torchaudio (`datasets/speechcommands.py`) publish.
pub const DATA_SETS: &[DataSet] = &[
    DataSet {
        name: "speech_commands",
        url: "https://storage.googleapis.com/download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
        bytes: Some(2_428_923_189),
        sha256: Some("af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58"),
        layout: "speech-commands",
        licence: "CC BY 4.0",
        about: "words: 35, by 2,618 speakers in 105,829 clips; background noise",
    },
    DataSet {
        name: "speech_commands_v0.01",
        url: "https://storage.googleapis.com/download.tensorflow.org/data/speech_commands_v0.01.tar.gz",
        bytes: None,
        sha256: Some("743935421bb51cccdb6bdd152e04c5c70274e935c82119ad7faeec31780d811d"),
        layout: "speech-commands",
        licence: "CC BY 4.0",
        about: "words: 30, by 1,881 speakers in 64,727 clips; background noise",
    },
    DataSet {
        name: "speech_commands_test_set_v0.02",
        url: "https://storage.googleapis.com/download.tensorflow.org/data/speech_commands_test_set_v0.02.tar.gz",
        bytes: Some(112_563_277),
        sha256: Some("cc2a00c1147c2254e9be3fa0f779d8c17421dc349b86366567a8edfa9acd51df"),
        layout: "speech-commands",
        licence: "CC BY 4.0",
        about: "test clips of the paper's top-1 error: ten words, silence, unknown",
    },
    DataSet {
        name: "mini_speech_commands",
        url: "https://storage.googleapis.com/download.tensorflow.org/data/mini_speech_commands.zip",
        bytes: None,
        sha256: None,
        layout: "speech-commands",
        licence: "CC BY 4.0",
        about: "words: 8, in 8,000 clips",
    },
    DataSet {
        name: "noise/esc50",
        url: "https://github.com/karolpiczak/ESC-50/archive/master.zip",
        bytes: None,
        sha256: None,
        layout: "noise for training configurations",
        licence: "CC BY-NC 3.0",
        about: "sounds: 50 of every day, in 2,000 recordings of 5 s",
    },
    DataSet {
        name: "noise/musan",
        url: "https://www.openslr.org/resources/17/musan.tar.gz",
        bytes: None,
        sha256: None,
        layout: "noise for training configurations",
        licence: "CC BY 4.0 and public domain",
        about: "music, speech and noise: 109 hours",
    },
];

impl DataSet {
    /// A data set by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        DATA_SETS.iter().find(|set| set.name == name)
    }
}
