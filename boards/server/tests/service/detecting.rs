//! What is detected, and how it is reported.

use kws_server::Options;
use kws_tests::listening::recording;
use kws_tests::root;
use serde_json::{Value, json};

use super::client::{Client, Sent, detections};
use super::{serve, yes_no};

const SECONDS: usize = 30;

fn samples() -> Vec<i16> {
    recording()[..16_000 * SECONDS].to_vec()
}

/// Label and millisecond of what a session of `yes_no` hears.
fn expected(samples: &[i16]) -> Vec<(String, i64)> {
    let plan = kws::read(root().join("pipelines/yes_no.toml")).unwrap();
    let found = kws_tests::listening::detections(&plan, samples);
    assert!(found.len() >= 5 && found.iter().any(|(label, _)| label == "yes"), "{found:?}");
    found.into_iter().map(|(label, at)| (label, (at * 1000.0).round() as i64)).collect()
}

fn heard(client: &mut Client, samples: &[i16], sent: Sent) -> Vec<(String, i64)> {
    client.play(samples, sent);
    detections(&client.rest())
}

#[test]
fn a_client_hears_what_a_session_hears_in_any_chunks_and_formats() {
    let ((_server, address), samples) = (yes_no(), samples());
    let expected = expected(&samples);
    let mut client = Client::connect(address);
    let sent = |width, channels, chunk| Sent { width, channels, chunk, ..Sent::USUAL };
    for sent in [sent(2, 1, 1024), sent(2, 1, 160), sent(2, 1, 8000), sent(4, 1, 160), sent(3, 2, 512)] {
        // The same connection, one stream after the other.
        assert_eq!(heard(&mut client, &samples, sent), expected);
    }
}

#[test]
fn timestamps_are_of_the_clients_clock() {
    let ((_server, address), samples) = (yes_no(), samples());
    let mut client = Client::connect(address);
    let found = heard(&mut client, &samples, Sent { clock: Some(5_000_000), chunk: 160, ..Sent::USUAL });
    let shifted = |(label, at): (String, i64)| (label, at + 5_000_000);
    assert_eq!(found, expected(&samples).into_iter().map(shifted).collect::<Vec<_>>());
    // Without a clock the stream's own time counts.
    let found = heard(&mut client, &samples, Sent { clock: None, ..Sent::USUAL });
    assert_eq!(found, expected(&samples));
}

#[test]
fn other_rates_are_converted() {
    let ((_server, address), samples) = (yes_no(), samples());
    let expected = expected(&samples);
    let mut client = Client::connect(address);
    let found = heard(&mut client, &tripled(&samples), Sent { rate: 48_000, chunk: 480, ..Sent::USUAL });
    let is_found = |(name, at): &(String, i64)| found.iter().any(|(n, t)| n == name && (t - at).abs() <= 80);
    assert!(expected.iter().all(is_found), "{found:?} {expected:?}");
    // What is on the edge of a threshold may fall on its other side.
    assert!(found.len() <= expected.len() + 1, "{found:?} {expected:?}");
}

/// The same at three times the rate, by a sine cardinal of 16 zero crossings under Hann's window.
fn tripled(samples: &[i16]) -> Vec<i16> {
    use std::f64::consts::PI;
    let weight =
        |x: f64| if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) * (PI * x / 32.0).cos().powi(2) };
    let at = |index: i64| samples.get(usize::try_from(index).ok()?).copied();
    let value = |n: i64| {
        let around = (n / 3 - 15)..=(n / 3 + 16);
        let sum: f64 = around
            .map(|index| f64::from(at(index).unwrap_or(0)) * weight(n as f64 / 3.0 - index as f64))
            .sum();
        sum.round().clamp(-32_768.0, 32_767.0) as i16
    };
    (0..3 * samples.len() as i64).map(value).collect()
}

#[test]
fn what_is_not_asked_for_is_not_reported() {
    let ((_server, address), samples) = (serve(&["yes_no", "computer"], Options::default()), samples());
    let mut client = Client::connect(address);
    client.send("detect", &json!({"names": ["no"], "context": {"room": 7}}), &[]);
    client.play(&samples, Sent::USUAL);
    let messages = client.rest();
    let only_no: Vec<_> = expected(&samples).into_iter().filter(|(label, _)| label == "no").collect();
    assert_eq!(detections(&messages), only_no);
    assert!(messages.iter().all(|(_, data)| data["context"]["room"] == 7), "{messages:?}");
    // By the pipeline's name all of its words are reported by that name.
    client.send("detect", &json!({"names": ["yes_no"]}), &[]);
    client.play(&samples, Sent::USUAL);
    let found = detections(&client.rest());
    assert_eq!(found.len(), expected(&samples).len());
    assert!(found.iter().all(|(name, _)| name == "yes_no"));
}

#[test]
fn an_unknown_name_is_reported_and_nothing_is_detected() {
    let ((_server, address), samples) = (yes_no(), samples());
    let mut client = Client::connect(address);
    client.send("detect", &json!({"names": ["okay_nabu"]}), &[]);
    client.play(&samples, Sent::USUAL);
    let messages = client.rest();
    let kinds: Vec<&str> = messages.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["error", "not-detected"]);
    let text = messages[0].1["text"].as_str().unwrap();
    assert!(text.contains("`okay_nabu`") && text.contains("available: `yes_no`, `yes`, `no`"), "{text}");
}

