//! Clients that no service wants.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::wyoming::write;

/// Pause between two rounds over all of them.
const PAUSE: Duration = Duration::from_millis(10);
/// How long one of them stays, if the service lets it.
const STAY: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(2);

/// What a hostile client does.
#[derive(Clone, Copy)]
enum Manner {
    /// Nothing at all.
    Silent,
    /// Sends a byte at a time.
    Slow,
    /// Sends what is not a message.
    Malformed,
    /// A header line without end, up to 1 MB.
    Endless,
    /// Asks and asks, and reads nothing.
    NeverReads,
    /// Announces audio and never sends it.
    Half,
    /// Announces audio that there is not.
    Absurd,
    /// Is gone at once.
    Vanishing,
}

const MANNERS: [Manner; 8] = [
    Manner::Silent,
    Manner::Slow,
    Manner::Malformed,
    Manner::Endless,
    Manner::NeverReads,
    Manner::Half,
    Manner::Absurd,
    Manner::Vanishing,
];

/// A thread that keeps so many hostile clients.
pub(super) struct Hostiles {
    stop: Arc<AtomicBool>,
    connected: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

struct Client {
    stream: TcpStream,
    manner: Manner,
    began: Instant,
    sent: usize,
}

impl Hostiles {
    pub(super) fn start(service: SocketAddr, count: usize) -> Self {
        let (stop, connected) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let (stopped, counter) = (stop.clone(), connected.clone());
        let thread = std::thread::spawn(move || attack(service, count, &stopped, &counter));
        Hostiles { stop, connected, thread: Some(thread) }
    }

    /// Ends it. Returns how many connections there were.
    pub(super) fn stop(&mut self) -> u64 {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.connected.load(Ordering::SeqCst)
    }
}

fn attack(service: SocketAddr, count: usize, stop: &AtomicBool, connected: &AtomicU64) {
    let mut clients: Vec<Client> = Vec::new();
    let mut next = 0;
    while !stop.load(Ordering::SeqCst) {
        // A few at a time, so that they do not all do the same at once.
        for _ in 0..count.saturating_sub(clients.len()).min(count.div_ceil(50)) {
            let Ok(stream) = TcpStream::connect_timeout(&service, TIMEOUT) else { break };
            if stream.set_nonblocking(true).is_ok() {
                let manner = MANNERS[next % MANNERS.len()];
                next += 1;
                connected.fetch_add(1, Ordering::SeqCst);
                clients.push(Client { stream, manner, began: Instant::now(), sent: 0 });
            }
        }
        clients.retain_mut(|client| client.began.elapsed() < STAY && client.act());
        std::thread::sleep(PAUSE);
    }
}

impl Client {
    /// What it does in a round. False when it goes.
    fn act(&mut self) -> bool {
        const HEADER: &[u8] = b"{\"type\": \"describe\"}\n";
        match self.manner {
            Manner::Silent => true,
            Manner::Slow => {
                let byte = HEADER[self.sent % HEADER.len()];
                self.send(&[byte])
            }
            Manner::Malformed => self.send(b"\x16\x03\x01 GET / HTTP/1.1\r\n\r\n"),
            Manner::Endless => self.sent < 1 << 20 && self.send(&[b'{'; 1 << 14]),
            Manner::NeverReads => self.send(&HEADER.repeat(100)),
            Manner::Half => self.sent > 0 || self.send(&chunk(3200)[..200]),
            Manner::Absurd => self.sent > 0 || self.send(&chunk(1 << 60)),
            Manner::Vanishing => {
                let _ = self.send(&chunk(320));
                false
            }
        }
    }

    /// Sends what the socket takes. False when the service has closed it.
    fn send(&mut self, bytes: &[u8]) -> bool {
        if !matches!(self.manner, Manner::NeverReads) {
            let mut buffer = [0; 1024];
            if matches!(self.stream.read(&mut buffer), Ok(0)) {
                return false;
            }
        }
        match self.stream.write(bytes) {
            Ok(sent) => {
                self.sent += sent;
                true
            }
            Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
        }
    }
}

/// A chunk that announces so many bytes, with none of them.
fn chunk(payload: u64) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, "audio-start", &json!({"rate": 16_000, "width": 2, "channels": 1}));
    let data = json!({"rate": 16_000, "width": 2, "channels": 1, "timestamp": null});
    let header = json!({"type": "audio-chunk", "data": data, "payload_length": payload});
    out.extend_from_slice(header.to_string().as_bytes());
    out.push(b'\n');
    out
}
