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
use std::sync::{Arc, Mutex};

use kws_engine::run::RunOptions;
use kws_engine::{Block, Flow, Pipeline, Plan, PlanError, Stage, StageFault, node};

fn plan(folder: &Path, factor: &str) -> Result<Plan, PlanError> {
    let toml = format!(
        "[[stage]]\nkind = \"raw\"\npath = \"ramp.s16\"\nrate = 16000\n\n[[stage]]\nkind = \"gain\"\nfactor = {factor}\n\n\
         [[stage]]\nname = \"ear\"\nkind = \"gain\"\nfactor = 1\n"
    );
    let mut registry = kws_host::registry();
    own_stage::register(&mut registry);
    Plan::new(&Pipeline::parse(&toml, "gain.toml", folder)?, &registry)
}

/// Keeps what it hears.
struct Ear(Arc<Mutex<Vec<i16>>>);

impl Stage for Ear {
    type In = i16;
    type Out = i16;
    fn process(&mut self, input: Block<'_, i16>, _: &mut [i16]) -> Result<Flow, StageFault> {
        self.0.lock().unwrap().extend_from_slice(&input);
        Ok(Flow::Skip)
    }
}

#[test]
fn it_runs_in_a_pipeline() {
    let folder = tempfile::tempdir().unwrap();
    let ramp: Vec<u8> = (0..1600_i16).flat_map(i16::to_le_bytes).collect();
    std::fs::write(folder.path().join("ramp.s16"), ramp).unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let running = plan(folder.path(), "2.5").unwrap().start_with(RunOptions::default(), |stage, made| {
        if stage.name == "ear" { node(Ear(heard.clone())) } else { made }
    });
    assert_eq!(running.unwrap().wait().fault, None);
    let expected: Vec<i16> = (0..1600_i16).map(|sample| (f32::from(sample) * 2.5) as i16).collect();
    assert_eq!(*heard.lock().unwrap(), expected);
}

#[test]
fn its_parameters_are_checked_as_those_of_any_kind() {
    let message = plan(Path::new(""), "200").err().unwrap().to_string();
    let expected =
        "`factor` of `gain` (kind `gain`) is 200, expected a number from 0 to 100\n --> gain.toml:8:10";
    assert!(message.starts_with(expected), "{message}");
}
