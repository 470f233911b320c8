//! `pipelines/home.toml` with a real broker.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::{Arc, Mutex};

use crate::bench::Bench;
use crate::broker::{Broker, Subscriber, wait};

const HOME: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines/home.toml");
const RECORDING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines/recordings/yes_no.flac");

/// The pipeline while it listens to a pipe.
struct Home {
    child: Child,
    pipe: Option<ChildStdin>,
    events: Arc<Mutex<Vec<String>>>,
    /// A recording, as samples.
    recording: Vec<u8>,
    /// How many events it has.
    count: usize,
}

impl Home {
    fn start(bench: &Bench, more: &[&str]) -> Self {
        let source = format!("file:{RECORDING}");
        let alone = [
            HOME,
            "--source",
            &source,
            "--set",
            "mqtt.port=1",
            "--json",
            "--record",
            "take",
            "--edges",
            "mic",
        ];
        let count = bench.run(&alone).well().out.lines().count();
        let recording = std::fs::read(bench.path("take/mic.wav")).unwrap()[44..].to_vec();
        let arguments = [&[HOME, "--source", "raw:-", "--json", "--set", "mqtt.device=Test"], more].concat();
        let mut command = bench.command(&arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let events: Arc<Mutex<Vec<String>>> = Arc::default();
        let (lines, to) = (BufReader::new(child.stdout.take().unwrap()).lines(), events.clone());
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| to.lock().unwrap().push(line));
        });
        let pipe = child.stdin.take().unwrap();
        Home { child, pipe: Some(pipe), events, recording, count }
    }

    /// Plays the recording to it.
    fn play(&mut self) {
        if let Some(pipe) = &mut self.pipe {
            pipe.write_all(&self.recording).unwrap();
        }
    }

    /// Plays the recording, and waits for its events.
    fn hear(&mut self) {
        let all = self.events().len() + self.count;
        self.play();
        wait("events", || self.events().len() >= all);
    }

    /// Ends the stream, and waits for what comes of it.
    fn end(&mut self) {
        self.pipe = None;
        assert!(self.child.wait().unwrap().success());
    }

    fn events(&self) -> Vec<String> {
        self.events.lock().unwrap().clone()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The `tick`s of lines of JSON.
fn ticks(lines: &[String]) -> Vec<u64> {
    let tick =
        |line: &String| serde_json::from_str::<serde_json::Value>(line).unwrap()["tick"].as_u64().unwrap();
    let mut ticks: Vec<u64> = lines.iter().map(tick).collect();
    // Events may arrive twice after an interruption, all that were under way once more after the last of them.
    let mut seen = HashSet::new();
    ticks.retain(|tick| seen.insert(*tick));
    ticks
}

fn port(broker: &Broker) -> String {
    format!("mqtt.port={}", broker.port)
}

#[test]
fn events_reach_the_broker_however_often_it_is_away() {
    let Some(mut broker) = Broker::start("") else { return };
    let bench = Bench::new();
    let subscriber = Subscriber::to(&broker);
    let mut home = Home::start(&bench, &["--set", &port(&broker)]);
    wait("the announcement", || !subscriber.on("homeassistant/device/kws_test/config").is_empty());
    home.hear();
    let all = || ticks(&subscriber.on("kws/test/event"));
    wait("events", || all() == ticks(&home.events()));
    broker.stop();
    home.hear();
    broker.restart();
    wait("what happened while the broker was away", || all() == ticks(&home.events()));
    assert!(all().len() >= 2 * home.count);
    let event: serde_json::Value = serde_json::from_str(&subscriber.on("kws/test/event")[0]).unwrap();
    assert!(["yes", "no"].contains(&event["event_type"].as_str().unwrap()), "{event}");
    assert_eq!(event["event_type"], subscriber.on("kws/test/trigger")[0].as_str());
}

#[test]
fn the_broker_keeps_the_announcement_and_tells_of_the_end() {
    let Some(broker) = Broker::start("") else { return };
    let bench = Bench::new();
    let mut home = Home::start(&bench, &["--set", &port(&broker)]);
    let kept = |topic: &str| broker.retained(topic).map(|text| text.trim().to_owned());
    wait("online", || kept("kws/test/status").as_deref() == Some("online"));
    let announced = kept("homeassistant/device/kws_test/config").unwrap();
    let config: serde_json::Value = serde_json::from_str(&announced).unwrap();
    assert_eq!(config["components"]["heard"]["event_types"], serde_json::json!(["no", "yes"]));
    assert_eq!(config["availability_topic"], "kws/test/status");
    assert_eq!(kept("kws/test/event"), None, "an event is nothing to keep");
    home.child.kill().unwrap();
    wait("offline after a kill", || kept("kws/test/status").as_deref() == Some("offline"));
}

#[test]
fn home_assistant_turns_the_sensitivity_of_a_running_pipeline() {
    let Some(broker) = Broker::start("") else { return };
    let bench = Bench::new();
    let subscriber = Subscriber::to(&broker);
    let mut home = Home::start(&bench, &["--set", &port(&broker)]);
    wait("the knobs", || !subscriber.on("kws/test/sensitivity/no").is_empty());
    home.hear();
    for label in ["yes", "no"] {
        broker.publish(&format!("kws/test/sensitivity/{label}/set"), "0");
        let state = format!("kws/test/sensitivity/{label}");
        wait("the knob", || subscriber.on(&state).last().is_some_and(|state| state == "0"));
    }
    let before = home.events().len();
    home.play();
    home.end();
    let score =
        |line: &String| serde_json::from_str::<serde_json::Value>(line).unwrap()["score"].as_f64().unwrap();
    let scores: Vec<f64> = home.events().iter().map(score).collect();
    let lowest = |scores: &[f64]| scores.iter().copied().fold(1.0, f64::min);
    assert!(scores.len() > before, "{scores:?}");
    assert!(lowest(&scores[before..]) > lowest(&scores[..before]), "{scores:?}");
}

#[test]
fn a_broker_that_refuses_the_password_is_reported_and_no_secret_is() {
    let Some(broker) = Broker::start(
        "allow_anonymous false
password_file /dev/null",
    ) else {
        return;
    };
    let bench = Bench::new();
    let source = format!("file:{RECORDING}");
    let password = "mqtt.password={ env = \"KWS_TEST_PASSWORD\" }";
    let arguments =
        [HOME, "--source", &source, "--set", &port(&broker), "--set", "mqtt.username=a", "--set", password];
    let run = |more: &[&str]| {
        let mut command = bench.command(&[&arguments, more].concat());
        crate::bench::Ended::from(command.env("KWS_TEST_PASSWORD", "hunter2").output().unwrap())
    };
    let ended = run(&["--record", "take"]).well();
    assert!(ended.err.contains("`mqtt` is not connected to the broker"), "{ended:#?}");
    assert!(ended.err.contains("may not have been delivered"), "{ended:#?}");
    let checked = run(&["--check", "--json"]).well();
    assert!(checked.out.contains("KWS_TEST_PASSWORD"), "{checked:#?}");
    let recorded = bench.read("take/pipeline.toml");
    for text in [ended.out, ended.err, checked.out, checked.err, recorded] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

/// A broker that a certificate of one's own vouches for; one that another vouches for is not talked to.
#[cfg(feature = "tls")]
#[test]
fn events_go_encrypted() {
    let bench = Bench::new();
    let openssl = |arguments: &str| {
        let mut command = std::process::Command::new("openssl");
        command.args(arguments.split_whitespace()).current_dir(bench.path("")).stderr(Stdio::null()).status()
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    if openssl(&format!("req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=ca -days 2")).is_err() {
        println!("SKIPPED: openssl is not installed (Debian: `apt install openssl`)");
        return;
    }
    bench.write("names", "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    for arguments in [
        &format!("req -x509 {key} -keyout other.key -out other.pem -subj /CN=other -days 2"),
        &format!("req {key} -keyout key.pem -out request.pem -subj /CN=localhost"),
        "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem -days 2 -extfile names",
    ] {
        assert!(openssl(arguments).unwrap().success(), "openssl {arguments}");
    }
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = bench.path("").display().to_string();
    let listener = format!(
        "listener {free} 127.0.0.1\ncafile {folder}/ca.pem\ncertfile {folder}/cert.pem\nkeyfile {folder}/key.pem"
    );
    let Some(broker) = Broker::start(&listener) else { return };
    let subscriber = Subscriber::to(&broker);
    let port = format!("mqtt.port={free}");
    let with = |ca: &str| {
        let ca = format!("mqtt.ca={}", bench.path(ca).display());
        let settings = ["mqtt.host=localhost", "mqtt.tls=true", &port, &ca];
        let more: Vec<String> =
            settings.iter().flat_map(|set| ["--set".to_owned(), (*set).to_owned()]).collect();
        more
    };
    let trusted = with("ca.pem");
    let mut home = Home::start(&bench, &trusted.iter().map(String::as_str).collect::<Vec<_>>());
    home.hear();
    wait("events", || ticks(&subscriber.on("kws/test/event")) == ticks(&home.events()));
    drop(home);
    std::fs::remove_dir_all(bench.path("take")).unwrap();
    let heard = subscriber.on("kws/test/event").len();
    let other = with("other.pem");
    let source = format!("file:{RECORDING}");
    let arguments = [&[HOME, "--source", &source][..], &other.iter().map(String::as_str).collect::<Vec<_>>()];
    let ended = bench.run(&arguments.concat()).well();
    assert!(ended.err.contains("`mqtt` is not connected to the broker"), "{ended:#?}");
    assert_eq!(subscriber.on("kws/test/event").len(), heard);
}
