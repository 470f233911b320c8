//! MLPerf Tiny's Visual Wake Words reference, as a pipeline, over photographs of COCO.
//!
//! The photographs are not those of MLPerf's runner, and the figure is not MLPerf's. Where `tests/oracle/vww.py` has
//! written what TFLite Micro makes of the same resized pictures, every byte must be the same.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::fs;
use std::sync::{Arc, Mutex};

use kws_engine::{Block, Flow, Pipeline, Plan, Stage, StageFault, node};
use kws_tests::{root, shared_data, skipped};

/// The share of photographs that must be told right.
const TOP_1: f64 = 0.80;

/// Keeps what it reads.
struct Kept(Arc<Mutex<Vec<i8>>>);

impl Stage for Kept {
    type In = i8;
    type Out = f32;

    fn process(&mut self, input: Block<'_, i8>, _: &mut [f32]) -> Result<Flow, StageFault> {
        self.0.lock().unwrap().extend_from_slice(&input);
        Ok(Flow::Skip)
    }
}

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
    let kept = Arc::default();
    plan.run_here(|stage, made| match stage.kind.as_str() {
        "smooth" => node(Kept(Arc::clone(&kept))),
        _ => made,
    })
    .unwrap_or_else(|fault| panic!("{fault}"));
    let kept: &Mutex<Vec<i8>> = &kept;
    std::mem::take(&mut *kept.lock().unwrap())
}

#[test]
fn four_of_five_photographs_are_told_right_and_all_as_tflite_micro_tells_them() {
    let Some(data) = shared_data("person") else { return };
    let posteriors = posteriors();
    let labels = fs::read_to_string(data.join("labels.csv")).unwrap();
    let mut labels: Vec<&str> = labels.lines().skip(1).collect();
    labels.sort_unstable();
    assert_eq!(posteriors.len(), 2 * labels.len());
    let told = posteriors.as_chunks::<2>().0.iter().map(|[nobody, person]| person > nobody);
    let right =
        labels.iter().zip(told).filter(|(line, told)| (line.split(',').nth(1) == Some("1")) == *told).count();
    let share = right as f64 / labels.len() as f64;
    println!("{right} of {} photographs: top-1 {share:.4}", labels.len());
    assert!(share >= TOP_1, "top-1 {share:.4}, expected at least {TOP_1}");

    let path = root().join("target/vectors/vww/tflite_micro.npy");
    let Some(expected) = array(&path) else {
        skipped("`target/vectors/vww` is missing; `.ci/oracles` writes it");
        return;
    };
    let found: Vec<u8> = posteriors.iter().map(|byte| *byte as u8).collect();
    assert!(found == expected, "TFLite Micro's answers to the same pictures differ");
}
