//! Clients that do what they should not, and the others beside them.

use std::io::Read;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use kws_server::Options;
use kws_tests::listening::recording;
use serde_json::{Value, json};

use super::client::{Client, Sent, detections};
use super::{serve, yes_no};

/// Sends bytes, and returns the code with which the service refuses them.
fn refusal(address: std::net::SocketAddr, bytes: &[u8]) -> String {
    let mut client = Client::connect(address);
    client.raw(bytes);
    let (kind, data) = client.next().unwrap();
    assert_eq!(kind, "error", "{data}");
    assert!(client.next().is_none(), "the connection stays open");
    data["code"].as_str().unwrap().to_owned()
}

fn audio(format: &Value) -> Vec<u8> {
    format!("{}\n", json!({"type": "audio-start", "data": format})).into_bytes()
}

#[test]
fn what_is_no_message_is_refused_with_the_reason() {
    let (_server, address) = yes_no();
    assert_eq!(refusal(address, b"GET / HTTP/1.1\r\n\r\n"), "malformed");
    assert_eq!(refusal(address, &[b'x'; 1 << 20]), "header-too-long");
    assert_eq!(refusal(address, b"{\"type\":\"ping\",\"data_length\":1000000000}\n"), "data-too-long");
    assert_eq!(refusal(address, &audio(&json!({"rate": 16_000, "width": 2}))), "malformed");
    assert_eq!(refusal(address, &audio(&json!({"rate": "16k", "width": 2, "channels": 1}))), "malformed");
    for (rate, width, channels) in [(0, 2, 1), (16_000, 9, 1), (16_000, 2, 1_000_000), (16_001, 2, 1)] {
        let format = json!({"rate": rate, "width": width, "channels": channels});
        assert_eq!(refusal(address, &audio(&format)), "unsupported-format");
    }
}

#[test]
fn a_client_that_asks_and_does_not_read_is_refused() {
    let (server, address) = yes_no();
    let mut client = Client::connect(address);
    let asked = b"{\"type\":\"describe\"}\n".repeat(1000);
    while client.raw(&asked) {}
    wait_for(|| server.open() == 0);
}

#[test]
fn a_payload_without_end_is_audio_and_takes_no_memory() {
    let (_server, address) = yes_no();
    let mut client = Client::connect(address);
    let data = json!({"rate": 16_000, "width": 2, "channels": 1});
    let header = json!({"type": "audio-chunk", "data": data, "payload_length": 1_u64 << 60});
    client.raw(format!("{header}\n").as_bytes());
    let samples = &recording()[..16_000 * 10];
    let payload: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    client.raw(&payload);
    assert_eq!(client.next().unwrap().0, "detection");
}

fn wait_for(mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(60), "it does not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn others_are_undisturbed() {
    let (server, address) = yes_no();
    let mut client = Client::connect(address);
    let samples = &recording()[..16_000 * 20];
    client.play(samples, Sent::USUAL);
    let alone = detections(&client.rest());
    let silent: Vec<TcpStream> = (0..200).map(|_| TcpStream::connect(address).unwrap()).collect();
    let mut half = Client::connect(address);
    half.raw(b"{\"type\": \"audio-chunk\", \"data_length\": 100, \"payload_length\": 3200}\n{\"rate\":");
    let mut garbage = Client::connect(address);
    garbage.raw(&[0xFF; 100_000]);
    client.play(samples, Sent { chunk: 160, ..Sent::USUAL });
    assert_eq!(detections(&client.rest()), alone);
    wait_for(|| server.open() == 202);
    drop(silent);
    drop(half);
    wait_for(|| server.open() == 1);
}

#[test]
fn connections_beyond_the_limit_get_an_error() {
    let (server, address) = serve(&["yes_no"], Options { connections: 2, ..Options::default() });
    let mut clients: Vec<Client> = (0..2).map(|_| Client::connect(address)).collect();
    clients.iter_mut().for_each(|client| assert_eq!(client.rest(), []));
    let (kind, data) = Client::connect(address).next().unwrap();
    assert_eq!((kind.as_str(), &data["code"]), ("error", &json!("too-many-connections")));
    clients.clear();
    wait_for(|| server.open() == 0);
    assert_eq!(Client::connect(address).rest(), []);
}

#[test]
fn a_silent_client_is_closed() {
    let idle = Some(Duration::from_millis(100));
    let (server, address) = serve(&["yes_no"], Options { idle, ..Options::default() });
    let mut silent = TcpStream::connect(address).unwrap();
    assert_eq!(silent.read(&mut [0; 1]).unwrap(), 0);
    wait_for(|| server.open() == 0);
}

#[test]
fn a_service_that_stops_closes_its_connections() {
    let (server, address) = yes_no();
    let mut client = Client::connect(address);
    assert_eq!(client.rest(), []);
    drop(server);
    assert!(client.next().is_none());
    assert!(TcpStream::connect(address).is_err());
}
