//! Smoothing and triggers, over posteriors that are written down.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use kws_engine::testing::Rig;
use kws_engine::{Element, Event, OperatingPoint, Port, Quant, Role};

const LABELS: [&str; 4] = ["yes", "no", "_silence_", "unknown"];

/// Posteriors every 20 ms, a tick a millisecond.
fn posteriors(labels: &[&str]) -> Port {
    let port = Port::source(Element::F32, vec![labels.len()], Role::POSTERIOR, 1000, 20);
    Port { labels: labels.iter().map(|label| (*label).to_owned()).collect(), ..port }
}

fn bytes(labels: &[&str]) -> Port {
    let quant = Some(Quant { scale: 1.0 / 256.0, zero_point: -128 });
    Port { element: Element::I8, quant, ..posteriors(labels) }
}

fn smooth(window_ms: u32) -> String {
    format!("[[stage]]\nkind = 'smooth'\nwindow_ms = {window_ms}\n")
}

fn trigger(params: &str) -> String {
    format!("[[stage]]\nname = 'trigger'\nkind = 'trigger'\n{params}\n")
}

/// Events that one label's scores make.
fn events(params: &str, scores: &[f32]) -> Vec<Event> {
    let rig = Rig::new(kws_stages::register, &posteriors(&["yes"]), &trigger(params))
        .unwrap_or_else(|error| panic!("{error}"));
    let blocks = rig.run::<f32, Event>(scores);
    blocks.into_iter().flat_map(|(_, places)| places).filter(Event::is_some).collect()
}

fn spans(params: &str, scores: &[f32]) -> Vec<(u64, u64)> {
    events(params, scores).iter().map(|event| (event.start, event.end)).collect()
}

#[test]
fn smooth_averages_what_has_come_and_then_the_window() {
    let rig = Rig::new(kws_stages::register, &posteriors(&["yes", "no"]), &smooth(60)).unwrap();
    let means = rig.run::<f32, f32>(&[0.0, 1.0, 0.5, 1.0, 1.0, 1.0, 0.0, 0.0]);
    let expected = [[0.0, 1.0], [0.25, 1.0], [0.5, 1.0], [0.5, 2.0 / 3.0]];
    assert_eq!(means.iter().map(|(_, block)| block.clone()).collect::<Vec<_>>(), expected);
}

#[test]
fn smooth_of_bytes_equals_smooth_of_reals() {
    let stored: Vec<i8> = (0..90).map(|n| (n * 37 % 256 - 128) as i8).collect();
    let real: Vec<f32> = stored.iter().map(|value| (f32::from(*value) + 128.0) / 256.0).collect();
    let from_bytes = Rig::new(kws_stages::register, &bytes(&["a", "b", "c"]), &smooth(140)).unwrap();
    assert_eq!(from_bytes.output().quant, None);
    let from_reals = Rig::new(kws_stages::register, &posteriors(&["a", "b", "c"]), &smooth(140)).unwrap();
    assert_eq!(from_bytes.run::<i8, f32>(&stored), from_reals.run::<f32, f32>(&real));
}

#[test]
fn smooth_forgets_at_a_gap() {
    let rig = Rig::new(kws_stages::register, &posteriors(&["yes"]), &smooth(1000)).unwrap().gap(2, 500);
    let means = rig.run::<f32, f32>(&[1.0, 1.0, 0.0, 0.5]);
    assert_eq!(means, [(20, vec![1.0]), (40, vec![1.0]), (560, vec![0.0]), (580, vec![0.25])]);
}

#[test]
fn smooth_depends_on_its_window_alone() {
    // Sums that run would keep the rounding of the large value for ever.
    let rig = Rig::new(kws_stages::register, &posteriors(&["yes"]), &smooth(40)).unwrap();
    let means = rig.run::<f32, f32>(&[1e9, 0.1, 0.1, 0.1]);
    assert_eq!(means[3].1, [0.1]);
}

