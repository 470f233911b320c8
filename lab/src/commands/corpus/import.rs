//! `kws-lab corpus import`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand, ValueEnum};
use kws_lab::corpus::import::{
    Background, Coco, CommonVoice, Cut, Folder, Gaps, List, Pictures, Sentences, SpeechCommands, Terms,
};
use kws_lab::corpus::{Build, Ratios};

use super::output::Target;

/// Turns recordings or pictures in another layout into a corpus.
///
/// Clips are resampled to 16 kHz, mixed to one channel and written as WAV; WAV, FLAC, Ogg Vorbis and MP3 are read.
/// JPEG, PNG and BMP pictures are copied as they are, and their mean luma becomes the column `brightness`. Metadata become
/// columns, and the column `source` says where a clip comes from. What cannot be used is left out, with its reason in
/// `excluded.csv`. The source is never changed.
#[derive(Args)]
pub(crate) struct Import {
    #[command(subcommand)]
    layout: Layout,
}

#[derive(Subcommand)]
enum Layout {
    /// Speech Commands: a folder for each word, files named `SPEAKER_nohash_N.wav`, `_background_noise_`.
    ///
    /// Splits are those of `validation_list.txt` and `testing_list.txt` where they are there, and else those of the data
    /// set's own hash.
    SpeechCommands {
        /// The unpacked data set.
        folder: PathBuf,
        #[command(flatten)]
        words: Words,
        /// What becomes of `_background_noise_`.
        #[arg(long, value_enum, default_value_t = Kept::Both)]
        background: Kept,
        #[command(flatten)]
        sounds: Sounds,
    },
    /// Common Voice: `clips/*.mp3`, `validated.tsv` and the other lists of one language.
    ///
    /// Sentences of one word become clips with that label. Speakers of `train.tsv`, `dev.tsv` and `test.tsv` keep their
    /// split, the others are split by hash. Gender, age, accent and language become columns.
    CommonVoice {
        /// The folder of one language.
        folder: PathBuf,
        #[command(flatten)]
        words: Words,
        /// Lists whose clips are taken; the column `list` tells them apart.
        #[arg(long, value_enum, value_delimiter = ',', default_value = "validated")]
        lists: Vec<ListName>,
        /// What becomes of sentences of several words: `speech`, clips labelled `_speech_`, where those that hold one of
        /// `--words` are set apart as `_keyword_`; or `leave`, nothing.
        #[arg(long, value_enum, default_value = "speech")]
        sentences: SentencesName,
        #[command(flatten)]
        sounds: Sounds,
    },
    /// A plain folder: files in `LABEL/` or `LABEL/SPEAKER/`, or a `manifest.csv` that names files of any kind.
    ///
    /// In a `manifest.csv` the columns `path` and `label` are needed; `speaker`, `split` and any metadata are kept.
    Folder {
        /// The folder.
        folder: PathBuf,
        #[command(flatten)]
        words: Words,
        /// The speaker is a file's name up to this text; where it is not found, the speaker is unknown.
        #[arg(long, value_name = "TEXT", default_value = "_nohash_")]
        speaker_until: String,
        /// What becomes of a folder `_background_noise_`.
        #[arg(long, value_enum, default_value_t = Kept::Both)]
        background: Kept,
        #[command(flatten)]
        sounds: Sounds,
    },
    /// One long recording with a file that says what is spoken when.
    ///
    /// The labels are a CSV file with `start,end,label` in seconds, or a label track exported by Audacity. A clip is the
    /// labelled stretch, widened to a second as far as its neighbours allow.
    Recording {
        /// The recording.
        file: PathBuf,
        /// What is spoken when.
        #[arg(long)]
        labels: PathBuf,
        /// Who speaks; by default the recording's name.
        #[arg(long)]
        speaker: Option<String>,
        /// Makes clips of one second labelled `_silence_` from what lies between the labels.
        #[arg(long)]
        silence: bool,
        #[command(flatten)]
        sounds: Sounds,
    },
    /// Pictures: files in `LABEL/`, or a `labels.csv` that names files of any folder below.
    ///
    /// In a `labels.csv` the column `file` is needed, and `label`, or `person` with 1 for `person` and 0 for `nobody`.
    /// `max_person_area_fraction` becomes `area`, the other columns are kept. A picture's split is that of a hash of its
    /// path in the folder: it stays the same whatever is added.
    Pictures {
        /// The folder.
        folder: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// COCO: `instances_*.json` and the folder of its pictures, labelled by the rule of Visual Wake Words.
    ///
    /// `person` are the pictures of which one person covers at least 0.5 %, by the annotations' `area`; the others are
    /// `nobody`. The share that the largest person covers becomes the column `area`. Rule: A. Chowdhery et al.,
    /// arXiv:1906.05721, as TensorFlow's build_visualwakewords_data.py applies it.
    Coco {
        /// The annotations.
        annotations: PathBuf,
        /// The folder of the pictures that they name.
        #[arg(long, value_name = "FOLDER")]
        pictures: PathBuf,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Args)]
struct Words {
    /// Labels that are taken, separated by commas; all without it.
    #[arg(long, value_delimiter = ',')]
    words: Vec<String>,
}

#[derive(Args)]
struct Common {
    #[command(flatten)]
    target: Target,
    /// Shares of training, validation and test, where the source states no split.
    #[arg(long, default_value = "80,10,10")]
    ratios: Ratios,
}

#[derive(Args)]
struct Sounds {
    #[command(flatten)]
    common: Common,
    /// Longest clip in seconds; longer files are left out without being decoded whole.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    longest: f64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kept {
    /// Clips of one second labelled `_silence_`, and the whole recordings in `_background_noise_` of the corpus.
    Both,
    /// Clips labelled `_silence_` only.
    Silence,
    /// The whole recordings only, to be named as `noise` of a training configuration.
    Noise,
    /// Nothing.
    Skip,
}

#[derive(Clone, Copy, ValueEnum)]
enum ListName {
    /// Most listeners heard the sentence.
    Validated,
    /// Most listeners did not.
    Invalidated,
    /// Too few have listened.
    Other,
}

#[derive(Clone, Copy, ValueEnum)]
enum SentencesName {
    /// Clips labelled `_speech_`, or `_keyword_` where they hold one of the words.
    Speech,
    /// They are left out.
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
            Layout::Pictures { folder, common } => {
                common.make(&folder, |build| Pictures { folder: folder.clone() }.import(common.ratios, build))
            }
            Layout::Coco { annotations, pictures, common } => {
                let layout = Coco { annotations, pictures };
                common.make(&layout.pictures, |build| layout.import(common.ratios, build))
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
