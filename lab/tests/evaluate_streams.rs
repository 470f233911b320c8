//! Streams through the shipped pipeline, on the recording that comes with it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use kws_engine::Pipeline;
use kws_lab::audio::read_16k;
use kws_lab::corpus::{Stream, Word};
use kws_lab::evaluate::{
    Calibration, Chosen, Detection, Figures, Limit, Listener, Outcome, Part, Point, Points, Stated,
    StreamReport, Tally, Worker, calibrate, write_points,
};

fn pipelines() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines")
}

fn recording() -> Vec<i16> {
    read_16k(&pipelines().join("recordings/yes_no.flac")).unwrap()
}

fn listener() -> Listener {
    Listener::open(&pipelines().join("yes_no.toml"), None).unwrap()
}

fn point(label: &str, on: f64) -> Point {
    Point { label: label.into(), on, off: None }
}

#[test]
fn a_sweep_decides_as_the_pipeline_does() {
    let listener = listener();
    assert_eq!(listener.words(), ["yes", "no"]);
    let recorded = listener.record(&recording()).unwrap();
    let own = listener.own_points().unwrap();
    let points: Vec<Point> = own.iter().map(|(_, point)| point.clone()).collect();
    let mut swept: Vec<Detection> = listener.detections_at(&recorded, &points).unwrap().concat();
    let mut found = listener.detections(&recorded).unwrap();
    swept.sort_by_key(|d| (d.at, d.label.clone()));
    found.sort_by_key(|d| (d.at, d.label.clone()));
    let spans = |list: &[Detection]| list.iter().map(|d| (d.at, d.label.clone())).collect::<Vec<_>>();
    assert_eq!(spans(&swept), spans(&found));
    assert!(!found.is_empty(), "the recording holds words");
}

#[test]
fn more_points_than_one_trigger_takes_keep_their_order() {
    let listener = listener();
    let recorded = listener.record(&recording()).unwrap();
    let points: Vec<Point> = (0..150).map(|i| point("yes", 0.2 + f64::from(i) * 0.005)).collect();
    let found = listener.detections_at(&recorded, &points).unwrap();
    let alone = listener.detections_at(&recorded, &points[100..101]).unwrap();
    let at = |list: &[Detection]| list.iter().map(|d| d.at).collect::<Vec<_>>();
    assert_eq!(found.len(), 150);
    assert_eq!(at(&found[100]), at(&alone[0]));
}

#[test]
fn a_report_counts_what_was_said() {
    let samples = recording();
    let truth = vec![Word { label: "yes".into(), start: 0, end: 1 }];
    let parts = [Part { name: "recording".into(), stream: Stream { samples, truth } }];
    let listener = listener();
    let points = Points::of(&listener).unwrap();
    let mut worker = Worker::new(&listener, &points.swept()).unwrap();
    let outcome =
        |part: &Part| Outcome::of(&part.name, &part.name, &part.stream, &mut worker, &points).unwrap();
    let outcomes: Vec<Outcome> = parts.iter().map(outcome).collect();
    let report = StreamReport::new("yes_no", &points, &outcomes, &[]);
    let own = &report.own().unwrap().figures;
    assert_eq!((own.said, own.missed), (1, 1), "nothing is heard in the first 0.75 s");
    assert_eq!(report.material[0].2, 1);
    assert!(report.text().contains("the upper bound is "));
    let lower = &report.sweep[0].figures;
    let upper = &report.sweep.last().unwrap().figures;
    assert!(lower.false_accepts >= upper.false_accepts);
}

#[test]
fn figures_have_their_bounds() {
    let tally = Tally { said: 141, heard: 134, false_accepts: 0, latencies: vec![1600, 3200, 4800] };
    let figures = Figures::new(&[("speech", 0.17, tally)]);
    assert_eq!(figures.missed, 7);
    // scipy.stats.binomtest(7, 141).proportion_ci(method="exact")
    assert!((figures.frr_interval.low - 0.020_190).abs() < 1e-5, "{:?}", figures.frr_interval);
    assert!((figures.frr_interval.high - 0.099_613).abs() < 1e-5, "{:?}", figures.frr_interval);
    assert!(figures.claim().contains("0 in 0.17 h: the upper bound is 17.6/h"), "{}", figures.claim());
    assert!((figures.latency.unwrap().median_ms - 200.0).abs() < 1e-9);
}

#[test]
fn a_limit_that_the_streams_cannot_support_is_refused() {
    let parts = [Part { name: "speech".into(), stream: Stream { samples: recording(), truth: Vec::new() } }];
    let error =
        calibrate(&listener(), &parts, &Limit::FalseAcceptsPerHour(0.5), &[]).unwrap_err().to_string();
    assert!(error.contains("cannot support 0.5 false accepts per hour"), "{error}");
    assert!(error.contains("at least 6.0 h"), "{error}");
}

