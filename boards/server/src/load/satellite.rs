//! One satellite of a load.

use std::io::{self, ErrorKind, Read, Write};
use std::time::Instant;

use mio::net::TcpStream;
use serde_json::json;

use super::{Inbox, LoadOptions, Report, TOLERANCE, Tape, WARM_UP};
use crate::wyoming::{Reader, write};

/// Chunks whose time of sending is kept.
const KEPT: usize = 512;
/// Bytes that may wait for a service that does not keep up.
const MAX_WAITING: usize = 4 << 20;

/// A client that plays the recording.
pub(super) struct Satellite {
    socket: TcpStream,
    /// Sample of the recording at which it begins.
    from: usize,
    out: Vec<u8>,
    /// When each chunk was sent, a ring.
    sent: Box<[Instant; KEPT]>,
    /// Chunks that were sent.
    chunks: u64,
    reader: Reader,
    inbox: Inbox,
    /// Timestamp of every detection in seconds, and seconds since the chunk that it names.
    found: Vec<(f64, Option<f64>)>,
    /// Why it does not go on.
    broken: Option<String>,
}

impl Satellite {
    pub(super) fn connect(options: &LoadOptions, from: usize) -> io::Result<Self> {
        let stream = std::net::TcpStream::connect(options.service)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut out = Vec::new();
        options.start(&mut out);
        let mut satellite = Satellite {
            socket: TcpStream::from_std(stream),
            from,
            out,
            sent: Box::new([Instant::now(); KEPT]),
            chunks: 0,
            reader: Reader::new(),
            inbox: Inbox::default(),
            found: Vec::new(),
            broken: None,
        };
        satellite.flush();
        Ok(satellite)
    }

    pub(super) fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// Sends a chunk, as far as the service takes it.
    pub(super) fn send(&mut self, tape: &Tape, number: u64) {
        if self.broken.is_some() {
            return;
        }
        tape.append(self.from, number, &mut self.out);
        self.sent[number as usize % KEPT] = Instant::now();
        self.chunks = number + 1;
        self.flush();
        if self.out.len() > MAX_WAITING {
            self.broken = Some("the service does not keep up".to_owned());
        }
    }

    /// Asks what comes after all detections: messages are answered in order.
    pub(super) fn ask(&mut self) {
        write(&mut self.out, "describe", &json!({}));
        self.flush();
    }

    /// Whether the answer has come, or none will.
    pub(super) fn is_done(&self) -> bool {
        self.inbox.described || self.broken.is_some()
    }

    pub(super) fn flush(&mut self) {
        while !self.out.is_empty() && self.broken.is_none() {
            match self.socket.write(&self.out) {
                Ok(sent) => drop(self.out.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => self.broken = Some(error.to_string()),
            }
        }
    }

    /// Reads all that has come.
    pub(super) fn listen(&mut self, options: &LoadOptions) {
        let mut buffer = [0; 4096];
        while self.broken.is_none() {
            match self.socket.read(&mut buffer) {
                Ok(0) => self.broken = Some("closed by the service".to_owned()),
                Ok(count) => {
                    if let Err(refusal) = self.reader.take(&buffer[..count], &mut self.inbox) {
                        self.broken = Some(refusal.text);
                    }
                    self.note(options);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => self.broken = Some(error.to_string()),
            }
        }
    }

    fn note(&mut self, options: &LoadOptions) {
        let now = Instant::now();
        for at in std::mem::take(&mut self.inbox.detections) {
            // The chunk whose last sample is the one before this time.
            let number = ((at * 1000.0 / f64::from(options.chunk_ms)).ceil() - 1.0).max(0.0) as u64;
            let is_kept = number < self.chunks && number + KEPT as u64 >= self.chunks;
            let latency = is_kept.then(|| (now - self.sent[number as usize % KEPT]).as_secs_f64());
            self.found.push((at, latency));
        }
        self.broken = self.broken.take().or_else(|| self.inbox.errors.pop());
    }

    /// Compares what it found with what was expected.
    pub(super) fn count(&self, options: &LoadOptions, expected: &[f64], report: &mut Report) {
        let (length, begin) = (options.length(), self.from as f64 / f64::from(options.rate));
        let mut left: Vec<(f64, Option<f64>)> = self.found.clone();
        let loops = (options.seconds / length) as i64 + 1;
        let all = (0..=loops).flat_map(|lap| expected.iter().map(move |at| lap as f64 * length + at - begin));
        for at in all.filter(|at| *at >= WARM_UP && *at <= options.seconds - TOLERANCE) {
            report.expected += 1;
            match left.iter().position(|(found, _)| (found - at).abs() <= TOLERANCE) {
                Some(index) => {
                    let (_, latency) = left.swap_remove(index);
                    report.found += 1;
                    report.latencies.extend(latency);
                }
                None => report.lost += 1,
            }
        }
        // Beside what is expected, what the beginning and the end leave open.
        let surplus =
            left.iter().filter(|(at, _)| *at >= WARM_UP && *at <= options.seconds - 2.0 * TOLERANCE);
        report.surplus += surplus.count();
        if let Some(broken) = &self.broken {
            report.broken.push(broken.clone());
        }
    }
}
