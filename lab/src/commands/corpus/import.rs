//! `kws-lab corpus import`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand, ValueEnum};
use kws_lab::corpus::import::{
    Background, Coco, CommonVoice, Cut, Folder, Gaps, Images, List, Sentences, SpeechCommands, Terms,
};
use kws_lab::corpus::{Build, Ratios};

use super::output::Target;

/// Imports recordings or images from another layout as a corpus.
///
/// WAV, FLAC, Ogg Vorbis and MP3 files become WAV clips at 16 kHz with one channel. JPEG, PNG and BMP images are copied
/// unchanged, and their mean luma becomes the column `brightness`. Metadata become columns, and the column `source`
/// names the original file. Unusable files are skipped and listed in `excluded.csv` with the reason. The original files
/// are never changed.
#[derive(Args)]
pub(crate) struct Import {
    #[command(subcommand)]
    layout: Layout,
}

#[derive(Subcommand)]
enum Layout {
    /// Speech Commands: a folder per word, files named `SPEAKER_nohash_N.wav`, `_background_noise_`.
    ///
    /// Splits are read from `validation_list.txt` and `testing_list.txt` if they exist, otherwise computed with the
    /// hash of the data set.
    SpeechCommands {
        /// Folder of the unpacked data set.
        folder: PathBuf,
        #[command(flatten)]
        words: Words,
        /// How to use `_background_noise_`.
        #[arg(long, value_enum, default_value_t = Kept::Both)]
        background: Kept,
        #[command(flatten)]
        sounds: Sounds,
    },
    /// Common Voice: `clips/*.mp3`, `validated.tsv` and the other lists of one language.
    ///
    /// Sentences of one word become clips with that label. Speakers in `train.tsv`, `dev.tsv` and `test.tsv` keep their
    /// split; the others are split by a hash. Gender, age, accent and language become columns.
    CommonVoice {
        /// Folder of one language.
        folder: PathBuf,
        #[command(flatten)]
        words: Words,
        /// Lists to import; the column `list` names the list of each clip.
        #[arg(long, value_enum, value_delimiter = ',', default_value = "validated")]
        lists: Vec<ListName>,
        /// How to use sentences of several words: `speech` imports clips labelled `_speech_`, or `_keyword_` if they
        /// contain one of `--words`; `leave` skips them.
        #[arg(long, value_enum, default_value = "speech")]
        sentences: SentencesName,
        #[command(flatten)]
        sounds: Sounds,
    },
    /// A plain folder: files in `LABEL/` or `LABEL/SPEAKER/`, or a `manifest.csv` that lists files in any layout.
    ///
    /// A `manifest.csv` needs the columns `path` and `label`; `speaker`, `split` and any metadata are kept.
    Folder {
        /// Folder to import.
        folder: PathBuf,
        #[command(flatten)]
        words: Words,
        /// Text that ends the speaker's part of a file name; if a name does not contain it, the speaker is unknown.
        #[arg(long, value_name = "TEXT", default_value = "_nohash_")]
        speaker_until: String,
        /// How to use a folder `_background_noise_`.
        #[arg(long, value_enum, default_value_t = Kept::Both)]
        background: Kept,
        #[command(flatten)]
        sounds: Sounds,
    },
    /// One long recording with a file that lists what is said when.
    ///
    /// Labels are a CSV file with `start,end,label` in seconds, or a label track exported from Audacity. Each labelled
    /// section becomes a clip, extended to one second as far as its neighbours allow.
    Recording {
        /// Recording to cut.
        file: PathBuf,
        /// File that lists what is said when.
        #[arg(long)]
        labels: PathBuf,
        /// Name of the speaker [default: the name of the recording].
        #[arg(long)]
        speaker: Option<String>,
        /// Also makes one-second clips labelled `_silence_` from the parts between the labels.
        #[arg(long)]
        silence: bool,
        #[command(flatten)]
        sounds: Sounds,
    },
    /// Images: files in `LABEL/`, or a `labels.csv` that lists files in any subfolder.
    ///
    /// A `labels.csv` needs the columns `file` and `label`, or instead of `label` a column `person` with 1 for `person`
    /// and 0 for `nobody`. `max_person_area_fraction` becomes `area`; other columns are kept. A hash of an image's path
    /// chooses its split, which therefore stays the same as images are added.
    Images {
        /// Folder to import.
        folder: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// COCO: `instances_*.json` and the folder of its images, labelled by the rule of Visual Wake Words.
    ///
    /// An image is a `person` if one person covers at least 0.5 % of it, by the `area` of the annotations, otherwise
    /// `nobody`. The fraction that the largest person covers becomes the column `area`. Rule: A. Chowdhery et al.,
    /// arXiv:1906.05721, as in TensorFlow's build_visualwakewords_data.py.
    Coco {
        /// Annotation file.
        annotations: PathBuf,
        /// Folder of the images.
        #[arg(long, value_name = "FOLDER")]
        images: PathBuf,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Args)]
struct Words {
    /// Labels to import, separated by commas [default: all].
    #[arg(long, value_delimiter = ',')]
    words: Vec<String>,
}

#[derive(Args)]
struct Common {
    #[command(flatten)]
    target: Target,
    /// Shares of training, validation and test, if the original data have no splits.
    #[arg(long, default_value = "80,10,10")]
    ratios: Ratios,
}

#[derive(Args)]
struct Sounds {
    #[command(flatten)]
    common: Common,
    /// Maximum length of a clip in seconds; longer files are skipped.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    longest: f64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kept {
    /// One-second clips labelled `_silence_`, and the whole recordings in `_background_noise_` of the corpus.
    Both,
    /// One-second clips labelled `_silence_`.
    Silence,
    /// The whole recordings, for `noise` of a training configuration.
    Noise,
    /// Not imported.
    Skip,
}

#[derive(Clone, Copy, ValueEnum)]
enum ListName {
    /// Most listeners confirmed the sentence.
    Validated,
    /// Most listeners rejected the sentence.
    Invalidated,
    /// Too few listeners have voted.
    Other,
}

#[derive(Clone, Copy, ValueEnum)]
enum SentencesName {
    /// Clips labelled `_speech_`, or `_keyword_` if they contain one of the words.
    Speech,
    /// Skipped.
    Leave,
}

impl From<SentencesName> for Sentences {
    fn from(name: SentencesName) -> Self {
        match name {
            SentencesName::Speech => Self::Speech,
            SentencesName::Leave => Self::Leave,
        }
    }
}

impl From<Kept> for Background {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Both => Self::Both,
            Kept::Silence => Self::Silence,
            Kept::Noise => Self::Noise,
            Kept::Skip => Self::Skip,
        }
    }
}

