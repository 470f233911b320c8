//! `kws-run PIPELINE --enrol NAME`: records a speaker through the pipeline's own microphone.

use std::io::{IsTerminal, Write, stderr};
use std::path::PathBuf;

use crossbeam_channel::{Sender, never, select, unbounded};
use kws_engine::run::{Report, RunOptions};
use kws_engine::{
    Block, Cost, Design, DesignError, Element, Flow, Item, Kind, Pipeline, Plan, Registry, Role, Simple,
    Site, Stage, StageFault, around, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::arguments::Arguments;
use super::command_error::CommandError;
use super::faults;
use super::interrupt;
use super::journal::{Level, tell};
use super::overrides::is_source;
use crate::enrol::{Prompt, Recorder, TAKES, next, write};

/// Reads the samples, which are handed over before it fires.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Ear {}

impl Kind for Ear {
    const NAME: &'static str = "ear";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        site.input_as(&[Element::I16], &[Role::SAMPLES])?;
        Ok(Simple::boxed(None, Cost::default(), || Ok(node(Ear {}))))
    }
}

impl Stage for Ear {
    type In = i16;
    type Out = ();

    fn process(&mut self, _: Block<'_, i16>, (): ()) -> Result<Flow, StageFault> {
        Ok(Flow::Skip)
    }
}

/// Records `name`, and says how to go on. Nothing is written before all is recorded.
pub(super) fn enrol(
    mut pipeline: Pipeline,
    mut registry: Registry,
    arguments: &Arguments,
    name: &str,
) -> Result<(), CommandError> {
    let consent = arguments.consent.as_deref().map_or("", str::trim);
    if consent.is_empty() {
        return Err(CommandError::usage(format!(
            "no consent: ask `{name}`, and state what they agreed to, as in --consent \"yes, for this house\"; nothing was recorded"
        )));
    }
    let folder = PathBuf::from(name);
    if folder.exists() {
        let message =
            format!("`{name}` exists already; move it away, or choose another name. Nothing was recorded");
        return Err(CommandError::Lacking(message));
    }
    let sources: Vec<&str> = pipeline
        .stages
        .iter()
        .filter(|stage| is_source(stage, &registry))
        .map(|stage| stage.name.as_str())
        .collect();
    let [source] = sources[..] else {
        return Err(CommandError::usage(format!("found {} sources, expected one microphone", sources.len())));
    };
    let source = source.to_owned();
    if arguments.source.is_empty() {
        without_fallback(&mut pipeline, &registry, &source);
    }
    pipeline.stages.retain(|stage| stage.name == source);
    pipeline.places.clear();
    registry.add::<Ear>();
    pipeline.attach("ear", Ear::NAME, &source, &json!({}), "--enrol");
    let plan = Plan::new(&pipeline, &registry)?;
    for notice in &plan.notices {
        tell(Level::Notice, format_args!("notice: {notice}"));
    }
    let recorder = listen(&plan, arguments, name)?;
    write(&folder, &recorder, plan.first_input(1).map_or(16_000, |port| port.clock))?;
    let next = next(&folder, name, consent, &recorder);
    tell(Level::Info, format_args!("wrote `{name}`. Now make the verifier:\n  {next}"));
    Ok(())
}

/// A recording that stands in for a missing microphone is not who enrols.
fn without_fallback(pipeline: &mut Pipeline, registry: &Registry, source: &str) {
    let Some(stage) = pipeline.stage(source) else { return };
    let kind = stage.kind.clone();
    if registry.kind(&kind).is_some_and(|kind| kind.params().any(|(name, _)| name == "fallback")) {
        let mut params = stage.params.to_json();
        params["fallback"] = json!(false);
        pipeline.replace(source, &kind, &params, "--enrol");
    }
}

