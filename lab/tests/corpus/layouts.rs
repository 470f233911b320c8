//! Corpora that are read where they lie, as their publishers lay them out.

use std::fs;
use std::path::Path;

use kws_lab::corpus::{Corpus, Recording, Split, recordings};

use crate::sound::{put, silent_mp3, word};

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Names of the files of recordings that a split may hear.
fn heard(all: &[Recording], split: Split) -> Vec<String> {
    let name = |r: &Recording| r.path.file_stem().unwrap().to_string_lossy().into_owned();
    all.iter().filter(|r| r.serves(split)).map(name).collect()
}

/// One language of Common Voice with official lists for two of its three speakers.
fn common_voice(root: &Path) {
    let en = root.join("en");
    for name in ["a", "b", "c", "d"] {
        fs::create_dir_all(en.join("clips")).unwrap();
        fs::write(en.join(format!("clips/{name}.mp3")), silent_mp3(1)).unwrap();
    }
    let header = "client_id\tpath\tsentence\tage\tgender\taccents\tlocale";
    let rows = [
        "one\ta.mp3\tYes, he said \"no\".\tteens\tfemale\tScottish\ten",
        "one\tb.mp3\tNothing of note.\tteens\tfemale\tScottish\ten",
        "two\tc.mp3\tYes.\t\t\t\ten",
        "two\td\tOn the other hand\t\t\t\ten",
    ];
    write(&en.join("validated.tsv"), &[&[header][..], &rows].concat().join("\n"));
    write(&en.join("train.tsv"), &format!("{header}\n{}\n", rows[0]));
    write(&en.join("test.tsv"), &format!("{header}\n{}\n", rows[2]));
}

#[test]
fn common_voice_is_words_and_speech_by_its_official_split() {
    let folder = tempfile::tempdir().unwrap();
    common_voice(folder.path());
    let corpus = Corpus::open(folder.path()).unwrap();
    let rows: Vec<_> = corpus.clips.iter().map(|c| (c.label.as_str(), c.speaker.as_str(), c.split)).collect();
    let speech = "_speech_";
    assert_eq!(
        rows,
        [
            (speech, "one", Split::Train),
            (speech, "one", Split::Train),
            ("yes", "two", Split::Test),
            (speech, "two", Split::Test)
        ]
    );
    assert_eq!(corpus.clips[0].columns["accent"], "Scottish");
    assert_eq!(corpus.clips[0].columns["licence"], "CC0-1.0");
    let all = recordings(folder.path()).unwrap();
    assert_eq!(heard(&all, Split::Train), ["a", "b"]);
    assert_eq!(heard(&all, Split::Test), ["c", "d"]);
    assert_eq!(heard(&all, Split::Validation), [""; 0]);
    // By whole words of the transcript, whatever their case and marks; a label may be several words.
    let keywords = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<String>>();
    let says =
        |words: &[&str]| -> Vec<bool> { all.iter().map(|r| r.says(&keywords(words)).is_some()).collect() };
    assert_eq!(says(&["no", "yes"]), [true, false, true, false]);
    assert_eq!(says(&["not", "other hand"]), [false, false, false, true]);
}

#[test]
fn libri_speech_is_divided_by_its_parts_or_by_speaker() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (part, speaker) in [("train-clean-5", "1088"), ("dev-clean-2", "84"), ("own", "7")] {
        let chapter = root.join(format!("{part}/{speaker}/1"));
        put(&chapter.join(format!("{speaker}-1-0000.wav")), &word(1));
        put(&chapter.join(format!("{speaker}-1-0001.wav")), &word(2));
        write(&chapter.join(format!("{speaker}-1.trans.txt")), &format!("{speaker}-1-0000 SAY YES\n"));
    }
    write(
        &root.join("SPEAKERS.TXT"),
        ";ID |SEX| SUBSET\n1088 | F | train-clean-5 | 8 | N\n84 | M | dev | 8 | N\n",
    );
    let all = recordings(root).unwrap();
    // Without a sentence a recording is not one of the corpus.
    assert_eq!(all.len(), 3);
    let of = |speaker: &str| all.iter().find(|r| r.speaker == format!("librispeech-{speaker}")).unwrap();
    assert_eq!((of("1088").split, of("84").split), (Some(Split::Train), Some(Split::Validation)));
    assert!(of("7").split.is_some());
    assert_eq!(
        (of("1088").columns["gender"].as_str(), of("84").columns["gender"].as_str()),
        ("female", "male")
    );
    assert!(of("84").says(&["yes".to_owned()]).is_some());
}