#[test]
fn false_accepts_are_counted_in_the_streams_that_are_named() {
    let part = |name: &str, truth| Part { name: name.into(), stream: Stream { samples: recording(), truth } };
    let said = |label: &str, start| Word { label: label.into(), start, end: start + 8000 };
    // The truth of `words` names the first yes and the first no alone: all the others in it are false accepts there.
    let truth = vec![said("yes", 40_000), said("no", 64_500)];
    let parts = [part("words", truth), part("noise", Vec::new())];
    let silence =
        Part { name: "silence".into(), stream: Stream { samples: vec![0; 160_000], truth: Vec::new() } };
    let parts: Vec<Part> = parts.into_iter().chain([silence]).collect();
    let count = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|&n| n.into()).collect();
        calibrate(&listener(), &parts, &Limit::FalseAcceptsPerHour(1500.0), &names)
    };
    let lowest = |c: &Calibration| c.points.iter().map(|p| p.on).fold(1.0, f64::min);
    let quiet = count(&["silence"]).unwrap();
    assert!(lowest(&quiet) < lowest(&count(&["silence", "words"]).unwrap()), "{quiet:?}");
    let error = count(&["rain"]).unwrap_err().to_string();
    assert!(error.contains("found no stream `rain`"), "{error}");
    assert!(error.contains("`words`, `noise`, `silence`"), "{error}");
}

/// A copy of the shipped model's folder.
fn model(folder: &Path) {
    for file in ["model.tflite", "model.toml"] {
        fs::copy(pipelines().join("models/yes_no").join(file), folder.join(file)).unwrap();
    }
}

#[test]
fn a_trigger_without_points_goes_by_what_was_calibrated() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("evaluate_streams");
    fs::create_dir_all(&folder).unwrap();
    model(&folder);
    let card = folder.join("model.toml");
    fs::write(&card, format!("# a person's remark\n{}", fs::read_to_string(&card).unwrap())).unwrap();
    let chosen = |label: &str, on: f64| Chosen { label: label.into(), on, off: 0.75 * on, curve: vec![] };
    let calibration = Calibration {
        points: vec![chosen("yes", 0.9), chosen("no", 0.6)],
        figures: Figures::new(&[("speech", 10.0, Tally { said: 10, heard: 9, ..Tally::default() })]),
    };
    for _ in 0..2 {
        let limit = Limit::FalseAcceptsPerHour(0.5);
        let how = calibration.how(&limit, &["speech".into()], "yes_no");
        write_points(&folder, "default", &calibration.points, how).unwrap();
    }
    let text = fs::read_to_string(&card).unwrap();
    assert!(text.starts_with("# a person's remark"), "{text}");
    assert_eq!(text.matches("[[point]]").count(), 2, "{text}");
    assert!(text.contains("[calibration.default]"), "{text}");

    let file = fs::read_to_string(pipelines().join("yes_no.toml")).unwrap();
    let (before, _) = file.split_once("points = ").unwrap_or((&file, ""));
    let pipeline = Pipeline::parse(before, "bare.toml", &pipelines()).unwrap();
    let listener = Listener::new(pipeline, Some(&folder)).unwrap();
    let own = listener.own_points().unwrap();
    let found: Vec<(&str, f64)> = own.iter().map(|(_, p)| (p.label.as_str(), p.on)).collect();
    assert_eq!(found, [("yes", 0.9), ("no", 0.6)]);
    let recorded = listener.record(&recording()).unwrap();
    let points: Vec<Point> = own.into_iter().map(|(_, point)| point).collect();
    let swept: usize = listener.detections_at(&recorded, &points).unwrap().iter().map(Vec::len).sum();
    assert_eq!(listener.detections(&recorded).unwrap().len(), swept);
}

#[test]
fn thresholds_that_the_model_states_are_kept_and_measured() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("evaluate_streams_kept");
    fs::create_dir_all(&folder).unwrap();
    model(&folder);
    let before = Stated::of(&folder, "default").unwrap();
    let truth = vec![Word { label: "yes".into(), start: 40_000, end: 48_000 }];
    let no = Word { label: "no".into(), start: 64_500, end: 72_500 };
    let stream = Stream { samples: recording(), truth: truth.into_iter().chain([no]).collect() };
    let parts = [Part { name: "words".into(), stream }];
    let limit = Limit::Stated(before.clone());
    let found = calibrate(&listener(), &parts, &limit, &[]).unwrap();
    assert!(found.points.iter().all(|p| p.curve.len() > 1), "{found:?}");
    write_points(&folder, "default", &found.points, found.how(&limit, &[], "yes_no")).unwrap();
    assert_eq!(Stated::of(&folder, "default").unwrap(), before);
    let error = Stated::of(&folder, "strict").unwrap_err().to_string();
    assert!(error.contains("has no point `strict` to keep"), "{error}");
}

#[test]
fn pipelines_that_cannot_be_measured_say_why() {
    let file = "[[stage]]\nkind = 'mic'\n[[stage]]\nkind = 'print'\n";
    let pipeline = Pipeline::parse(file, "p.toml", Path::new(".")).unwrap();
    let error = Listener::new(pipeline, None).err().unwrap().to_string();
    assert!(error.contains("found 0 stages of kind `classifier`, expected one"), "{error}");
}