#[test]
fn an_event_bears_peak_start_and_end() {
    let params = "points = [{ on = 0.8, min_count = 3 }]";
    let found = events(params, &[0.1, 0.85, 0.95, 0.9, 0.99, 0.1]);
    assert_eq!(found, [Event { label: 0, point: 0, score: 0.95, start: 40, end: 80 }]);
}

#[test]
fn a_score_below_on_breaks_the_count() {
    let params = "points = [{ on = 0.8, min_count = 2, refractory_ms = 0 }]";
    assert_eq!(spans(params, &[0.9, 0.79, 0.9, 0.79, 0.9, 0.9]), [(100, 120)]);
}

#[test]
fn an_active_detection_fires_once_until_below_off() {
    let params = "points = [{ on = 0.8, off = 0.5, refractory_ms = 0 }]";
    let scores = [0.9, 0.6, 0.9, 0.49, 0.9];
    assert_eq!(spans(params, &scores), [(20, 20), (100, 100)]);
}

#[test]
fn hold_bridges_a_dip() {
    let scores = [0.9, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.9];
    let params = |hold| format!("points = [{{ on = 0.8, refractory_ms = 0, hold_ms = {hold} }}]");
    assert_eq!(spans(&params(0), &scores), [(20, 20), (80, 80), (160, 160)]);
    assert_eq!(spans(&params(40), &scores), [(20, 20), (160, 160)]);
}

#[test]
fn nothing_counts_in_refractory_time() {
    let params = "points = [{ on = 0.8, min_count = 2, refractory_ms = 100 }]";
    // The event at tick 40 silences all up to 140; the run that follows begins there, though scores were high before.
    let scores = [0.9, 0.9, 0.1, 0.9, 0.9, 0.9, 0.9, 0.9];
    assert_eq!(spans(params, &scores), [(20, 40), (140, 160)]);
}

#[test]
fn release_tells_the_whole_extent() {
    let params = "emit = 'release'\npoints = [{ on = 0.8, off = 0.5, hold_ms = 20 }]";
    let found = events(params, &[0.1, 0.8, 0.97, 0.6, 0.1, 0.1, 0.1]);
    assert_eq!(found, [Event { label: 0, point: 0, score: 0.97, start: 40, end: 80 }]);
}

#[test]
fn a_gap_ends_a_run_and_keeps_refractory_time() {
    let params = "points = [{ on = 0.8, min_count = 2, refractory_ms = 200 }]";
    let run = |scores: &[f32]| {
        let rig = Rig::new(kws_stages::register, &posteriors(&["yes"]), &trigger(params)).unwrap().gap(3, 20);
        let blocks = rig.run::<f32, Event>(scores);
        blocks.iter().map(|(at, _)| *at).collect::<Vec<u64>>()
    };
    // Third and fourth score are parted by the gap.
    assert_eq!(run(&[0.1, 0.1, 0.9, 0.9, 0.1]), [0; 0]);
    // The event at tick 40 silences scores up to 240, gap or not.
    assert_eq!(run(&[0.9, 0.9, 0.1, 0.9, 0.9, 0.9]), [40]);
}

#[test]
fn a_change_is_reported_once_whatever_gaps_come_between() {
    let points = "points = [{ label = 'yes', on = 0.6, refractory_ms = 0 }, { label = 'no', on = 0.6, refractory_ms = 0 }]";
    let run = |emit: &str| {
        let toml = trigger(&format!("emit = '{emit}'\n{points}"));
        let rig = Rig::new(kws_stages::register, &posteriors(&["yes", "no"]), &toml).unwrap().gap(3, 20);
        let blocks = rig.run::<f32, Event>(&[0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.2, 0.8, 0.9, 0.1]);
        let label =
            |(_, places): (u64, Vec<Event>)| places.iter().find(|event| event.is_some()).unwrap().label;
        blocks.into_iter().map(label).collect::<Vec<u16>>()
    };
    assert_eq!(run("onset"), [0, 0, 1, 0], "a gap rearms");
    assert_eq!(run("change"), [0, 1, 0]);
}

