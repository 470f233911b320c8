//! The load generator against the service.

use kws_server::load::{self, LoadOptions};
use kws_tests::listening::recording;

use super::yes_no;

#[test]
fn a_load_finds_every_detection_and_hostile_clients_change_nothing() {
    let (_server, service) = yes_no();
    let options = LoadOptions {
        service,
        samples: recording()[..16_000 * 10].to_vec(),
        rate: 16_000,
        satellites: 8,
        seconds: 8.0,
        chunk_ms: 10,
        names: vec!["yes_no".to_owned()],
        hostile: 40,
        pid: None,
    };
    let report = load::run(&options).unwrap();
    let (expected, found, _) = report.detections();
    assert!(report.is_whole() && expected > 8 && found == expected, "{report}");
    assert!(report.latency(0.5) > 0.0, "{report}");
    let json = report.json();
    assert!(json["attacks"].as_u64().unwrap() > 0 && json["lost"] == 0, "{json}");
}

#[test]
fn a_recording_without_a_word_measures_nothing() {
    let (_server, service) = yes_no();
    let options = LoadOptions {
        service,
        samples: vec![0; 16_000],
        rate: 16_000,
        satellites: 1,
        seconds: 1.0,
        chunk_ms: 10,
        names: Vec::new(),
        hostile: 0,
        pid: None,
    };
    let error = load::run(&options).err().unwrap().to_string();
    assert_eq!(error, "the service finds nothing in the recording");
}
