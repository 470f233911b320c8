//! `on_fault`: stages that fail and go on, reported at once, with the same hole however they are driven.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod kinds;

use kinds::plan;
use kws_engine::run::{Report, RunOptions};
use kws_engine::testing::{Capture, Latch, ManualClock, Script, Seen, ended, ended_with, until};
use kws_engine::{Block, Flow, Node, OnFault, Stage, StageFault, StageState, node};

/// A thousand blocks of ten ticks, of a thousand a second: a pause of 100 ms is ten blocks.
fn toml(middle: &str, sink: &str) -> String {
    format!(
        "[[stage]]\nname = 'source'\nkind = 'count'\nblock = 10\nblocks = 1000\n\
         [[stage]]\nname = 'middle'\nkind = 'gain'\n{middle}\n\
         [[stage]]\nname = 'out'\nkind = 'out'\n{sink}\n\
         [[stage]]\nname = 'other'\nkind = 'out'\ninput = 'middle'\n"
    )
}

/// Fails or panics on blocks that end at certain ticks, and does not recover at others.
#[derive(Clone)]
struct Fragile {
    fails: &'static [u64],
    panics: bool,
    broken: u32,
    restarts: Capture<f32>,
}

impl Fragile {
    fn on(fails: &'static [u64]) -> Self {
        Fragile { fails, panics: false, broken: 0, restarts: Capture::new() }
    }

    fn fire(&mut self, at: u64) -> Result<(), StageFault> {
        assert!(!(self.panics && self.fails.contains(&at)), "out of cheese");
        if self.fails.contains(&at) { Err(StageFault::new("the disk is full")) } else { Ok(()) }
    }

    fn recover(&mut self) -> Result<(), StageFault> {
        if self.broken > 0 {
            self.broken -= 1;
            return Err(StageFault::new("the disk is still full"));
        }
        self.restarts.note(Seen::Reset);
        Ok(())
    }
}

struct Middle(Fragile);

impl Stage for Middle {
    type In = f32;
    type Out = f32;
    fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
        // What a failing stage leaves behind is not to be seen.
        output.fill(f32::NAN);
        self.0.fire(input.at)?;
        output.copy_from_slice(&input);
        Ok(Flow::Emit)
    }
    fn recover(&mut self) -> Result<(), StageFault> {
        self.0.recover()
    }
}

struct Sink(Fragile, Capture<f32>);

impl Stage for Sink {
    type In = f32;
    type Out = ();
    fn process(&mut self, input: Block<'_, f32>, (): ()) -> Result<Flow, StageFault> {
        self.0.fire(input.at)?;
        self.1.note(Seen::Block(input.at, input.to_vec()));
        Ok(Flow::Skip)
    }
    fn recover(&mut self) -> Result<(), StageFault> {
        self.0.recover()
    }
    fn finish(&mut self) -> Result<(), StageFault> {
        Err(StageFault::new("nothing can be completed"))
    }
}

/// What came of a run.
struct Ran {
    out: Vec<Seen<f32>>,
    other: Vec<Seen<f32>>,
    reports: Vec<Report>,
    stats: kws_engine::run::RunStats,
}

impl Ran {
    fn health(&self, stage: &str) -> &kws_engine::Health {
        &self.stats.stages.iter().find(|other| other.stage == stage).unwrap().health
    }
}

/// Runs it with something fragile in one place.
fn run(toml: &str, place: &str, fragile: &Fragile, options: RunOptions) -> Ran {
    let (out, other) = (Capture::new(), Capture::new());
    let running = plan(toml)
        .unwrap()
        .start_with(options, |stage, made| dressed(&stage.name, made, place, fragile, [&out, &other]))
        .unwrap();
    let mut reports = Vec::new();
    let outcome = ended_with(running, |report| reports.push(report.clone()));
    assert_eq!(outcome.fault, None);
    Ran { out: out.take(), other: other.take(), reports, stats: outcome.stats }
}

fn dressed(
    name: &str,
    made: Box<dyn Node>,
    place: &str,
    fragile: &Fragile,
    captures: [&Capture<f32>; 2],
) -> Box<dyn Node> {
    match name {
        "middle" if place == name => node(Middle(fragile.clone())),
        "out" if place == name => node(Sink(fragile.clone(), captures[0].clone())),
        "out" => captures[0].sink(),
        "other" => captures[1].sink(),
        _ => made,
    }
}

