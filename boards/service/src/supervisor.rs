//! What systemd wants to hear: `sd_notify`, over the socket that it names.

use std::time::{Duration, Instant};

/// The supervisor of this process, if it has one.
pub struct Supervisor {
    #[cfg(unix)]
    socket: Option<std::os::unix::net::UnixDatagram>,
    /// How often it wants to hear that all is well.
    every: Option<Duration>,
    signed: Instant,
    /// What the program had done at the last sign of life.
    turns: Vec<u64>,
}

impl Default for Supervisor {
    fn default() -> Self {
        Supervisor::new()
    }
}

impl Supervisor {
    /// The one that the environment names, if it names one.
    pub fn new() -> Self {
        let watchdog = std::env::var("WATCHDOG_USEC").ok().and_then(|text| text.parse().ok());
        Supervisor {
            #[cfg(unix)]
            socket: connect(),
            // Twice as often as it is waited for.
            every: watchdog.map(|limit| Duration::from_micros(limit) / 2),
            signed: Instant::now(),
            turns: Vec::new(),
        }
    }

    /// The program does its work from now on.
    pub fn ready(&self) {
        self.tell("READY=1");
    }

    /// Whether it is there.
    pub fn listens(&self) -> bool {
        #[cfg(unix)]
        return self.socket.is_some();
        #[cfg(not(unix))]
        false
    }

    /// The program's parts have made so many turns: all is well as long as each of them makes some. To be called often, at
    /// least once a second. False if one hangs: then the supervisor hears nothing.
    pub fn alive(&mut self, turns: Vec<u64>) -> bool {
        if self.every.is_none_or(|every| self.signed.elapsed() < every) {
            return true;
        }
        self.signed = Instant::now();
        let hangs = self.turns.iter().zip(&turns).any(|(before, now)| before == now);
        self.turns = turns;
        if !hangs {
            self.tell("WATCHDOG=1");
        }
        !hangs
    }

    /// A signal came.
    pub fn stopping(&self) {
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
