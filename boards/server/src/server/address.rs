//! Where a service listens.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;

/// Where a service listens, as Wyoming's programs write it: `tcp://HOST:PORT` or `unix://PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A port of this machine.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

impl Address {
    /// Whether only programs of this machine reach it.
    pub fn is_local(&self) -> bool {
        match self {
            Address::Tcp(address) => address.ip().is_loopback(),
            Address::Unix(_) => true,
        }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix://").filter(|path| !path.is_empty()) {
            return Ok(Address::Unix(path.into()));
        }
        let Some(place) = text.strip_prefix("tcp://") else {
            return Err(format!("found `{text}`, expected `tcp://HOST:PORT` or `unix://PATH`"));
        };
        let found =
            place.to_socket_addrs().map_err(|error| format!("`{place}`: {error}; write HOST:PORT"))?;
        // Where a name means several, the IPv4 one: what Home Assistant's settings name.
        let mut all: Vec<SocketAddr> = found.collect();
        all.sort_by_key(SocketAddr::is_ipv6);
        all.first().copied().map(Address::Tcp).ok_or_else(|| format!("`{place}` has no address"))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(address) => write!(f, "tcp://{address}"),
            Address::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for text in ["tcp://127.0.0.1:10400", "tcp://[::1]:10400", "tcp://0.0.0.0:0", "unix:///run/kws.sock"]
        {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert!("tcp://0.0.0.0:1".parse::<Address>().is_ok_and(|address| !address.is_local()));
        for text in ["127.0.0.1:10400", "tcp://127.0.0.1", "unix://", "tcp://:x", "stdio://"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
