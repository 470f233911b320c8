//! Point 6 of the issue: each a clear error or a reported exclusion, nothing lost.

use std::fs;
use std::path::Path;

use kws_lab::audio::{read, read_up_to};
use kws_lab::corpus::import::{Background, Folder, Terms};
use kws_lab::corpus::{Build, Corpus, EXCLUDED, Existing, MANIFEST, Made, Ratios, Table};

use crate::sound::{column, corpus, manifest, put, word, word_at};

fn import(source: &Path, target: &Path, longest: f64) -> anyhow::Result<Made> {
    let layout = Folder {
        folder: source.to_owned(),
        divider: "_nohash_".to_owned(),
        background: Background::Skip,
        words: Vec::new(),
    };
    let mut build = Build::begin(target, Existing::Refuse)?;
    layout.import(Terms { ratios: Ratios::default(), longest }, &mut build)?;
    build.finish()
}

#[test]
fn every_file_of_a_bad_folder_is_a_clip_or_an_exclusion() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("source"), folder.path().join("corpus"));
    let file = |name: &str| source.join("yes").join(name);
    put(&file("good.wav"), &word(1));
    put(&file("long.wav"), &word_at(2, 0, 8000, 16_000 * 7));
    fs::write(file("empty.wav"), "").unwrap();
    fs::write(file("text.wav"), "this is no sound at all, whatever its name says").unwrap();
    fs::write(file("notes.txt"), "hello").unwrap();
    let whole = fs::read(file("good.wav")).unwrap();
    fs::write(file("cut.wav"), &whole[..whole.len() / 2]).unwrap();
    fs::write(file("header.wav"), &whole[..44]).unwrap();
    fs::create_dir_all(source.join("no")).unwrap();
    fs::write(source.join("stray.wav"), &whole).unwrap();
    let made = import(&source, &target, 5.0).unwrap();
    assert_eq!(made.added, 1);
    let excluded = Table::read(&target.join(EXCLUDED)).unwrap();
    let mut found: Vec<(String, String)> =
        column(&excluded, "source").into_iter().zip(column(&excluded, "reason")).collect();
    found.sort();
    let expected = [
        ("no/", "contains no recordings"),
        ("stray.wav", "it is not in a label's folder"),
        ("yes/cut.wav", ""),
        ("yes/empty.wav", "the file is empty"),
        ("yes/header.wav", ""),
        ("yes/long.wav", "it lasts 7.0 s, expected at most 5 s"),
        ("yes/notes.txt", "its name does not end in"),
        ("yes/text.wav", "it is not a WAV"),
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for ((source, reason), (name, part)) in found.iter().zip(expected) {
        assert!(source == name && reason.contains(part) && !reason.is_empty(), "{source}: {reason}");
    }
}

#[test]
fn a_huge_file_is_refused_before_it_is_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.wav");
    put(&path, &word(1));
    // A hole: the file claims no more than it did, and takes no room on the disk.
    fs::File::options().write(true).open(&path).unwrap().set_len(60_000_000_000).unwrap();
    let error = format!("{:#}", read(&path).unwrap_err());
    assert!(error.contains("60000 MB") && error.contains("huge.wav"), "{error}");
    let error = format!("{:#}", read_up_to(&path, 5.0).unwrap_err());
    assert!(error.contains("more than 5 s of audio need"), "{error}");
}

#[test]
fn manifests_that_are_wrong_are_refused_with_what_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    put(&root.join("a.wav"), &word(1));
    let open = |bytes: &[u8]| {
        fs::write(root.join(MANIFEST), bytes).unwrap();
        format!("{:#}", Corpus::open(root).unwrap_err())
    };
    let cases: [(&[u8], &str); 7] = [
        (b"", "the file is empty"),
        (b"path,label,split\na.wav,yes,train\n", "column `speaker` is missing: found `path,label,split`"),
        (b"path,label,speaker,split\n", "no row lists an existing file"),
        (b"path,label,speaker,split\ngone.wav,yes,ann,train\n", "no row lists an existing file"),
        (b"path,label,speaker,split\na.wav,yes,ann,dev\n", "line 2: `split` of `a.wav`"),
        (b"path,label,speaker,split\na.wav,,ann,train\n", "`label` of `a.wav` is empty"),
        (b"path,label,speaker,split\na.wav,y\xe9s,ann,train\n", "not UTF-8"),
    ];
    for (bytes, expected) in cases {
        let error = open(bytes);
        assert!(error.contains(expected) && error.contains(MANIFEST), "{expected}: {error}");
    }
    fs::remove_file(root.join(MANIFEST)).unwrap();
    let error = format!("{:#}", Corpus::open(root).unwrap_err());
    assert!(error.contains("has no `manifest.csv`") && error.contains("kws-lab corpus import"), "{error}");
}

#[test]
fn absent_files_are_reported_and_the_others_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [("a.wav", "yes", "ann", "train"), ("b.wav", "yes", "bob", "test")];
    corpus(folder.path(), &rows);
    fs::remove_file(folder.path().join("b.wav")).unwrap();
    let corpus = Corpus::open(folder.path()).unwrap();
    assert_eq!((corpus.clips.len(), corpus.missing.len()), (1, 1));
    assert!(corpus.missing[0].ends_with("b.wav"));
}

#[test]
fn a_speaker_in_two_splits_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    corpus(folder.path(), &[("a.wav", "yes", "ann", "train"), ("b.wav", "no", "ann", "test")]);
    let error = format!("{:#}", Corpus::open(folder.path()).unwrap_err());
    assert!(error.contains("speaker `ann`") && error.contains("`kws-lab corpus split`"), "{error}");
}

#[test]
fn clips_join_the_split_that_their_speaker_is_in() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("source"), folder.path().join("corpus"));
    corpus(&source, &[("a.wav", "yes", "ann", "train"), ("b.wav", "no", "ann", "test")]);
    let made = import(&source, &target, 5.0).unwrap();
    assert_eq!((made.added, made.joined), (2, 1));
    assert_eq!(column(&Table::read(&target.join(MANIFEST)).unwrap(), "split"), ["train", "train"]);
    Corpus::open(&target).unwrap();
}

#[test]
fn a_label_with_three_clips_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let rows = ["1.wav", "2.wav", "3.wav"].map(|path| (path, "rare", "ann", "train"));
    manifest(folder.path(), &rows);
    for (path, ..) in rows {
        put(&folder.path().join(path), &word(5));
    }
    let survey =
        kws_lab::corpus::survey::Survey::of(folder.path(), &[], kws_lab::corpus::survey::Sound::Leave)
            .unwrap();
    let gaps = survey.gaps.join("\n");
    assert!(gaps.contains("label `rare` has 3 of at least 100 clips in `train`, 0 of at least 30"), "{gaps}");
    assert!(gaps.contains("label `rare` has 1 speakers"), "{gaps}");
}
