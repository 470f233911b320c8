//! Curves, groups and comparisons on clips, over scores that are written down.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use kws_lab::corpus::{Clip, Split};
use kws_lab::evaluate::{Scored, Scores, compare_clips, curve, default_columns, group, paired_bootstrap};

/// Eight clips. Of the 16 pairs of one clip of the label and one other, 12 are in order and one is a tie.
const SCORES: [(f32, bool); 8] = [
    (0.9, true),
    (0.8, true),
    (0.7, false),
    (0.6, true),
    (0.6, false),
    (0.4, true),
    (0.3, false),
    (0.1, false),
];

#[test]
fn a_curve_counts_ties_half() {
    let curve = curve(&SCORES).unwrap();
    assert!((curve.auc - 12.5 / 16.0).abs() < 1e-12, "found {}", curve.auc);
    let points: Vec<(f64, f64)> =
        curve.points.iter().map(|p| (p.false_accepts, 1.0 - p.false_rejects)).collect();
    let expected =
        [(0.0, 0.0), (0.0, 0.25), (0.0, 0.5), (0.25, 0.5), (0.5, 0.75), (0.5, 1.0), (0.75, 1.0), (1.0, 1.0)];
    assert_eq!(points, expected);
    assert!((curve.equal_error - 0.375).abs() < 1e-12, "found {}", curve.equal_error);
    // By the definition, over all pairs: a variance of 0.033203125.
    let interval = curve.auc_interval;
    assert!((interval.low - 0.306_441_422_6).abs() < 1e-9, "found {interval:?}");
    assert!((interval.high - 0.966_519_569_2).abs() < 1e-9, "found {interval:?}");
}

#[test]
fn a_curve_needs_clips_on_both_sides() {
    assert!(curve(&[(0.5, true)]).is_none());
    let apart = curve(&[(0.9, true), (0.1, false)]).unwrap();
    assert_eq!((apart.auc, apart.equal_error), (1.0, 0.0));
    // Two clips that are classified correctly say next to nothing of others.
    assert!(apart.auc_interval.low < 0.5 && apart.auc_interval.high == 1.0, "{:?}", apart.auc_interval);
}

fn scored(index: usize, gender: &str, right: bool) -> Scored {
    let columns = BTreeMap::from([("gender".to_owned(), gender.to_owned())]);
    let path = PathBuf::from(format!("{index}.wav"));
    Scored {
        clip: Clip { path, label: "yes".into(), speaker: format!("s{index}"), split: Split::Test, columns },
        corpus: "made".into(),
        class: 0,
        input: Vec::new(),
        output: Vec::new(),
        scores: if right { vec![0.9, 0.1] } else { vec![0.2, 0.8] },
        float_scores: None,
    }
}

/// Clips of two genders, of which so many are right.
fn clips(women: (usize, usize), men: (usize, usize)) -> Vec<Scored> {
    let of = |gender: &'static str, (right, all): (usize, usize), first: usize| {
        (0..all).map(move |i| scored(first + i, gender, i < right))
    };
    of("female", women, 0).chain(of("male", men, women.1)).collect()
}

#[test]
fn groups_that_differ_are_reported_and_others_are_not() {
    // scipy.stats.fisher_exact([[70, 30], [95, 5]]): p = 3.5477e-06
    let list = clips((70, 100), (95, 100));
    assert_eq!(default_columns(&list), ["gender"]);
    let found = &group(&list, &["gender".to_owned()]).unwrap()[0];
    let women = found.groups.iter().find(|g| g.value == "female").unwrap();
    let men = found.groups.iter().find(|g| g.value == "male").unwrap();
    assert_eq!((women.right, women.clips), (70, 100));
    assert!(women.differs ^ men.differs, "one test for two groups");
    let p = women.p.or(men.p).unwrap();
    assert!((p / 3.5477e-6 - 1.0).abs() < 0.01, "found {p}");
    let alike = &group(&clips((93, 100), (95, 100)), &["gender".to_owned()]).unwrap()[0];
    assert!(alike.groups.iter().all(|g| !g.differs));
}

#[test]
fn small_groups_are_thrown_together_and_unknown_columns_named() {
    let mut list = clips((10, 20), (18, 20));
    list.extend((100..104).map(|i| scored(i, "other", true)));
    list.extend((200..203).map(|i| scored(i, "", true)));
    let found = &group(&list, &["gender".to_owned()]).unwrap()[0];
    let values: Vec<&str> = found.groups.iter().map(|g| g.value.as_str()).collect();
    assert_eq!(values, ["female", "male", "(small groups)", "(not stated)"]);
    let error = group(&list, &["gendre".to_owned()]).unwrap_err().to_string();
    assert!(error.contains("`gendre`") && error.contains("`gender`"), "{error}");
}

#[test]
fn models_are_compared_clip_by_clip() {
    let scores = |right: &[bool]| Scores {
        clips: right.iter().enumerate().map(|(i, right)| scored(i, "", *right)).collect(),
        ..Scores::default()
    };
    let a: Vec<bool> = (0..40).map(|i| i < 30).collect();
    let b: Vec<bool> = (0..40).map(|i| (3..39).contains(&i)).collect();
    let found = compare_clips(["a", "b"], &scores(&a), &scores(&b)).unwrap();
    assert_eq!(found.only, [3, 9]);
    // scipy.stats.binomtest(3, 12, 0.5)
    assert!((found.p - 0.145_996_093_75).abs() < 1e-12, "found {}", found.p);
}

#[test]
fn a_bootstrap_of_pairs_sees_what_both_share() {
    // Of 200 words the second misses 20 that the first hears; both miss 60 others.
    let first: Vec<bool> = (0..200).map(|i| i >= 60).collect();
    let second: Vec<bool> = (0..200).map(|i| i >= 80).collect();
    let found = paired_bootstrap(&first, &second, 1);
    // The normal approximation: 0.1 ± 1.96 · sqrt(0.1 · 0.9 / 200).
    assert!((found.low - 0.058).abs() < 0.008 && (found.high - 0.142).abs() < 0.008, "{found:?}");
    let same = paired_bootstrap(&first, &first, 1);
    assert_eq!((same.low, same.high), (0.0, 0.0));
}
