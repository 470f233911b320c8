//! How a command line names a NATS server.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// A NATS server, and how it is spoken to: `nats://[NAME:PASSWORD@]HOST[:PORT][?KEY=VALUE&…]`, or `tls://…`.
///
/// | key | |
/// |---|---|
/// | `keep` | blocks are stored at the server by JetStream, and kept so long: `10m`, `36h` |
/// | `node` | the name of one of many nodes of a place; letters, digits, `-` and `_` |
/// | `creds` | a file of credentials, as `nsc` writes it |
/// | `ca` | a file with the certificates that the server's is signed by |
/// | `cert`, `key` | files with the certificate and the key of this client |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// As it was written, without the password.
    shown: String,
    /// The address without options.
    pub url: String,
    /// How long blocks are kept; without it they are not stored.
    pub keep: Option<Duration>,
    /// Which of many nodes of a place this link is of.
    pub node: String,
    /// Credentials.
    pub creds: Option<PathBuf>,
    /// Certificates of who signs the server's.
    pub ca: Option<PathBuf>,
    /// Certificate and key of this client.
    pub cert: Option<(PathBuf, PathBuf)>,
}

/// The node of a place that has only one.
const ONLY: &str = "only";

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (url, options) = text.split_once('?').unwrap_or((text, ""));
        let text = &shown(text);
        let host = url.strip_prefix("nats://").or_else(|| url.strip_prefix("tls://"));
        if host.is_none_or(str::is_empty) {
            return Err(format!("found `{text}`, expected nats://HOST:PORT or tls://HOST:PORT"));
        }
        let mut server = Server {
            shown: text.clone(),
            url: url.to_owned(),
            keep: None,
            node: ONLY.to_owned(),
            creds: None,
            ca: None,
            cert: None,
        };
        let (mut cert, mut key) = (None, None);
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let file = || Some(PathBuf::from(value)).filter(|_| !value.is_empty());
            match name {
                "keep" => {
                    let keep = humantime::parse_duration(value).ok().filter(|keep| !keep.is_zero());
                    server.keep = Some(keep.ok_or_else(|| {
                        format!("`keep` of `{text}`: found `{value}`, expected a time such as 10m or 36h")
                    })?);
                }
                "node" if !value.is_empty() && value.chars().all(is_name) => server.node = value.to_owned(),
                "node" => {
                    return Err(format!(
                        "`node` of `{text}`: found `{value}`, expected letters, digits, `-` and `_`"
                    ));
                }
                "creds" => server.creds = file(),
                "ca" => server.ca = file(),
                "cert" => cert = file(),
                "key" => key = file(),
                _ => {
                    return Err(format!(
                        "found `{name}` in `{text}`, expected keep, node, creds, ca, cert or key"
                    ));
                }
            }
        }
        server.cert = match (cert, key) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            _ => return Err(format!("`{text}`: `cert` and `key` go together")),
        };
        Ok(server)
    }
}

/// An address as it may be printed: with `***` for what stands before the host, a password or a token.
fn shown(text: &str) -> String {
    let (before, rest) = text.split_at(text.find("://").map_or(0, |at| at + 3));
    let host = rest.find(['/', '?']).unwrap_or(rest.len());
    match rest[..host].rfind('@') {
        Some(at) => format!("{before}***{}", &rest[at..]),
        None => text.to_owned(),
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_refused() {
        let server: Server =
            "tls://a:b@bus:4222?keep=10m&node=hall-2&creds=c&ca=ca.pem&cert=x&key=y".parse().unwrap();
        assert_eq!(server.url, "tls://a:b@bus:4222");
        assert_eq!((server.keep, server.node.as_str()), (Some(Duration::from_secs(600)), "hall-2"));
        assert_eq!((server.creds, server.ca), (Some("c".into()), Some("ca.pem".into())));
        assert_eq!(server.cert, Some(("x".into(), "y".into())));
        assert_eq!(server.shown, "tls://***@bus:4222?keep=10m&node=hall-2&creds=c&ca=ca.pem&cert=x&key=y");
        let error = "nats://secret@bus?keep=soon".parse::<Server>().unwrap_err();
        assert!(error.contains("***@bus") && !error.contains("secret"), "{error}");
        let refused = [
            "nats:bus",
            "nats://",
            "nats://bus?keep=soon",
            "nats://bus?keep=0s",
            "nats://bus?node=a.b",
            "nats://bus?cert=x",
            "nats://bus?color=red",
        ];
        for text in refused {
            assert!(text.parse::<Server>().is_err(), "{text}");
        }
    }
}