#[test]
fn points_fire_on_their_own_in_places_of_their_own() {
    let points = "points = [{ name = 'any', on = 0.5 }, { name = 'sure', label = 'no', on = 0.9 }]";
    let rig = Rig::new(kws_stages::register, &posteriors(&LABELS), &trigger(points)).unwrap();
    let port = rig.output();
    assert_eq!(
        (port.shape.clone(), port.points.clone()),
        (vec![3], vec!["any".to_owned(), "sure".to_owned()])
    );
    assert_eq!(port.labels, LABELS);
    let blocks = rig.run::<f32, Event>(&[0.1, 0.95, 0.99, 0.99, 0.6, 0.1, 0.0, 0.0]);
    let reported = |places: &[Event]| -> Vec<Option<(u16, u16)>> {
        places.iter().map(|event| event.is_some().then_some((event.label, event.point))).collect()
    };
    assert_eq!(reported(&blocks[0].1), [None, Some((1, 0)), Some((1, 1))]);
    assert_eq!(reported(&blocks[1].1), [Some((0, 0)), None, None]);
    assert_eq!(blocks.len(), 2);
}

#[test]
fn bytes_trigger_at_the_same_score() {
    let rig = Rig::new(kws_stages::register, &bytes(&["yes"]), &trigger("points = [{ on = 0.5 }]")).unwrap();
    let blocks = rig.run::<i8, Event>(&[-1, 0]);
    assert_eq!(blocks.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [40]);
    assert_eq!(blocks[0].1[0].score, 0.5);
}

#[test]
fn what_is_no_number_does_not_fire() {
    assert_eq!(spans("points = [{ on = 0.5 }]", &[f32::NAN, f32::NAN]), [(0, 0); 0]);
}

#[test]
fn a_model_s_points_count_where_the_pipeline_has_none() {
    let point = |label: &str, on| OperatingPoint {
        name: "default".into(),
        label: label.into(),
        on,
        off: None,
        curve: vec![],
    };
    let calibrated = vec![point("yes", 0.9), point("no", 0.6)];
    let port = Port { calibrated, ..posteriors(&LABELS) };
    let labels = |params: &str| -> Vec<(u16, u16)> {
        let blocks = Rig::new(kws_stages::register, &port, &trigger(params))
            .unwrap()
            .run::<f32, Event>(&[0.7, 0.7, 0.0, 0.0]);
        let events = blocks.into_iter().flat_map(|(_, places)| places).filter(Event::is_some);
        events.map(|event| (event.point, event.label)).collect()
    };
    assert_eq!(labels(""), [(0, 1)]);
    assert_eq!(labels("points = [{ on = 0.7 }]"), [(0, 0), (0, 1)]);
    assert_eq!(labels("points = [{ label = 'yes', on = 0.7 }, { label = 'no', on = 0.8 }]"), [(0, 0)]);
}

fn refused(labels: &[&str], params: &str) -> String {
    Rig::new(kws_stages::register, &posteriors(labels), &trigger(params))
        .err()
        .expect("a refusal")
        .to_string()
}

#[test]
fn refusals_say_what_to_do() {
    let cases = [
        (refused(&LABELS, "points = [{ label = 'yess' }]"), "did you mean `yes`?"),
        (refused(&LABELS, "points = [{ label = 'marvin' }]"), "available: `yes`, `no`"),
        (refused(&LABELS, "points = [{ on = 0.5, off = 0.6 }]"), "expected at most `on`"),
        (
            refused(&LABELS, "points = [{ on = 0.5 }, { on = 0.6 }]"),
            "two points for `yes` are named `default`",
        ),
        (refused(&LABELS, "points = [{ onn = 0.5 }]"), "did you mean `on`?"),
        (refused(&LABELS, "points = []"), "at least 1"),
        (refused(&["_silence_", "Unknown"], ""), "no label is a word"),
    ];
    for (error, expected) in cases {
        assert!(error.contains(expected), "{expected}:\n{error}");
    }
    let unscaled = Port { quant: None, ..bytes(&LABELS) };
    let error = Rig::new(kws_stages::register, &unscaled, &smooth(100)).err().expect("a refusal").to_string();
    assert!(error.contains("without a scale"), "{error}");
}