#[test]
fn not_detected_ends_a_stream_without_a_word() {
    let (_server, address) = yes_no();
    let mut client = Client::connect(address);
    client.play(&[0; 16_000], Sent::USUAL);
    assert_eq!(client.rest(), [("not-detected".to_owned(), json!({}))]);
    // A stream that has not begun has no end.
    client.send("audio-stop", &json!({}), &[]);
    assert_eq!(client.rest(), []);
}

#[test]
fn chunks_without_a_start_are_a_stream() {
    let ((_server, address), samples) = (yes_no(), samples());
    let mut client = Client::connect(address);
    for chunk in samples.chunks(1600) {
        let payload: Vec<u8> = chunk.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        client.send("audio-chunk", &json!({"rate": 16_000, "width": 2, "channels": 1}), &payload);
    }
    assert_eq!(detections(&client.rest()), expected(&samples));
}

#[test]
fn the_refractory_time_is_of_the_stream() {
    let samples = samples();
    let (_server, address) =
        serve(&["yes_no"], Options { refractory: std::time::Duration::from_secs(10), ..Options::default() });
    let mut client = Client::connect(address);
    client.send("detect", &json!({"names": ["yes_no"]}), &[]);
    // Sent within a moment, and yet some half a minute of audio.
    client.play(&samples, Sent::USUAL);
    let found = detections(&client.rest());
    assert!(found.len() >= 2 && found.windows(2).all(|pair| pair[1].1 - pair[0].1 >= 10_000), "{found:?}");
}

#[test]
fn score_and_loudness_follow_a_detection() {
    let ((_server, address), samples) = (yes_no(), samples());
    let mut client = Client::connect(address);
    client.play(&samples, Sent::USUAL);
    let messages = client.rest();
    for pair in messages.chunks(2) {
        let [(first, detection), (second, about)] = pair else { panic!("{pair:?}") };
        assert_eq!((first.as_str(), second.as_str()), ("detection", "user-event"));
        let data = &about["data"];
        assert_eq!(about["name"], "kws-detection");
        assert_eq!((&data["name"], &data["timestamp"]), (&detection["name"], &detection["timestamp"]));
        let number = |key: &str| data[key].as_f64().unwrap();
        assert!((0.5..=1.0).contains(&number("score")), "{data}");
        assert!((-60.0..0.0).contains(&number("level_dbfs")) && number("snr_db") > 3.0, "{data}");
        assert!(number("start") <= number("time"));
    }
}

#[test]
fn describe_tells_all_that_readers_expect() {
    let (_server, address) = serve(&["yes_no", "computer"], Options::default());
    let mut client = Client::connect(address);
    client.send("describe", &json!({}), &[]);
    let (kind, info) = client.next().unwrap();
    assert_eq!(kind, "info");
    assert!(info.get("satellite").is_none(), "Home Assistant would not take it for a wake service");
    let lists = ["asr", "tts", "handle", "intent", "mic", "snd"];
    assert!(lists.iter().all(|list| info[list] == json!([])));
    let [program] = &info["wake"].as_array().unwrap()[..] else { panic!("{info}") };
    let models = program["models"].as_array().unwrap();
    let names: Vec<&Value> = models.iter().map(|model| &model["name"]).collect();
    assert_eq!(names, ["yes_no", "yes", "no", "computer"]);
    for artifact in models.iter().chain([program]) {
        assert!(artifact["name"].is_string() && artifact["version"].is_string(), "{artifact}");
        assert!(artifact["attribution"]["name"].is_string() && artifact["attribution"]["url"].is_string());
        assert_eq!(artifact["installed"], true);
    }
    assert!(models.iter().all(|model| model["languages"].is_array() && model["phrase"].is_string()));
}

#[test]
fn pings_are_answered_and_unknown_messages_ignored() {
    let (_server, address) = yes_no();
    let mut client = Client::connect(address);
    client.send("transcribe", &json!({"name": 5, "rate": "x"}), &[1, 2, 3]);
    client.send("ping", &json!({"text": "x"}), &[]);
    client.send("select-program", &json!({"name": "kws"}), &[]);
    assert_eq!(client.rest(), [("pong".to_owned(), json!({"text": "x"}))]);
    client.send("select-program", &json!({"name": "other"}), &[]);
    assert_eq!(client.rest()[0].0, "error");
}

#[cfg(unix)]
#[test]
fn a_socket_in_the_file_system_serves_too() {
    use std::io::{Read, Write};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kws.sock");
    let pipeline = kws::Pipeline::read(&root().join("pipelines/yes_no.toml")).unwrap();
    let options = Options { listen: vec![kws_server::Address::Unix(path.clone())], ..Options::default() };
    let server = kws_server::Server::start(vec![pipeline.clone()], &options).unwrap();
    let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
    stream.write_all(b"{\"type\":\"describe\"}\n").unwrap();
    let mut answer = [0; 10];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer[..], b"{\"type\":\"i");
    let error = kws_server::Server::start(vec![pipeline], &options).err().unwrap().to_string();
    assert!(error.contains("another service is there"), "{error}");
    drop(server);
    assert!(!path.exists());
}