/// Runs the source until all is recorded.
fn listen(plan: &Plan, arguments: &Arguments, name: &str) -> Result<Recorder, CommandError> {
    let interrupts = interrupt::watch();
    let (heard, samples) = unbounded();
    let options = RunOptions { paced: arguments.realtime, timed: false, one_lane: false };
    let mut running = plan.start_with(options, |stage, node| {
        if stage.kind != Ear::NAME {
            return node;
        }
        let heard: Sender<Vec<i16>> = heard.clone();
        around(node, move |node, inputs, output| {
            if let Some(samples) = i16::items(inputs.block) {
                // Nobody listens any more once all is recorded.
                let _ = heard.send(samples.to_vec());
            }
            node.fire(inputs, output)
        })
    })?;
    drop(heard);
    let stopper = running.stopper();
    let mut reports = running.reports().clone();
    let mut recorder = Recorder::new(plan.first_input(1).map_or(16_000, |port| port.clock));
    let mut meter = Meter { shown: stderr().is_terminal(), blocks: 0 };
    tell(Level::Info, "Be quiet for a second.");
    let mut done = false;
    while !done {
        select! {
            recv(samples) -> block => {
                let Ok(block) = block else { break };
                for prompt in recorder.hear(&block) {
                    done |= prompt == Prompt::Done;
                    meter.show(&prompt, name);
                }
            }
            recv(reports) -> report => match report {
                Ok(report) => {
                    meter.show_fault(plan, &report);
                    running.note(report);
                }
                // What was heard before the end is still to be read.
                Err(_) => reports = never(),
            },
            recv(interrupts) -> _ => break,
        }
    }
    stopper.stop();
    drop(samples);
    let outcome = running.wait();
    match outcome.fault {
        _ if done => Ok(recorder),
        Some(fault) => Err(fault.into()),
        None => Err(CommandError::Lacking(format!(
            "the sound ended after {} of {TAKES} takes; nothing was written",
            recorder.takes.len()
        ))),
    }
}

/// What the speaker sees.
struct Meter {
    /// Whether there is a terminal.
    shown: bool,
    blocks: usize,
}

/// Blocks of level between two updates of the meter.
const EVERY: usize = 5;
/// Characters of the meter, and decibels that it reaches down.
const WIDTH: f64 = 40.0;
const DEPTH: f64 = 60.0;

impl Meter {
    fn show(&mut self, prompt: &Prompt, name: &str) {
        if let Prompt::Level(level) = prompt {
            self.blocks += 1;
            if self.shown && self.blocks.is_multiple_of(EVERY) {
                let bar = "▮".repeat((WIDTH * (1.0 + level / DEPTH)).clamp(0.0, WIDTH) as usize);
                let _ = write!(stderr(), "\r{bar:<40} {level:5.0} dB ");
            }
            return;
        }
        self.clear();
        match prompt {
            Prompt::Room(level, true) => tell(
                Level::Warning,
                format_args!("the room is loud, {level:.0} dB: find a quieter place, or speak louder"),
            ),
            Prompt::Room(level, false) => tell(Level::Info, format_args!("the room: {level:.0} dB")),
            Prompt::Say(take) => tell(Level::Info, format_args!("{name}, say the word ({take} of {TAKES})")),
            Prompt::Good(take, level) => tell(Level::Info, format_args!("take {take}: {level:.0} dB, good")),
            Prompt::Again(why) => tell(Level::Warning, format_args!("again, please: {why}")),
            Prompt::Others => tell(
                Level::Info,
                format_args!(
                    "Now ten seconds of other people: let them speak, or play the radio. {name} is silent."
                ),
            ),
            Prompt::NoOthers => tell(Level::Warning, "nobody was to be heard; going on without other people"),
            Prompt::Done | Prompt::Level(_) => {}
        }
    }

    /// Shows that the microphone is missing or lost, or that it is back.
    fn show_fault(&self, plan: &Plan, report: &Report) {
        let line = match report {
            Report::Down { stage, fault, at } => faults::down(plan, stage, fault, *at),
            Report::Up { stage, at, lost } => faults::up(plan, stage, *at, *lost),
            Report::Gap(_) | Report::StageFault { .. } | Report::Ended { .. } => return,
        };
        self.clear();
        tell(Level::Warning, line);
    }

    /// Removes the meter from the terminal's last line.
    fn clear(&self) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_does_not_stand_in_for_the_speaker() {
        let registry = crate::registry();
        let text = "[[stage]]\nkind = \"mic\"\nfallback = \"a.wav\"\nblock = 320\n";
        let mut pipeline = Pipeline::parse(text, "test.toml", std::path::Path::new(".")).unwrap();
        without_fallback(&mut pipeline, &registry, "mic");
        let params = pipeline.stage("mic").unwrap().params.to_json();
        assert_eq!((&params["fallback"], &params["block"]), (&json!(false), &json!(320)));
    }
}
