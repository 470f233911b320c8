//! `--view`: whoever may look sees what a session hears, and no session notices.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use kws_server::{Options, Server};
use kws_tests::listening::recording;
use serde_json::{Value, json};

use super::client::{Client, Sent, detections};
use super::{serve, yes_no};

/// A service with a page, and where its clients and its viewers go.
fn viewed() -> (Server, SocketAddr, SocketAddr) {
    let view = Some("127.0.0.1:0".parse().unwrap());
    let (server, address) = serve(&["yes_no"], Options { view, ..Options::default() });
    let url = server.view().unwrap().to_owned();
    let page = url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    (server, address, page)
}

fn open(page: SocketAddr, target: &str, more: &str) -> TcpStream {
    let mut stream = TcpStream::connect(page).unwrap();
    write!(stream, "{target} HTTP/1.1\r\nHost: {page}\r\n{more}\r\n").unwrap();
    stream
}

/// The status line's number and the body.
fn ask(page: SocketAddr, target: &str, more: &str) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    open(page, target, more).read_to_end(&mut bytes).unwrap();
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    (String::from_utf8(bytes[9..12].to_vec()).unwrap(), bytes.split_off(head + 4))
}

fn post(page: SocketAddr, path: &str, body: &str) -> String {
    let more = format!("Origin: http://{page}\r\nContent-Length: {}\r\n", body.len());
    let mut stream = open(page, &format!("POST {path}"), &more);
    stream.write_all(body.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    String::from_utf8(bytes[9..12].to_vec()).unwrap()
}

/// Sessions that can be looked at, once there are so many.
fn sessions(page: SocketAddr, count: usize) -> Vec<Value> {
    loop {
        let (_, body) = ask(page, "GET /sessions", "");
        let sessions: Vec<Value> = serde_json::from_slice(&body).unwrap();
        if sessions.len() == count {
            return sessions;
        }
        std::thread::yield_now();
    }
}

/// The messages of a session, as they come.
fn messages(page: SocketAddr, id: &Value) -> Receiver<Value> {
    let stream = open(page, &format!("GET /stream?session={id}"), "");
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let Some(text) = line.strip_prefix("data: ") else { continue };
            if sender.send(serde_json::from_str::<Value>(text).unwrap()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// A client that has begun to stream.
fn streaming(address: SocketAddr) -> Client {
    let mut client = Client::connect(address);
    let format = json!({"rate": 16_000, "width": 2, "channels": 1, "timestamp": 0});
    client.send("audio-start", &format, &[]);
    client
}

fn say(client: &mut Client, samples: &[i16]) {
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    client.send("audio-chunk", &json!({"rate": 16_000, "width": 2, "channels": 1}), &bytes);
}

const SECOND: usize = 16_000;

#[test]
fn a_viewer_sees_what_the_session_hears_and_finds() {
    let ((_server, address, page), samples) = (viewed(), &recording()[..10 * SECOND]);
    let mut other = streaming(address);
    say(&mut other, &samples[..SECOND]);
    sessions(page, 1);
    let mut client = streaming(address);
    let session = sessions(page, 2).pop().unwrap();
    assert_eq!(session["pipeline"], "yes_no");
    let (status, body) = ask(page, &format!("GET /sound.wav?session={}", session["id"]), "");
    assert_eq!(status, "404", "nobody looks yet: {body:?}");
    let coming = messages(page, &session["id"]);
    let hello = coming.recv().unwrap();
    let edges = hello["edges"].as_array().unwrap().clone();
    let of = |what: &str| edges.iter().position(|edge| edge["what"] == what).unwrap();
    let (audio, found) = (of("audio"), of("events"));
    let mut columns = 0;
    let mut events = Vec::new();
    let mut take = |message: &Value| {
        columns += message["news"][audio]["low"].as_array().map_or(0, Vec::len);
        events.extend(message["news"][found]["events"].as_array().cloned().unwrap_or_default());
        columns
    };
    // The next second is said when the one before was seen, so that no ring is ever full.
    for (number, second) in samples.chunks(SECOND).enumerate() {
        say(&mut client, second);
        while take(&coming.recv().unwrap()) < (number + 1) * 100 {}
    }
    client.send("audio-stop", &json!({}), &[]);
    loop {
        let message = coming.recv().unwrap();
        take(&message);
        if message["over"] == true {
            break;
        }
    }
    let reported = detections(&client.rest());
    let seen: Vec<(String, i64)> = events
        .iter()
        .map(|event| {
            let at = event["at"].as_f64().unwrap() * 1000.0;
            (event["label"].as_str().unwrap().to_owned(), at.round() as i64)
        })
        .collect();
    assert!(!reported.is_empty());
    assert_eq!(seen, reported);
    assert!(edges.iter().any(|edge| edge["what"] == "features"));
    // Who still looks can still hear it.
    let (status, wav) = ask(page, &format!("GET /sound.wav?session={}", session["id"]), "");
    assert_eq!(status, "200");
    let heard = hound::WavReader::new(&wav[..]).unwrap().into_samples::<i16>();
    assert_eq!(heard.map(|sample| sample.unwrap()).collect::<Vec<_>>(), samples, "sample by sample");
    sessions(page, 1);
}

#[test]
fn a_threshold_that_is_dragged_holds_for_every_satellite() {
    let ((_server, address, page), samples) = (viewed(), &recording()[..20 * SECOND]);
    let usual = {
        let mut client = Client::connect(address);
        client.play(samples, Sent::USUAL);
        detections(&client.rest())
    };
    let _chosen = streaming(address);
    let id = sessions(page, 1)[0]["id"].clone();
    for knob in 0..2 {
        let body = format!("{{\"knob\":{knob},\"value\":0}}");
        assert_eq!(post(page, &format!("/knob?session={id}"), &body), "200");
    }
    assert_eq!(post(page, &format!("/knob?session={id}"), "{\"knob\":9,\"value\":0}"), "400");
    assert_eq!(post(page, "/knob?session=77", "{\"knob\":0,\"value\":0}"), "400");
    // Whichever of the two threads serves it.
    for _ in 0..4 {
        let mut client = Client::connect(address);
        client.play(samples, Sent::USUAL);
        assert_ne!(detections(&client.rest()), usual, "at its strictest it waits for higher scores");
    }
    let coming = messages(page, &id);
    assert_eq!(coming.recv().unwrap()["hello"]["knobs"][0]["value"], 0.0, "and who comes later sees it");
}

#[test]
fn viewers_who_do_not_read_slow_no_session() {
    let samples = &recording()[..30 * SECOND];
    let expected = {
        let (_server, address) = yes_no();
        let mut client = Client::connect(address);
        client.play(samples, Sent::USUAL);
        detections(&client.rest())
    };
    let (_server, address, page) = viewed();
    let mut client = streaming(address);
    let id = sessions(page, 1)[0]["id"].clone();
    let _asleep: Vec<TcpStream> =
        (0..20).map(|_| open(page, &format!("GET /stream?session={id}"), "")).collect();
    // Far faster than real time: the rings are full, and the view misses what has no room.
    for chunk in samples.chunks(1024) {
        say(&mut client, chunk);
    }
    client.send("audio-stop", &json!({}), &[]);
    assert_eq!(detections(&client.rest()), expected);
}

#[test]
fn strangers_are_refused() {
    let (_server, address, page) = viewed();
    let _client = streaming(address);
    let id = sessions(page, 1)[0]["id"].clone();
    let refused = [
        ("GET /sessions".to_owned(), "Origin: http://evil.example\r\n"),
        (format!("GET /stream?session={id}"), "Origin: http://evil.example\r\n"),
        (format!("POST /knob?session={id}"), "Content-Length: 0\r\n"),
    ];
    for (target, more) in refused {
        assert_eq!(ask(page, &target, more).0, "403", "{target}");
    }
    let mut stream = TcpStream::connect(page).unwrap();
    stream.write_all(b"GET /sessions HTTP/1.1\r\nHost: evil.example\r\n\r\n").unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    assert_eq!(&status[9..], b"403");
    assert_eq!(ask(page, "GET /stream?session=none", "").0, "404");
    assert_eq!(ask(page, "GET /stream", "").0, "404");
}

#[test]
fn an_address_that_others_reach_needs_the_token() {
    let view = Some("0.0.0.0:0".parse().unwrap());
    let (server, _) = serve(&["yes_no"], Options { view, ..Options::default() });
    let (address, token) = server.view().unwrap().rsplit_once("/?token=").unwrap();
    let page: SocketAddr = address.trim_start_matches("http://").parse().unwrap();
    assert_eq!(ask(page, "GET /", "").0, "200", "the page's text is no secret");
    assert_eq!(ask(page, "GET /sessions", "").0, "403");
    assert_eq!(post(page, "/knob?token=0", "{}"), "403");
    assert_eq!(ask(page, &format!("GET /sessions?token={token}"), "").0, "200");
}
