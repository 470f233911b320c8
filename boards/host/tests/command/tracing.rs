//! `--trace`: the file that Perfetto reads.

use std::collections::HashMap;

use serde_json::Value;

use crate::bench::spotting;

#[test]
fn a_trace_holds_lanes_firings_rings_and_detections() {
    let bench = spotting();
    let run = bench.run(&["spotting.toml", "--realtime", "--trace", "trace.json"]).well();
    assert_eq!(run.out.lines().count(), 3, "{run:#?}");
    let trace: Vec<Value> = serde_json::from_str(&bench.read("trace.json")).unwrap();
    let of = |ph: &'static str| trace.iter().filter(move |event| event["ph"] == ph);
    let plan: Value =
        serde_json::from_str(&bench.run(&["spotting.toml", "--check", "--json"]).well().out).unwrap();
    let threads = of("M").filter(|event| event["name"] == "thread_name");
    let lanes: Vec<&str> = threads.map(|event| event["args"]["name"].as_str().unwrap()).collect();
    let planned =
        plan["lanes"].as_array().unwrap().iter().map(|lane| format!("lane {}", lane.as_str().unwrap()));
    assert_eq!(lanes, planned.collect::<Vec<_>>());
    for stage in plan["stages"].as_array().unwrap() {
        assert!(of("X").any(|event| event["name"] == stage["name"]), "`{}` never fired", stage["name"]);
    }
    let labels: Vec<&Value> = of("i").map(|event| &event["name"]).collect();
    assert_eq!(labels, ["yes", "no", "yes"]);
    // On one track nothing overlaps, as Perfetto asks for.
    let mut ends = HashMap::new();
    for event in of("X") {
        let (begin, length) = (event["ts"].as_f64().unwrap(), event["dur"].as_f64().unwrap());
        let end = ends.entry(event["tid"].as_u64().unwrap()).or_insert(0.0);
        assert!(begin >= *end - 0.001, "{event} begins before {end}");
        *end = begin + length;
    }
    let most =
        plan["edges"].as_array().unwrap().iter().filter_map(|edge| edge["ring"]["depth"].as_u64()).max();
    let waiting: Vec<u64> = of("C").map(|event| event["args"]["blocks"].as_u64().unwrap()).collect();
    assert!(waiting.contains(&1) && waiting.iter().max() <= most.as_ref(), "{waiting:?}");
}

#[test]
fn a_trace_that_cannot_be_written_is_an_error() {
    let bench = spotting();
    bench.run(&["spotting.toml", "--trace", "away/trace.json"]).badly(1, &["the trace `away/trace.json`"]);
}
