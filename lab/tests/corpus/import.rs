//! Importing every layout.

use std::fs;
use std::path::Path;

use kws_lab::audio::read_16k;
use kws_lab::corpus::import::{
    Background, CommonVoice, Cut, Folder, Gaps, List, Sentences, SpeechCommands, Terms,
};
use kws_lab::corpus::{Build, Corpus, Existing, MANIFEST, Made, Ratios, Split, Table, Vocabulary};

use crate::sound::{column, put, put_stereo, silent_mp3, word, word_at};

const TERMS: Terms = Terms { ratios: Ratios { validation: 10.0, test: 10.0 }, longest: 5.0 };

fn made(
    root: &Path,
    existing: Existing,
    import: impl FnOnce(&mut Build) -> anyhow::Result<()>,
) -> anyhow::Result<Made> {
    let mut build = Build::begin(root, existing)?;
    import(&mut build)?;
    build.finish()
}

fn speech_commands(folder: &Path) -> SpeechCommands {
    SpeechCommands { folder: folder.to_owned(), background: Background::Both, words: Vec::new() }
}

fn folder(folder: &Path) -> Folder {
    let divider = "_nohash_".to_owned();
    Folder { folder: folder.to_owned(), divider, background: Background::Skip, words: Vec::new() }
}

#[test]
fn speech_commands_are_split_by_their_own_hash() {
    let (source, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // 060cd039 validates and 1acc97de tests by the data set's rule, see `golden/which_set.csv` and its README.
    for (seed, name) in ["060cd039_nohash_0", "060cd039_nohash_1", "00b01445_nohash_0"].iter().enumerate() {
        put(&source.path().join(format!("yes/{name}.wav")), &word(seed as u32 + 1));
    }
    put(&source.path().join("_background_noise_/tap.wav"), &word_at(9, 0, 0, 160_000));
    let root = target.path().join("corpus");
    let made =
        made(&root, Existing::Refuse, |build| speech_commands(source.path()).import(TERMS, build)).unwrap();
    assert_eq!((made.added, made.nameless, made.excluded.len()), (13, 0, 0));
    let corpus = Corpus::open(&root).unwrap();
    let yes: Vec<_> =
        corpus.clips.iter().filter(|c| c.label == "yes").map(|c| (c.speaker.as_str(), c.split)).collect();
    let expected =
        [("00b01445", Split::Train), ("060cd039", Split::Validation), ("060cd039", Split::Validation)];
    assert_eq!(yes, expected);
    // Ten seconds of noise: eight train, and the recording is kept whole for training configurations.
    assert_eq!(
        made.labels["_silence_"],
        [(Split::Train, 8), (Split::Validation, 1), (Split::Test, 1)].into()
    );
    assert_eq!(read_16k(&root.join("_background_noise_/tap.wav")).unwrap().len(), 160_000);
    // 16-bit clips come through as they were.
    let original = read_16k(&source.path().join("yes/060cd039_nohash_0.wav")).unwrap();
    assert_eq!(read_16k(&root.join("yes/060cd039_nohash_0.wav")).unwrap(), original);
}

#[test]
fn the_official_lists_stand_above_the_hash() {
    let (source, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (seed, name) in ["a_nohash_0", "b_nohash_0", "c_nohash_0"].iter().enumerate() {
        put(&source.path().join(format!("no/{name}.wav")), &word(seed as u32 + 1));
    }
    fs::write(source.path().join("validation_list.txt"), "no/b_nohash_0.wav\n").unwrap();
    fs::write(source.path().join("testing_list.txt"), "no/c_nohash_0.wav\nno/gone_nohash_0.wav\n").unwrap();
    let root = target.path().join("corpus");
    let made =
        made(&root, Existing::Refuse, |build| speech_commands(source.path()).import(TERMS, build)).unwrap();
    let table = Table::read(&root.join(MANIFEST)).unwrap();
    assert_eq!(column(&table, "split"), ["train", "validation", "test"]);
    assert_eq!(made.excluded.len(), 1);
    assert!(
        made.excluded[0].source == "no/gone_nohash_0.wav" && made.excluded[0].reason.contains("but not in")
    );
}

#[test]
fn another_rate_and_two_channels_become_16_khz_and_one() {
    let (source, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let tone = |i: usize| (std::f32::consts::TAU * 500.0 * i as f32 / 44_100.0).sin();
    put_stereo(&source.path().join("beep/ann/1.wav"), 44_100, 44_100, |i| [0.5 * tone(i), 0.25 * tone(i)]);
    let root = target.path().join("corpus");
    made(&root, Existing::Refuse, |build| folder(source.path()).import(TERMS, build)).unwrap();
    let corpus = Corpus::open(&root).unwrap();
    let (clip, samples) = (&corpus.clips[0], read_16k(&corpus.clips[0].path).unwrap());
    assert_eq!((clip.speaker.as_str(), clip.label.as_str(), samples.len()), ("ann", "beep", 16_000));
    let expected = |i: usize| 0.375 * (std::f32::consts::TAU * 500.0 * i as f32 / 16_000.0).sin() * 32_768.0;
    let worst = (2000..14_000).map(|i| (f32::from(samples[i]) - expected(i)).abs()).fold(0.0, f32::max);
    assert!(worst < 20.0, "off by {worst}");
}

#[test]
fn a_table_of_files_keeps_its_metadata() {
    let (source, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(&source.path().join("a.wav"), &word(1));
    put(&source.path().join("b.wav"), &word(2));
    let rows =
        "path,label,gender,split\na.wav,yes,female,test\nb.wav,no,,\ngone.wav,no,male,\nb.wav,yes,,dev\n";
    fs::write(source.path().join(MANIFEST), rows).unwrap();
    let root = target.path().join("corpus");
    let made = made(&root, Existing::Refuse, |build| folder(source.path()).import(TERMS, build)).unwrap();
    let table = Table::read(&root.join(MANIFEST)).unwrap();
    assert_eq!(column(&table, "gender"), ["female", ""]);
    assert_eq!(table.get(0, "split"), "test");
    let reasons: Vec<&str> = made.excluded.iter().map(|e| e.reason.as_str()).collect();
    assert!(
        reasons.iter().any(|r| r.contains("but not in")) && reasons.iter().any(|r| r.contains("`dev`")),
        "{reasons:?}"
    );
}

#[test]
fn common_voice_keeps_speakers_and_their_metadata() {
    let (source, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(source.path().join("clips")).unwrap();
    for name in ["1.mp3", "2.mp3", "3.mp3", "5.mp3"] {
        fs::write(source.path().join("clips").join(name), silent_mp3(40)).unwrap();
    }
    let header = "client_id\tpath\tsentence\tage\tgender\taccents\tlocale\n";
    let validated = "ann\t1.mp3\t\"Yes.\ttwenties\tfemale\tScottish\ten\n\
                     bob\t2\tno!\t\t\t\ten\n\
                     ann\t3.mp3\tThis is it\t\t\t\ten\n\
                     cat\t4.mp3\tYes\t\t\t\ten\n";
    fs::write(source.path().join("validated.tsv"), format!("{header}{validated}")).unwrap();
    fs::write(source.path().join("invalidated.tsv"), format!("{header}dan\t5.mp3\tyes\t\t\t\ten\n")).unwrap();
    fs::write(source.path().join("test.tsv"), format!("{header}ann\tx.mp3\tx\t\t\t\ten\n")).unwrap();
    let import = |lists: Vec<List>, sentences| CommonVoice {
        folder: source.path().to_owned(),
        lists,
        words: vec!["yes".to_owned(), "no".to_owned()],
        sentences,
    };
    let root = target.path().join("a");
    let lists = vec![List::Validated, List::Invalidated];
    let made_ = made(&root, Existing::Refuse, |b| import(lists, Sentences::Leave).import(TERMS, b)).unwrap();
    let table = Table::read(&root.join(MANIFEST)).unwrap();
    assert_eq!(column(&table, "label"), ["yes", "no", "yes"]);
    assert_eq!(column(&table, "speaker"), ["ann", "bob", "dan"]);
    assert_eq!(column(&table, "list"), ["validated", "validated", "invalidated"]);
    let cells = ["split", "age", "gender", "accent", "language", "licence"].map(|c| table.get(0, c));
    assert_eq!(cells, ["test", "twenties", "female", "Scottish", "en", "CC0-1.0"]);
    // 40 frames of 1152 samples at 44.1 kHz, give or take the decoder's delay.
    let length = read_16k(&root.join(table.get(0, "path"))).unwrap().len();
    assert!(length.abs_diff(40 * 1152 * 160 / 441) < 1200, "{length} samples");
    let reasons: Vec<String> = made_.excluded.iter().map(|e| format!("{}: {}", e.source, e.reason)).collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons[0].starts_with("3.mp3") && reasons[0].contains("several words"));
    assert!(reasons[1].starts_with("4.mp3") && reasons[1].contains("but not in"));
    let root = target.path().join("b");
    let import = import(vec![List::Validated], Sentences::Speech);
    made(&root, Existing::Refuse, |build| import.import(TERMS, build)).unwrap();
    assert_eq!(column(&Table::read(&root.join(MANIFEST)).unwrap(), "label"), ["yes", "no", "_speech_"]);
    // A sentence that holds one of the words is neither speech without it nor a clip of it.
    let root = target.path().join("c");
    let import = CommonVoice { words: vec!["it".to_owned()], ..import };
    made(&root, Existing::Refuse, |build| import.import(TERMS, build)).unwrap();
    assert_eq!(column(&Table::read(&root.join(MANIFEST)).unwrap(), "label"), ["_keyword_"]);
    let vocabulary = Vocabulary::new(["unknown", "it"].map(str::to_owned).to_vec()).unwrap();
    assert_eq!(
        ["_keyword_", "_speech_", "it", "as"].map(|label| vocabulary.class(label)),
        [None, Some(0), Some(1), Some(0)]
    );
}

#[test]
fn a_long_recording_is_cut_at_its_labels() {
    let (source, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut samples = word_at(1, 32_000, 8000, 96_000);
    samples.splice(41_000..49_000, word_at(2, 0, 8000, 8000));
    let recording = source.path().join("take.wav");
    put(&recording, &samples);
    let labels = source.path().join("take.txt");
    fs::write(&labels, "2.0\t2.5\tyes\n2.5625\t3.0625\tno\n5.5\t9.0\tlate\n").unwrap();
    let cut = Cut { recording, labels, speaker: "ann".to_owned(), gaps: Gaps::Silence };
    let root = target.path().join("corpus");
    let made = made(&root, Existing::Refuse, |build| cut.import(TERMS, build)).unwrap();
    let corpus = Corpus::open(&root).unwrap();
    let clip = |label: &str| {
        let clip = corpus.clips.iter().find(|c| c.label == label).unwrap();
        assert_eq!(clip.speaker, "ann");
        read_16k(&clip.path).unwrap()
    };
    // From half a second before "yes" to where "no" begins; "no" from where "yes" ends.
    assert_eq!(clip("yes"), samples[28_000..41_000]);
    assert_eq!(clip("no"), samples[40_000..53_000]);
    assert_eq!(made.labels["_silence_"].values().sum::<usize>(), 3);
    assert_eq!(clip("_silence_"), samples[..16_000]);
    assert!(
        made.excluded.len() == 1 && made.excluded[0].reason.contains("the recording ends earlier, at 6.00 s")
    );
}

#[test]
fn a_corpus_is_neither_overwritten_nor_doubled() {
    let (source, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(&source.path().join("yes/a_nohash_0.wav"), &word(1));
    let root = target.path().join("corpus");
    let import = |existing| made(&root, existing, |build| folder(source.path()).import(TERMS, build));
    import(Existing::Refuse).unwrap();
    let before = fs::read(root.join(MANIFEST)).unwrap();
    assert!(import(Existing::Refuse).unwrap_err().to_string().contains("`--append`"));
    let again = import(Existing::Append).unwrap();
    assert_eq!((again.added, again.known), (0, 1));
    assert_eq!(fs::read(root.join(MANIFEST)).unwrap(), before);
    put(&source.path().join("yes/b_nohash_0.wav"), &word(2));
    assert_eq!(import(Existing::Append).unwrap().added, 1);
    assert_eq!(Corpus::open(&root).unwrap().clips.len(), 2);
    // Another source with a file of the same name.
    let other = tempfile::tempdir().unwrap();
    put(&other.path().join("yes/x/a_nohash_0.wav"), &word(3));
    made(&root, Existing::Append, |build| folder(other.path()).import(TERMS, build)).unwrap();
    assert_eq!(Corpus::open(&root).unwrap().clips.len(), 3);
    // What is no clip of the corpus stays when it is replaced.
    fs::write(root.join("notes.txt"), "mine").unwrap();
    assert_eq!(import(Existing::Replace).unwrap().added, 2);
    assert_eq!(Corpus::open(&root).unwrap().clips.len(), 2);
    assert_eq!(fs::read_to_string(root.join("notes.txt")).unwrap(), "mine");
    assert_eq!(fs::read_dir(root.join("yes")).unwrap().count(), 2);
    // Nothing is left of what was made beside it.
    assert_eq!(fs::read_dir(target.path()).unwrap().count(), 1);
}

#[test]
fn a_failed_replacement_leaves_the_corpus_as_it_was() {
    let (source, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(&source.path().join("yes/a_nohash_0.wav"), &word(1));
    let root = target.path().join("corpus");
    made(&root, Existing::Refuse, |build| folder(source.path()).import(TERMS, build)).unwrap();
    fs::write(source.path().join("yes/a_nohash_0.wav"), "no sound").unwrap();
    let error =
        made(&root, Existing::Replace, |build| folder(source.path()).import(TERMS, build)).unwrap_err();
    assert!(error.to_string().contains("`yes/a_nohash_0.wav`: it is not a WAV"), "{error}");
    assert_eq!(Corpus::open(&root).unwrap().clips.len(), 1);
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let (source, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(&source.path().join("yes/a.wav"), &word(1));
    fs::write(target.path().join("thesis.txt"), "").unwrap();
    for existing in [Existing::Refuse, Existing::Append, Existing::Replace] {
        let error =
            made(target.path(), existing, |build| folder(source.path()).import(TERMS, build)).unwrap_err();
        assert!(error.to_string().contains("is not a corpus"), "{error}");
    }
}