/// Ticks of blocks, and where gaps were.
fn ticks(seen: &[Seen<f32>]) -> Vec<Option<u64>> {
    seen.iter()
        .filter_map(|seen| match seen {
            Seen::Block(at, items) => {
                assert!(items.iter().all(|item| !item.is_nan()));
                Some(Some(*at))
            }
            Seen::Reset => Some(None),
            Seen::Finish => None,
        })
        .collect()
}

/// All blocks, but for holes after one tick and before another, each with its gap.
fn with_holes(holes: &[(u64, u64)]) -> Vec<Option<u64>> {
    let mut expected = Vec::new();
    for at in (10..=10_000).step_by(10) {
        if holes.iter().any(|(after, before)| at > *after && at < *before) {
            continue;
        }
        if holes.iter().any(|(_, before)| at == *before) {
            expected.push(None);
        }
        expected.push(Some(at));
    }
    expected
}

fn layouts() -> [(String, bool); 3] {
    [("main", false), ("apart", false), ("main", true)].map(|(lane, one)| (format!("lane = '{lane}'"), one))
}

#[test]
fn a_stage_that_fails_begins_anew_after_a_pause_that_doubles_and_a_gap_marks_the_hole() {
    for panics in [false, true] {
        // It fails at 300, and so that it has hardly worked at 410; at 5000 it has worked for long.
        let fragile = Fragile { panics, ..Fragile::on(&[300, 410, 5000]) };
        let expected = with_holes(&[(290, 400), (400, 610), (4990, 5100)]);
        for (lane, one_lane) in layouts() {
            let toml = toml(&format!("on_fault = 'restart'\n{lane}"), "");
            let ran = run(&toml, "middle", &fragile, RunOptions { one_lane, ..RunOptions::default() });
            assert_eq!((ticks(&ran.out), ticks(&ran.other)), (expected.clone(), expected.clone()));
            assert_eq!(fragile.restarts.take().len(), 3);
            let health = ran.health("middle");
            assert_eq!((health.state, health.faults, health.restarts), (StageState::Ended, 3, 3));
            let text = health.last_fault.as_ref().unwrap().to_string();
            assert_eq!(text, if panics { "it panicked: out of cheese" } else { "the disk is full" });
            let reports: Vec<String> = ran.reports.iter().filter_map(about).collect();
            assert_eq!(
                reports,
                ["down 300", "up 400 100", "down 410", "up 610 200", "down 5000", "up 5100 100"]
            );
        }
        assert_eq!(in_a_session(&toml("on_fault = 'restart'", ""), &fragile), expected);
        fragile.restarts.take();
    }
}

/// A report about a stage that goes on.
fn about(report: &Report) -> Option<String> {
    match report {
        Report::Down { stage, at, .. } if stage != "source" => Some(format!("down {at}")),
        Report::Up { at, lost, .. } => Some(format!("up {at} {lost}")),
        _ => None,
    }
}

/// The same as one session, which is asked how the stage does.
fn in_a_session(toml: &str, fragile: &Fragile) -> Vec<Option<u64>> {
    let (out, other) = (Capture::new(), Capture::new());
    let plan = plan(toml).unwrap();
    let mut session = plan
        .session_with(|stage, made| dressed(&stage.name, made, "middle", fragile, [&out, &other]))
        .unwrap();
    let mut states = Vec::new();
    for block in 0..1000 {
        assert_eq!(session.push("source", &[block as f32; 10], |_| {}), Ok(10));
        let (_, at, health) = session.health().find(|(stage, ..)| *stage == "middle").unwrap();
        assert_eq!(at, (block + 1) * 10);
        if states.last() != Some(&health.state) {
            states.push(health.state);
        }
    }
    use StageState::{Down, Running};
    assert_eq!(states, [Running, Down, Running, Down, Running, Down, Running]);
    session.finish(|_| {}).unwrap();
    ticks(&out.take())
}

#[test]
fn what_does_not_recover_is_tried_again_ever_later() {
    let fragile = Fragile { broken: 3, ..Fragile::on(&[300]) };
    let toml = toml("on_fault = 'restart'", "");
    let ran = run(&toml, "middle", &fragile, RunOptions::default());
    // It is tried after 100, 200, 400 and 800 ms.
    assert_eq!(ticks(&ran.out), with_holes(&[(290, 1800)]));
    let health = ran.health("middle");
    assert_eq!((health.faults, health.restarts), (4, 1), "one failure, and three futile tries");
    let reports: Vec<String> = ran.reports.iter().filter_map(about).collect();
    assert_eq!(reports, ["down 300", "up 1800 1500"], "an outage is reported once");
    let fragile = Fragile { broken: u32::MAX, ..Fragile::on(&[300]) };
    let ran = run(&toml, "middle", &fragile, RunOptions::default());
    assert_eq!(ticks(&ran.out), with_holes(&[(290, 20_000)]), "the others work to the end");
}