#[test]
fn speech_commands_keep_their_official_split() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in ["yes/a_nohash_0", "yes/b_nohash_0", "no/c_nohash_1", "_background_noise_/tap"] {
        put(&root.join(format!("{name}.wav")), &word(1));
    }
    write(&root.join("validation_list.txt"), "yes/b_nohash_0.wav\n");
    write(&root.join("testing_list.txt"), "no/c_nohash_1.wav\n");
    let corpus = Corpus::open(root).unwrap();
    let rows: Vec<_> = corpus.clips.iter().map(|c| (c.label.as_str(), c.speaker.as_str(), c.split)).collect();
    assert_eq!(rows, [("no", "c", Split::Test), ("yes", "a", Split::Train), ("yes", "b", Split::Validation)]);
    assert_eq!(recordings(&root.join("_background_noise_")).unwrap().len(), 1);
}

#[test]
fn images_with_a_table_need_no_import() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let rows = "file,person,split,source,max_person_area_fraction\nx.png,1,test,pt,0.25\ny.png,0,,hd2,\n";
    write(&root.join("labels.csv"), rows);
    ["x.png", "y.png"].iter().for_each(|name| write(&root.join(name), "not decoded here"));
    let corpus = Corpus::open(root).unwrap();
    let [x, y] = &corpus.clips[..] else { panic!("{:?}", corpus.clips) };
    assert_eq!((x.label.as_str(), x.split, x.columns["area"].as_str()), ("person", Split::Test, "0.25"));
    assert_eq!((y.label.as_str(), y.columns["source"].as_str()), ("nobody", "hd2"));
    write(&root.join("labels.csv"), "file,person\nx.png,maybe\n");
    let error = format!("{:#}", Corpus::open(root).unwrap_err());
    assert!(error.contains("labels.csv") && error.contains("line 2: `person` is `maybe`"), "{error}");
}

#[test]
fn folders_without_a_layout_give_what_lies_below_them() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in ["b/deep/er", "a", ".hidden/c"] {
        put(&root.join(format!("{name}.wav")), &word(1));
    }
    write(&root.join("README.md"), "about");
    let all = recordings(root).unwrap();
    assert_eq!(heard(&all, Split::Test), ["a", "er"], "what is not divided serves every split");
    let empty = tempfile::tempdir().unwrap();
    let error = format!("{:#}", recordings(empty.path()).unwrap_err());
    assert!(error.contains("contain no recordings"), "{error}");
    let error = format!("{:#}", Corpus::open(root).unwrap_err());
    assert!(error.contains("has no `manifest.csv`") && error.contains("kws-lab corpus import"), "{error}");
}

#[test]
fn a_manifest_says_who_trains() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    ["x", "y"].iter().for_each(|name| put(&root.join(format!("deep/{name}.wav")), &word(1)));
    write(
        &root.join("manifest.csv"),
        "path,label,speaker,split\ndeep/x.wav,speech,s,train\ndeep/y.wav,yes,t,test\n",
    );
    let all = recordings(root).unwrap();
    assert_eq!(
        (heard(&all, Split::Train), heard(&all, Split::Test)),
        (vec!["x".to_owned()], vec!["y".to_owned()])
    );
    assert!(all[1].says(&["yes".to_owned()]).is_some(), "its label is the keyword");
    write(&root.join("manifest.csv"), "path,split\ndeep/z.wav,train\n");
    let error = format!("{:#}", recordings(root).unwrap_err());
    assert!(error.contains("line 2") && error.contains("z.wav` does not exist"), "{error}");
}
