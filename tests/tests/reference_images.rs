//! MLPerf Tiny's Visual Wake Words reference, as a pipeline, over photographs of COCO.
//!
//! The photographs are not those of MLPerf's runner, and the figure is not MLPerf's. Where `tests/oracle/vww.py` has
//! written what TFLite Micro makes of the same resized images, every byte must be the same.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::fs;

use kws_engine::testing::Capture;
use kws_engine::{Pipeline, Plan};
use kws_tests::{root, shared_data, skipped};

/// The share of photographs that must be classified correctly.
const TOP_1: f64 = 0.80;

/// The bytes of an array that NumPy or `record` wrote.
fn array(path: &std::path::Path) -> Option<Vec<u8>> {
    let file = fs::read(path).ok()?;
    let header = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
    Some(file[header..].to_vec())
}

/// What the pipeline's classifier makes of every photograph, two bytes for each.
fn posteriors() -> Vec<i8> {
    let pipeline = Pipeline::read(&root().join("tests/pipelines/mlperf_vww.toml")).unwrap();
    let plan = Plan::new(&pipeline, &kws_host::registry()).unwrap_or_else(|error| panic!("{error}"));
    let kept = Capture::<i8>::new();
    plan.run_here(|stage, made| match stage.kind.as_str() {
        "smooth" => kept.instead::<f32>(),
        _ => made,
    })
    .unwrap_or_else(|fault| panic!("{fault}"));
    kept.items()
}

#[test]
fn four_of_five_photographs_are_right_and_all_as_in_tflite_micro() {
    let Some(data) = shared_data("person") else { return };
    let posteriors = posteriors();
    let labels = fs::read_to_string(data.join("labels.csv")).unwrap();
    let mut labels: Vec<&str> = labels.lines().skip(1).collect();
    labels.sort_unstable();
    assert_eq!(posteriors.len(), 2 * labels.len());
    let answers = posteriors.as_chunks::<2>().0.iter().map(|[nobody, person]| person > nobody);
    let right = labels
        .iter()
        .zip(answers)
        .filter(|(line, answer)| (line.split(',').nth(1) == Some("1")) == *answer)
        .count();
    let share = right as f64 / labels.len() as f64;
    println!("{right} of {} photographs: top-1 {share:.4}", labels.len());
    assert!(share >= TOP_1, "top-1 {share:.4}, expected at least {TOP_1}");

    let path = root().join("target/vectors/vww/tflite_micro.npy");
    let Some(expected) = array(&path) else {
        skipped("`target/vectors/vww` is missing; `.ci/oracles` writes it");
        return;
    };
    let found: Vec<u8> = posteriors.iter().map(|byte| *byte as u8).collect();
    assert!(found == expected, "TFLite Micro's answers to the same images differ");
}
