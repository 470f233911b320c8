//! How a command line names a way to another place.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use kws_engine::LinkPlan;
use kws_engine::run::LinkEnd;

use crate::carry::{News, carry_warm};
use crate::server::Server;
use crate::socket::Tcp;
use crate::warm::WarmUp;
use crate::wire::{Connected, Wire};
#[cfg(unix)]
use crate::{serial::Serial, socket::Unix};

/// A way to another place: `serial:PATH[@BAUD]`, `tcp:HOST:PORT`, `tcp-listen:HOST:PORT`, `unix:PATH`, `unix-listen:PATH`, and with
/// the feature `nats` `nats://HOST:PORT`, `tls://HOST:PORT`, with the options of a [`Server`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A serial line, the USB port of a board, or a pseudoterminal, and its bits a second.
    Serial(PathBuf, u32),
    /// A TCP connection to this address.
    Tcp(String),
    /// A TCP connection from whoever comes to this address.
    TcpListen(String),
    /// A connection to a Unix socket.
    Unix(PathBuf),
    /// A connection from whoever comes to a Unix socket.
    UnixListen(PathBuf),
    /// A NATS server, which both places reach.
    Nats(Server),
}

/// A text that names no way to another place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// It is of none of the kinds.
    Unknown(String),
    /// The address of a NATS server that is none.
    Server(String),
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AddressError::Unknown(text) => write!(
                f,
                "found `{text}`, expected serial:PATH[@BAUD], tcp:HOST:PORT, tcp-listen:HOST:PORT, unix:PATH, \
                 unix-listen:PATH or nats://HOST:PORT"
            ),
            AddressError::Server(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for AddressError {}

/// Bits a second of a serial line that says nothing else.
const BAUD: u32 = 115_200;

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let error = || AddressError::Unknown(text.to_owned());
        let (scheme, rest) = text.split_once(':').filter(|(_, rest)| !rest.is_empty()).ok_or_else(error)?;
        let host = || match rest.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(rest.to_owned()),
            _ => Err(error()),
        };
        match scheme {
            "serial" => Ok(match rest.rsplit_once('@').map(|(path, baud)| (path, baud.parse())) {
                Some((path, Ok(baud))) => Address::Serial(path.into(), baud),
                _ => Address::Serial(rest.into(), BAUD),
            }),
            "tcp" => host().map(Address::Tcp),
            "tcp-listen" => host().map(Address::TcpListen),
            "unix" => Ok(Address::Unix(rest.into())),
            "unix-listen" => Ok(Address::UnixListen(rest.into())),
            "nats" | "tls" => text.parse().map(Address::Nats).map_err(AddressError::Server),
            _ => Err(error()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Serial(path, BAUD) => write!(f, "serial:{}", path.display()),
            Address::Serial(path, baud) => write!(f, "serial:{}@{baud}", path.display()),
            Address::Tcp(address) => write!(f, "tcp:{address}"),
            Address::TcpListen(address) => write!(f, "tcp-listen:{address}"),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
            Address::UnixListen(path) => write!(f, "unix-listen:{}", path.display()),
            Address::Nats(server) => server.fmt(f),
        }
    }
}

impl Address {
    /// Carries a link until it is over, and tells what happens to it. With a warm-up, what comes over a server that stores it goes on
    /// where the last run had come to.
    pub fn carry(&self, link: &LinkPlan, end: LinkEnd, warm_up: Option<WarmUp>, tell: impl FnMut(News)) {
        match self {
            #[cfg(feature = "nats")]
            Address::Nats(server) if server.keep.is_some() => {
                crate::stream::carry(end, link, server, warm_up, tell);
            }
            _ => carry_warm(end, self.wire(link), warm_up, tell),
        }
    }

    /// The wire that it names, for a link; nothing is opened yet.
    pub fn wire(&self, link: &LinkPlan) -> Box<dyn Wire> {
        match self.direct() {
            Ok(wire) => wire,
            #[cfg(feature = "nats")]
            Err(server) => Box::new(crate::nats::Nats::new(server, link)),
            #[cfg(not(feature = "nats"))]
            Err(_) => Box::new(crate::wire::Missing {
                name: format!("{self} for {}", link.place),
                text: "this program was built without NATS; build it with `--features nats`",
            }),
        }
    }

    /// A connection for a dialogue that is no link; an address that is called waits for its caller.
    ///
    /// # Errors
    /// When there is none, and always by a server, which carries links only.
    pub fn connect(&self) -> io::Result<Connected> {
        let refused =
            |_| io::Error::new(io::ErrorKind::Unsupported, "a NATS server carries links between places only");
        let mut wire = self.direct().map_err(refused)?;
        loop {
            if let Some(connected) = wire.connect()? {
                return Ok(connected);
            }
        }
    }

    /// The wire that it names, unless the way is by a server.
    fn direct(&self) -> Result<Box<dyn Wire>, &Server> {
        Ok(match self {
            Address::Nats(server) => return Err(server),
            Address::Tcp(address) => Box::new(Tcp::to(address)),
            Address::TcpListen(address) => Box::new(Tcp::from(address)),
            #[cfg(unix)]
            Address::Serial(path, baud) => Box::new(Serial::new(path, *baud)),
            #[cfg(unix)]
            Address::Unix(path) => Box::new(Unix::to(path)),
            #[cfg(unix)]
            Address::UnixListen(path) => Box::new(Unix::from(path)),
            #[cfg(not(unix))]
            Address::Serial(..) | Address::Unix(_) | Address::UnixListen(_) => {
                let text = "not supported on this system; use tcp:HOST:PORT";
                Box::new(crate::wire::Missing { name: self.to_string(), text })
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back() {
        let all =
            ["serial:/dev/ttyACM0", "serial:/dev/ttyUSB0@460800", "tcp:hub:7000", "tcp-listen:0.0.0.0:7000"];
        for text in all.into_iter().chain([
            "tcp:[::1]:7000",
            "unix:/run/kws",
            "unix-listen:here",
            "nats://bus:4222?keep=10m",
        ]) {
            assert_eq!(text.parse::<Address>().map(|address| address.to_string()), Ok(text.to_owned()));
        }
        for text in
            ["", "serial", "serial:", "tcp:hub", "tcp::7000", "udp:hub:7000", "/dev/ttyACM0", "nats:bus"]
        {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