#[test]
fn a_sink_that_fails_does_not_end_the_others() {
    for (on_fault, whole) in [("", "on_fault = 'ignore'\n"), ("on_fault = 'ignore'", "")] {
        for (lane, one_lane) in layouts() {
            let fragile = Fragile::on(&[300]);
            let toml = format!("{whole}{}", toml("", &format!("{on_fault}\n{lane}")));
            let ran = run(&toml, "out", &fragile, RunOptions { one_lane, ..RunOptions::default() });
            assert_eq!(ticks(&ran.other), with_holes(&[]));
            let kept: Vec<Option<u64>> =
                with_holes(&[(290, 400)]).into_iter().filter(Option::is_some).collect();
            assert_eq!(ticks(&ran.out), kept);
            // Its file could not be completed either, which is no reason for the run to fail.
            assert_eq!(ran.health("out").faults, 2);
            let stages = plan(&toml).unwrap().stages;
            let said: Vec<OnFault> = stages.iter().map(|stage| stage.on_fault).collect();
            let rest = if whole.is_empty() { OnFault::End } else { OnFault::Ignore };
            assert_eq!(said, [OnFault::End, OnFault::End, OnFault::Ignore, rest]);
        }
    }
}

#[test]
fn a_source_that_fails_goes_on_after_a_gap() {
    for one_lane in [false, true] {
        let (out, clock) = (Capture::new(), ManualClock::new());
        let toml = format!("on_fault = 'restart'\n{}", toml("", ""));
        let script = Script::new().items(&[1.0; 100]).fails("the plug is out").items(&[2.0; 50]);
        let running = plan(&toml)
            .unwrap()
            .start_by(&clock, RunOptions { one_lane, ..RunOptions::default() }, |stage, made| {
                match stage.name.as_str() {
                    "source" => script.clone().source(),
                    "out" => out.sink(),
                    _ => made,
                }
            })
            .unwrap();
        let health = || running.stats().stages[0].health.state;
        until(&running, || health() == StageState::Down);
        // It is tried after 100 ms, and what it missed meanwhile is as long as it was down.
        clock.advance(std::time::Duration::from_millis(99));
        clock.advance(std::time::Duration::from_millis(31));
        let outcome = ended(running);
        assert_eq!(outcome.fault, None);
        let [gap] = &outcome.gaps[..] else { panic!("{:?}", outcome.gaps) };
        assert_eq!((gap.stage.as_str(), gap.at, gap.lost), ("source", 230, 130));
        let before = (10..=100).step_by(10).map(Some);
        let after = (240..=280).step_by(10).map(Some);
        assert_eq!(ticks(&out.take()), before.chain([None]).chain(after).collect::<Vec<_>>());
    }
}

/// A sink that fails while the source is held: the fault is reported before any lane ends.
#[test]
fn a_fault_is_reported_at_once() {
    struct Fails;
    impl Stage for Fails {
        type In = f32;
        type Out = ();
        fn process(&mut self, _: Block<'_, f32>, (): ()) -> Result<Flow, StageFault> {
            Err(StageFault::new("the disk is full"))
        }
    }
    let release = Latch::new();
    let script = Script::new().items(&[1.0; 10]).hangs(&release).items(&[1.0; 100]);
    let mut running = plan(&toml("", ""))
        .unwrap()
        .start_with(RunOptions::default(), |stage, made| match stage.name.as_str() {
            "source" => script.clone().source(),
            "out" => node(Fails),
            _ => made,
        })
        .unwrap();
    let first = running.reports().recv().unwrap();
    assert_eq!(
        first,
        Report::StageFault { stage: "out".to_owned(), fault: StageFault::new("the disk is full") }
    );
    release.open();
    running.note(first);
    let outcome = ended(running);
    let failed =
        |stage: &str| outcome.stats.stages.iter().find(|other| other.stage == stage).unwrap().health.state;
    assert_eq!((failed("out"), failed("other")), (StageState::Failed, StageState::Ended));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let error = |toml: &str| plan(toml).err().unwrap().to_string();
    let text = error(&toml("on_fault = 'ignore'", ""));
    assert!(text.contains("`middle` writes blocks; `ignore` is for sinks"), "{text}");
    assert!(text.contains("on_fault = 'ignore'"), "it points at the line: {text}");
    let text = error(&toml("on_fault = 'retry'", ""));
    assert!(text.contains("retry") && text.contains("restart"), "{text}");
    let text = error(&format!("on_fault = 3\n{}", toml("", "")));
    assert!(text.contains("`on_fault` of the pipeline"), "{text}");
}

