//! A client of the protocol, written apart from the service's own code.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

/// A connection.
pub(super) struct Client {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

/// How samples are sent.
#[derive(Clone, Copy)]
pub(super) struct Sent {
    pub(super) rate: u32,
    pub(super) width: usize,
    pub(super) channels: usize,
    /// Frames of a chunk.
    pub(super) chunk: usize,
    /// The client's clock at the beginning, in ms; `None` where it has none.
    pub(super) clock: Option<u64>,
}

impl Sent {
    /// As Home Assistant sends: 16 kHz, 16 bits, one channel, its clock from 0.
    pub(super) const USUAL: Sent = Sent { rate: 16_000, width: 2, channels: 1, chunk: 1024, clock: Some(0) };
}

impl Client {
    pub(super) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        Client { stream, reader }
    }

    /// Sends bytes as they are; false where the service takes no more.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Sends a message with its data behind the header.
    pub(super) fn send(&mut self, kind: &str, data: &Value, payload: &[u8]) {
        let data = data.to_string();
        let (length, payload_length) = (data.len(), payload.len());
        let header = json!({"type": kind, "data_length": length, "payload_length": payload_length});
        let mut out = format!("{header}\n{data}").into_bytes();
        out.extend_from_slice(payload);
        self.stream.write_all(&out).unwrap();
    }

    /// The next message: its type and data. `None` where the service has closed the connection.
    pub(super) fn next(&mut self) -> Option<(String, Value)> {
        let mut line = String::new();
        if self.reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let header: Value = serde_json::from_str(&line).unwrap();
        let mut data = vec![0; header["data_length"].as_u64().unwrap_or(0) as usize];
        self.reader.read_exact(&mut data).unwrap();
        let data = if data.is_empty() { json!({}) } else { serde_json::from_slice(&data).unwrap() };
        Some((header["type"].as_str().unwrap().to_owned(), data))
    }

    /// All messages up to the answer to a last question.
    pub(super) fn rest(&mut self) -> Vec<(String, Value)> {
        self.send("describe", &json!({}), &[]);
        std::iter::from_fn(|| self.next().filter(|(kind, _)| kind != "info")).collect()
    }

    /// Sends a stream of samples, each the same in all channels.
    pub(super) fn play(&mut self, samples: &[i16], sent: Sent) {
        let Sent { rate, width, channels, chunk, clock } = sent;
        let format =
            |ms: Option<u64>| json!({"rate": rate, "width": width, "channels": channels, "timestamp": ms});
        self.send("audio-start", &format(clock), &[]);
        for (number, samples) in samples.chunks(chunk).enumerate() {
            let ms = clock.map(|clock| clock + (number * chunk) as u64 * 1000 / u64::from(rate));
            let bytes = |sample: &i16| {
                let wide = (i32::from(*sample) << 16).to_le_bytes();
                wide[4 - width..].repeat(channels)
            };
            let payload: Vec<u8> = samples.iter().flat_map(bytes).collect();
            self.send("audio-chunk", &format(ms), &payload);
        }
        self.send("audio-stop", &json!({"timestamp": null}), &[]);
    }
}

/// Name and timestamp of every detection among messages.
pub(super) fn detections(messages: &[(String, Value)]) -> Vec<(String, i64)> {
    let detection = |(_, data): &(String, Value)| {
        (data["name"].as_str().unwrap().to_owned(), data["timestamp"].as_i64().unwrap())
    };
    messages.iter().filter(|(kind, _)| kind == "detection").map(detection).collect()
}
