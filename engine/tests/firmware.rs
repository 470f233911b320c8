//! What a board cannot do is an error at its line of the file, before anything is written.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::path::Path;

use kws_engine::firmware::{Board, Code, Core, Firmware, Instructions};
use kws_engine::{
    Block, Cost, Design, DesignError, Element, Flow, Kind, Pipeline, PlanError, Port, Registry, Role, Simple,
    Site, Stage, StageFault, Written, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A device of the board: blocks of 160 samples.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Mic {}

impl Kind for Mic {
    const NAME: &'static str = "mic";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;
    fn design(self, _: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let port = Port::source(Element::I16, vec![160], Role::SAMPLES, 16_000, 160);
        let make = || Err(StageFault::new("this is a device of a board"));
        Ok(Written::boxed(Some(port), Cost::default(), make, |site| Ok(Code::given(site, "crate::Mic<160>"))))
    }
}

/// Passes samples on.
struct Pass;

impl Stage for Pass {
    type In = i16;
    type Out = i16;
    fn process(&mut self, input: Block<'_, i16>, output: &mut [i16]) -> Result<Flow, StageFault> {
        output.copy_from_slice(&input);
        Ok(Flow::Emit)
    }
}

/// Passes samples on, and keeps so many bytes.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Keeps {
    #[serde(default)]
    bytes: usize,
}

impl Kind for Keeps {
    const NAME: &'static str = "keeps";
    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let port = site.input(&[Element::I16])?;
        let output = port.then(Element::I16, port.shape.clone(), Role::SAMPLES);
        let make = || Ok(node(Pass));
        Ok(Written::boxed(Some(output), Cost::default(), make, move |site| {
            let mut code = Code::new(site);
            let kept = code.lend("kept", "what is kept.", "i8", self.bytes, "0");
            Ok(code.is(format!("my::Keeps<{}>", kept.of), format!("my::Keeps::new({})", kept.value)))
        }))
    }
}

/// Passes samples on, on a computer only.
#[derive(Serialize, Deserialize, JsonSchema)]
struct HostOnly {}

impl Kind for HostOnly {
    const NAME: &'static str = "host_only";
    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let port = site.input(&[Element::I16])?;
        let output = port.then(Element::I16, port.shape.clone(), Role::SAMPLES);
        Ok(Simple::boxed(Some(output), Cost::default(), || Ok(node(Pass))))
    }
}

/// Stages by their lines, `mic` before them.
fn write(stages: &[&str]) -> Result<Firmware, PlanError> {
    let text: String = ["kind = 'mic'"]
        .iter()
        .chain(stages)
        .map(|lines| format!("[[stage]]\n{}\n", lines.replace("; ", "\n")))
        .collect();
    let mut registry = Registry::new();
    registry.add::<Mic>().add::<Keeps>().add::<HostOnly>();
    let pipeline = Pipeline::parse(&text, "some.toml", Path::new(".")).unwrap();
    let board = Board {
        name: "small".to_owned(),
        about: "A small board".to_owned(),
        core: Core {
            kernels: "plain".to_owned(),
            instructions: Instructions { float: 250.0, integer: 18.0, model: 22.0 },
        },
        clock_hz: 16_000_000,
        ram: 16_384,
        flash: 262_144,
        pipeline: None,
        serial: None,
        power: None,
    };
    Firmware::new(&pipeline, &board, &registry)
}

#[track_caller]
fn refused(stages: &[&str], message: &str, position: (usize, usize)) {
    let error = write(stages).err().expect("a board cannot do this");
    assert_eq!((error.message.as_str(), error.position()), (message, Some(position)), "{error}");
}

#[test]
fn a_stage_without_a_form_for_boards_is_named_at_its_line() {
    refused(
        &["kind = 'host_only'"],
        "`host_only`: this kind is not supported in firmware (board `small`)",
        (4, 8),
    );
}

#[test]
fn a_second_source_is_refused() {
    let second = "name = 'other'; kind = 'mic'";
    refused(&["kind = 'keeps'", second], "`other`: firmware supports only one source", (7, 8));
}

#[test]
fn what_lanes_of_a_board_cannot_do_is_refused() {
    let stage = |name: &str, rest: &str| format!("name = '{name}'; kind = 'keeps'{rest}");
    let third = [stage("a", "; lane = 'x'"), stage("b", "; lane = 'y'"), stage("c", "; lane = 'z'")];
    let all: Vec<&str> = third.iter().map(String::as_str).collect();
    refused(&all, "`c`: is in a third lane, `z`, but firmware has at most two", (13, 8));
    let twice = [stage("a", ""), stage("b", "; lane = 'y'"), stage("c", "; lane = 'y'; input = 'mic'")];
    let all: Vec<&str> = twice.iter().map(String::as_str).collect();
    let message = "`c`: reads `mic` from another lane, but the lane `y` already gets its blocks through `a`";
    refused(&all, message, (12, 8));
    let back = [stage("a", "; lane = 'y'"), stage("b", "; lane = 'main'"), stage("c", "; input = 'mic'")];
    let all: Vec<&str> = back.iter().map(String::as_str).collect();
    // The source stands with its first reader, so that what is in no other lane is the second one.
    let message =
        "`c`: reads `mic` from another lane, but the lane `main` already gets its blocks through `a`";
    refused(&all, message, (13, 8));
    let oldest = [stage("a", ""), stage("b", "; lane = 'y'; on_full = 'drop_oldest'")];
    let all: Vec<&str> = oldest.iter().map(String::as_str).collect();
    let message = "`b`: drops the oldest blocks of a full ring, which firmware does not support";
    refused(&all, message, (8, 8));
}

#[test]
fn what_does_not_fit_is_reported_at_the_stage_that_takes_the_most() {
    let written =
        write(&["kind = 'keeps'; bytes = 1000", "name = 'large'; kind = 'keeps'; bytes = 20_000"]).unwrap();
    let misfit = written.misfit.expect("it is more than the board has");
    let text = "`large`: the pipeline needs 24808 bytes of RAM, but `small` has 16384; this stage takes the most, 20320";
    assert_eq!((misfit.message.as_str(), misfit.position()), (text, Some((8, 8))));
    let fits = write(&["kind = 'keeps'; bytes = 1000"]).unwrap();
    assert_eq!(fits.misfit, None);
    assert_eq!((fits.budget.ram.blocks, fits.budget.ram.state), (640, 1000));
}

#[test]
fn two_lanes_are_two_structs_and_a_ring() {
    let written = write(&["kind = 'keeps'", "name = 'slow'; kind = 'keeps'; lane = 'y'; depth = 3"]).unwrap();
    for text in [
        "pub type Ring = kws_engine::tick::Ring<i16, 160, 3>;",
        "ring: Outgoing::new(\"keeps\", WhenFull::Wait, ring),",
        "ring: Incoming::new(\"slow\", 160, ring),",
        "let keeps = self.ring.take(self.keeps_out);",
    ] {
        assert!(written.source.contains(text), "`{text}` is not in\n{}", written.source);
    }
}

#[test]
fn a_list_that_names_a_core_and_has_none_says_where_they_are() {
    let list = "[mine]\nabout = 'x'\ncore = 'cortex-m4f'\nclock_hz = 1\nram = 1\nflash = 1\n";
    let error = Board::list(list).unwrap_err().to_string();
    assert!(error.contains("has no table `core`") && error.contains("copy `[core]`"), "{error}");
}