/// What a pipeline says of faults survives being written to a file.
#[test]
fn a_recorded_pipeline_says_the_same() {
    let text = format!("on_fault = 'ignore'\n{}", toml("on_fault = 'restart'", ""));
    let mut pipeline = kws_engine::Pipeline::parse(&text, "p.toml", std::path::Path::new("")).unwrap();
    pipeline.set("out.on_fault=end").unwrap();
    let again = kws_engine::Pipeline::parse(&pipeline.to_toml(), "p.toml", std::path::Path::new("")).unwrap();
    let said = |pipeline: &kws_engine::Pipeline| -> Vec<Option<OnFault>> {
        pipeline.stages.iter().map(|stage| stage.on_fault).collect()
    };
    assert_eq!(said(&again), [None, Some(OnFault::Restart), Some(OnFault::End), None]);
    assert_eq!(again.on_fault, OnFault::Ignore);
}

/// A sink that cannot open what it holds outside for a while.
struct Awaited {
    futile: u32,
    out: Capture<f32>,
}

impl Stage for Awaited {
    type In = f32;
    type Out = ();
    fn start(&mut self) -> Result<(), StageFault> {
        if self.futile == 0 {
            return Ok(());
        }
        self.futile -= 1;
        Err(StageFault::new("the name of the broker does not resolve"))
    }
    fn process(&mut self, input: Block<'_, f32>, (): ()) -> Result<Flow, StageFault> {
        self.out.note(Seen::Block(input.at, input.to_vec()));
        Ok(Flow::Skip)
    }
    fn recover(&mut self) -> Result<(), StageFault> {
        self.start()
    }
}

#[test]
fn what_cannot_start_is_tried_again_where_the_file_says_so() {
    let dress = |futile: u32, out: &Capture<f32>, name: &str, made: Box<dyn Node>| match name {
        "out" => node(Awaited { futile, out: out.clone() }),
        _ => made,
    };
    for on_fault in ["ignore", "restart"] {
        let plan = plan(&toml("", &format!("on_fault = '{on_fault}'"))).unwrap();
        let (out, mut reports) = (Capture::new(), Vec::new());
        let running =
            plan.start_with(RunOptions::default(), |stage, made| dress(2, &out, &stage.name, made)).unwrap();
        let outcome = ended_with(running, |report| reports.extend(about(report)));
        assert_eq!(outcome.fault, None);
        // It is tried after 100 and 200 ms, and begins with the block that comes then.
        assert_eq!(out.blocks().first().map(|block| block.0), Some(300));
        assert_eq!(reports, ["down 0", "up 300 300"]);
        let out = Capture::new();
        let mut session = plan.session_with(|stage, made| dress(2, &out, &stage.name, made)).unwrap();
        session.push("source", &[1.0; 400], |_| {}).unwrap();
        assert_eq!(out.blocks().first().map(|block| block.0), Some(300));
    }
    let (plan, out) = (plan(&toml("", "")).unwrap(), Capture::new());
    let refused = "stage `out` failed: the name of the broker does not resolve";
    let started = plan.start_with(RunOptions::default(), |stage, made| dress(1, &out, &stage.name, made));
    assert_eq!(started.err().map(|fault| fault.to_string()).as_deref(), Some(refused));
    let session = plan.session_with(|stage, made| dress(1, &out, &stage.name, made));
    assert_eq!(session.err().map(|fault| fault.to_string()).as_deref(), Some(refused));
}

/// What is made by opening something is made again, or goes on with what it has.
#[test]
fn what_is_opened_is_opened_once_or_anew() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    for anew in [false, true] {
        let opened = Arc::new(AtomicU32::new(0));
        let (count, fragile) = (opened.clone(), Fragile::on(&[300]));
        let open = move || {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(Middle(fragile.clone()))
        };
        let middle =
            if anew { node(kws_engine::Opened::anew(open)) } else { node(kws_engine::Opened::once(open)) };
        let (plan, mut middle) = (plan(&toml("on_fault = 'restart'", "")).unwrap(), Some(middle));
        let running = plan.start_with(RunOptions::default(), |stage, made| match stage.name.as_str() {
            "middle" => middle.take().unwrap(),
            _ => made,
        });
        let outcome = ended(running.unwrap());
        assert_eq!((outcome.fault, opened.load(Ordering::Relaxed)), (None, if anew { 2 } else { 1 }));
    }
}
