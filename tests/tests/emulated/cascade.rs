//! The shipped cascade: its node as firmware, its hub and its cloud here, between them the emulated serial port and a wire.

use std::collections::BTreeMap;
use std::path::Path;

use kws_carrier::{Address, Wire, carry, memory};
use kws_engine::testing::{Capture, Seen};
use kws_engine::{Event, LinkPlan, Pipeline, Plan, PlannedStage};
use kws_host::registry;

use super::emulator::{M4F, emulate_place};
use super::host::{folder, pipelines, recording};

/// What the sink of a pipeline sees of a recording here.
fn whole(pipeline: &Path, wav: &Path) -> Vec<Seen<Event>> {
    let mut pipeline = Pipeline::read(pipeline).unwrap();
    pipeline.in_one_place();
    pipeline.set(&format!("mic.fallback={}", wav.display())).unwrap();
    pipeline.set(&format!("kept.folder={}", folder().join("kept_by_one").display())).unwrap();
    let out = Capture::new();
    let plan = Plan::new(&pipeline, &registry()).unwrap();
    plan.run_here(|stage, node| if stage.kind == "print" { out.sink() } else { node }).unwrap();
    out.seen()
}

#[test]
#[ignore = "`.ci/firmware` runs it"]
fn the_cascade_with_its_node_as_firmware_hears_what_one_program_hears() {
    let (file, wav) = (pipelines().join("cascade.toml"), recording("yes_no"));
    let mut pipeline = Pipeline::read(&file).unwrap();
    pipeline.set(&format!("kept.folder={}", folder().join("kept").display())).unwrap();
    let socket = folder().join("node");
    let out = Capture::new();
    let [near, far] = memory();
    let mut wires: BTreeMap<String, Box<dyn Wire>> =
        BTreeMap::from([("hub cloud".to_owned(), near), ("cloud hub".to_owned(), far)]);
    let running: Vec<_> = ["hub", "cloud"]
        .into_iter()
        .map(|place| {
            let plan = Plan::at(&pipeline, &registry(), place).unwrap();
            let dress = |stage: &PlannedStage, node| if stage.kind == "print" { out.sink() } else { node };
            let started = plan.start_linked(Default::default(), dress, |link: &LinkPlan| {
                let within = wires.remove(&format!("{place} {}", link.place));
                let wire = within.unwrap_or_else(|| Address::Unix(socket.clone()).wire(link));
                Ok(move |end| carry(end, wire, |news| println!("{news}")))
            });
            started.unwrap()
        })
        .collect();
    let emulation = emulate_place(M4F, &file, "node", &socket, &[&format!("wav={}", wav.display())]);
    for run in running {
        let outcome = run.wait();
        assert!(outcome.fault.is_none() && outcome.gaps.is_empty(), "{:?} {:?}", outcome.fault, outcome.gaps);
    }
    let (seen, expected) = (out.seen(), whole(&file, &wav));
    assert!(expected.len() > 5, "{expected:?}");
    assert_eq!(seen, expected);
    emulation.record(M4F, "cascade_node");
    assert!(emulation.figure("memory") + emulation.figure("stack") < 240 * 1024, "what a Nano 33 BLE has");
}