impl From<ListName> for List {
    fn from(name: ListName) -> Self {
        match name {
            ListName::Validated => Self::Validated,
            ListName::Invalidated => Self::Invalidated,
            ListName::Other => Self::Other,
        }
    }
}

impl Import {
    pub(crate) fn run(self) -> Result<()> {
        match self.layout {
            Layout::SpeechCommands { folder, words, background, sounds } => {
                let layout = SpeechCommands { folder, background: background.into(), words: words.words };
                sounds.make(&layout.folder, |terms, build| layout.import(terms, build))
            }
            Layout::CommonVoice { folder, words, lists, sentences, sounds } => {
                let lists = lists.into_iter().map(Into::into).collect();
                let sentences = sentences.into();
                let layout = CommonVoice { folder, lists, words: words.words, sentences };
                sounds.make(&layout.folder, |terms, build| layout.import(terms, build))
            }
            Layout::Folder { folder, words, speaker_until, background, sounds } => {
                let background = background.into();
                let layout = Folder { folder, divider: speaker_until, background, words: words.words };
                sounds.make(&layout.folder, |terms, build| layout.import(terms, build))
            }
            Layout::Recording { file, labels, speaker, silence, sounds } => {
                let named = || file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let gaps = if silence { Gaps::Silence } else { Gaps::Leave };
                let speaker = speaker.unwrap_or_else(named);
                let layout = Cut { recording: file, labels, speaker, gaps };
                sounds.make(&layout.recording, |terms, build| layout.import(terms, build))
            }
            Layout::Images { folder, common } => {
                common.make(&folder, |build| Images { folder: folder.clone() }.import(common.ratios, build))
            }
            Layout::Coco { annotations, images, common } => {
                let layout = Coco { annotations, images };
                common.make(&layout.images, |build| layout.import(common.ratios, build))
            }
        }
    }
}

impl Sounds {
    fn make(&self, source: &Path, import: impl FnOnce(Terms, &mut Build) -> Result<()>) -> Result<()> {
        ensure!(self.longest > 0.0, "`--longest` is {}, expected more than 0 s", self.longest);
        let terms = Terms { ratios: self.common.ratios, longest: self.longest };
        self.common.make(source, |build| import(terms, build))
    }
}

impl Common {
    fn make(&self, source: &Path, import: impl FnOnce(&mut Build) -> Result<()>) -> Result<()> {
        source.metadata().with_context(|| format!("cannot read `{}`", source.display()))?;
        let (from, to) = (std::path::absolute(source)?, std::path::absolute(self.target.folder())?);
        ensure!(
            !to.starts_with(&from),
            "`{}` is inside the imported folder; choose a folder outside it",
            to.display()
        );
        let mut build = self.target.begin()?;
        import(&mut build)?;
        self.target.finish(build)
    }
}
