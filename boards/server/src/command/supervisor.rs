//! What systemd wants to hear: `sd_notify`, over the socket that it names.

use std::time::{Duration, Instant};

/// The supervisor of this process, if it has one.
pub(super) struct Supervisor {
    #[cfg(unix)]
    socket: Option<std::os::unix::net::UnixDatagram>,
    /// How often it wants to hear that all is well.
    every: Option<Duration>,
    told: Instant,
    /// Turns of the workers when it was told last.
    turns: Vec<u64>,
}

impl Supervisor {
    pub(super) fn new() -> Self {
        let watchdog = std::env::var("WATCHDOG_USEC").ok().and_then(|text| text.parse().ok());
        Supervisor {
            #[cfg(unix)]
            socket: connect(),
            // Twice as often as it is waited for.
            every: watchdog.map(|limit| Duration::from_micros(limit) / 2),
            told: Instant::now(),
            turns: Vec::new(),
        }
    }

    /// The service takes connections.
    pub(super) fn ready(&self) {
        self.tell("READY=1");
    }

    /// The workers have made so many turns: that is told as long as each of them has made some.
    pub(super) fn alive(&mut self, turns: Vec<u64>) {
        if self.every.is_none_or(|every| self.told.elapsed() < every) {
            return;
        }
        self.told = Instant::now();
        let hangs = self.turns.iter().zip(&turns).any(|(before, now)| before == now);
        self.turns = turns;
        if hangs {
            log::error!("a worker hangs: the watchdog is not told that all is well");
        } else {
            self.tell("WATCHDOG=1");
        }
    }

    /// A signal came.
    pub(super) fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    fn tell(&self, state: &str) {
        #[cfg(unix)]
        if let Some(socket) = &self.socket {
            // A supervisor that does not listen decides by itself.
            let _ = socket.send(state.as_bytes());
        }
        #[cfg(not(unix))]
        let _ = state;
    }
}

#[cfg(unix)]
fn connect() -> Option<std::os::unix::net::UnixDatagram> {
    let name = std::env::var("NOTIFY_SOCKET").ok()?;
    let socket = std::os::unix::net::UnixDatagram::unbound().ok()?;
    match name.strip_prefix('@') {
        #[cfg(target_os = "linux")]
        Some(name) => {
            use std::os::linux::net::SocketAddrExt;
            let address = std::os::unix::net::SocketAddr::from_abstract_name(name).ok()?;
            socket.connect_addr(&address).ok()?;
        }
        _ => socket.connect(&name).ok()?,
    }
    Some(socket)
}
