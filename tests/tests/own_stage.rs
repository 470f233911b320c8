//! The example of a stage of one's own, used by name in a pipeline beside the stages of kws.
#![allow(clippy::unwrap_used, reason = "this is test code")]

#[path = "../../engine/examples/own_stage.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "its `main` and its visibility are those of a program of its own"
)]
mod own_stage;

use std::path::Path;

use kws_engine::run::RunOptions;
use kws_engine::testing::{Capture, Rig};
use kws_engine::{Element, Pipeline, Plan, PlanError, Port, Role};

fn plan(folder: &Path, factor: &str) -> Result<Plan, PlanError> {
    let toml = format!(
        "[[stage]]\nkind = \"raw\"\npath = \"ramp.s16\"\nrate = 16000\n\n[[stage]]\nkind = \"gain\"\nfactor = {factor}\n\n\
         [[stage]]\nname = \"ear\"\nkind = \"gain\"\nfactor = 1\n"
    );
    let mut registry = kws_host::registry();
    own_stage::register(&mut registry);
    Plan::new(&Pipeline::parse(&toml, "gain.toml", folder)?, &registry)
}

#[test]
fn it_runs_in_a_pipeline() {
    let folder = tempfile::tempdir().unwrap();
    let ramp: Vec<u8> = (0..1600_i16).flat_map(i16::to_le_bytes).collect();
    std::fs::write(folder.path().join("ramp.s16"), ramp).unwrap();
    let heard = Capture::<i16>::new();
    let running = plan(folder.path(), "2.5").unwrap().start_with(RunOptions::default(), |stage, made| {
        if stage.name == "ear" { heard.instead::<i16>() } else { made }
    });
    assert_eq!(running.unwrap().wait().fault, None);
    let expected: Vec<i16> = (0..1600_i16).map(|sample| (f32::from(sample) * 2.5) as i16).collect();
    assert_eq!(heard.items(), expected);
}

/// As `stages/README.md` says.
#[test]
fn it_is_tested_in_a_rig() {
    let port = Port::source(Element::I16, vec![2], Role::SAMPLES, 16_000, 2);
    let rig = Rig::new(own_stage::register, &port, "[[stage]]\nkind = \"gain\"\nfactor = 2").unwrap();
    assert_eq!(rig.run::<i16, i16>(&[1, 2, 3, 4]), [(2, vec![2, 4]), (4, vec![6, 8])]);
}

#[test]
fn its_parameters_are_checked_as_those_of_any_kind() {
    let message = plan(Path::new(""), "200").err().unwrap().to_string();
    let expected =
        "`factor` of `gain` (kind `gain`) is 200, expected a number from 0 to 100\n --> gain.toml:8:10";
    assert!(message.starts_with(expected), "{message}");
}
