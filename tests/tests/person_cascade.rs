//! `pipelines/person_cascade.toml` over photographs: what a small model suspects, a larger one judges, in one program and in two.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use kws_carrier::{Wire, carry, memory};
use kws_engine::testing::{Capture, Seen, blocks, ended};
use kws_engine::{Event, LinkPlan, Pipeline, Plan, PlannedStage};
use kws_host::registry;
use kws_tests::{root, shared_data};
use serde_json::json;

/// How many photographs of each sort.
const PHOTOGRAPHS: usize = 30;

/// Photographs without a person and with one in turn, in a folder of their own; `None` where there are none.
fn photographs(test: &str) -> Option<PathBuf> {
    let shared = shared_data("person")?;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("person_cascade").join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let table = fs::read_to_string(shared.join("labels.csv")).unwrap();
    let mut count = BTreeMap::from([("0", 0), ("1", 0)]);
    for line in table.lines().skip(1) {
        let mut cells = line.split(',');
        let (file, person) = (cells.next().unwrap(), cells.next().unwrap());
        let place = count.get_mut(person).unwrap();
        if *place < PHOTOGRAPHS {
            fs::copy(shared.join(file), folder.join(format!("{place:03}-{person}.jpg"))).unwrap();
            *place += 1;
        }
    }
    Some(folder)
}

/// The pipeline on the photographs, with the larger model of the shared data.
fn pipeline(test: &str) -> Option<Pipeline> {
    let (shown, models) = (photographs(test)?, shared_data("models")?);
    let mut pipeline = Pipeline::read(&root().join("pipelines/person_cascade.toml")).unwrap();
    let model = fs::canonicalize(models.join("mlperf_vww_96_int8.tflite")).unwrap();
    pipeline.set(&format!("second.model={}", json!(model))).unwrap();
    let source = json!({"path": shown, "width": 320, "height": 240, "fps": 2, "fit": "stretch"});
    pipeline.replace("camera", "image_files", &source, "a test's photographs");
    Some(pipeline)
}

/// What a trigger of the pipeline writes in one program.
fn whole(pipeline: &Pipeline, trigger: &str) -> Vec<Seen<Event>> {
    let mut pipeline = pipeline.clone();
    pipeline.in_one_place();
    pipeline.attach("tested", "print", trigger, &json!({}), "a test's sink");
    let out = Capture::new();
    let plan = Plan::new(&pipeline, &registry()).unwrap();
    plan.run_here(|stage, node| if stage.name == "tested" { out.sink() } else { node }).unwrap();
    out.seen()
}

#[test]
fn the_larger_model_judges_what_the_small_one_suspects() {
    let Some(pipeline) = pipeline("judged") else { return };
    let (suspected, confirmed) =
        (blocks(&whole(&pipeline, "suspicion")), blocks(&whole(&pipeline, "verdict")));
    assert!(!confirmed.is_empty(), "nobody is seen");
    assert!(confirmed.len() < suspected.len(), "none of {} is vetoed", suspected.len());
    for (at, _) in &confirmed {
        assert!(
            suspected.iter().any(|(suspected, _)| suspected == at),
            "what is seen at {at} was not suspected"
        );
    }
}

#[test]
fn two_places_see_what_one_program_sees() {
    let Some(pipeline) = pipeline("two_places") else { return };
    let (expected, out) = (whole(&pipeline, "verdict"), Capture::new());
    let [near, far] = memory();
    let mut wires: BTreeMap<&str, Box<dyn Wire>> = BTreeMap::from([("node", near), ("hub", far)]);
    let running: Vec<_> = ["node", "hub"]
        .into_iter()
        .map(|place| {
            let plan = Plan::at(&pipeline, &registry(), place).unwrap();
            let dress = |stage: &PlannedStage, node| if stage.kind == "print" { out.sink() } else { node };
            let wire = wires.remove(place).unwrap();
            let mut wire = Some(wire);
            let started = plan.start_linked(Default::default(), dress, |_: &LinkPlan| {
                let wire = wire.take().unwrap();
                Ok(move |end| carry(end, wire, |news| println!("{news}")))
            });
            started.unwrap()
        })
        .collect();
    for run in running {
        assert_eq!(ended(run).fault, None);
    }
    assert_eq!(out.seen(), expected);
}
