//! Aligning a corpus.

use kws_lab::audio::read_16k;
use kws_lab::corpus::aligned::align;
use kws_lab::corpus::{Build, Corpus, Existing, word};

use crate::sound::{corpus, put, word_at};

#[test]
fn words_come_to_the_middle_and_the_rest_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let (root, target) = (folder.path().join("a"), folder.path().join("b"));
    corpus(
        &root,
        &[
            ("yes/early.wav", "yes", "ann", "train"),
            ("yes/long.wav", "yes", "ann", "train"),
            ("yes/none.wav", "yes", "bob", "test"),
            ("yes/slow.wav", "yes", "bob", "test"),
            ("_silence_/x.wav", "_silence_", "", "test"),
        ],
    );
    put(&root.join("yes/early.wav"), &word_at(1, 800, 5000, 9000));
    put(&root.join("yes/long.wav"), &word_at(2, 40_000, 6000, 64_000));
    put(&root.join("yes/none.wav"), &word_at(3, 0, 0, 16_000));
    put(&root.join("yes/slow.wav"), &word_at(4, 1000, 30_000, 40_000));
    put(&root.join("_silence_/x.wav"), &word_at(5, 0, 0, 16_000));
    let silence = read_16k(&root.join("_silence_/x.wav")).unwrap();
    let mut build = Build::begin(&target, Existing::Refuse).unwrap();
    align(Corpus::open(&root).unwrap(), 1.0, &mut build).unwrap();
    let made = build.finish().unwrap();
    let reasons: Vec<String> = made.excluded.iter().map(|e| format!("{}: {}", e.source, e.reason)).collect();
    assert!(
        reasons.len() == 2 && reasons[0].contains("no word") && reasons[1].contains("lasts 1.8"),
        "{reasons:?}"
    );
    let aligned = Corpus::open(&target).unwrap();
    assert_eq!(aligned.clips.len(), 3);
    for clip in &aligned.clips {
        let samples = read_16k(&clip.path).unwrap();
        if clip.label == "_silence_" {
            assert_eq!(samples, silence);
        } else {
            let found = word(&samples);
            let middle = (found.start + found.end) / 2;
            assert!(samples.len() == 16_000 && middle.abs_diff(8000) < 400, "{:?}: {found:?}", clip.path);
        }
    }
}
