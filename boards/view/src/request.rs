//! One request of a browser.

use std::io::{self, Read};
use std::net::TcpStream;

/// The longest head and body that are read.
const HEAD: usize = 8192;
const BODY: usize = 4096;
const HEADERS: usize = 64;

/// What a browser asks for.
#[derive(Debug, PartialEq)]
pub struct Request {
    pub(super) method: String,
    pub(super) path: String,
    query: String,
    pub(super) host: Option<String>,
    pub(super) origin: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// Reads one; `Err` with what is wrong with it.
    pub(super) fn read(stream: &mut TcpStream) -> Result<Request, RequestError> {
        let mut bytes = Vec::new();
        loop {
            let mut more = [0; 2048];
            let count = stream.read(&mut more)?;
            if count == 0 {
                return Err(RequestError::Gone);
            }
            bytes.extend_from_slice(&more[..count]);
            if let Some((request, length, begin)) = parse(&bytes)?.filter(|(_, _, begin)| *begin <= HEAD) {
                return request.with_body(stream, bytes.split_off(begin), length);
            }
            if bytes.len() > HEAD {
                return Err(RequestError::Bad("the head is too long"));
            }
        }
    }

    fn with_body(
        self,
        stream: &mut TcpStream,
        begun: Vec<u8>,
        length: usize,
    ) -> Result<Request, RequestError> {
        if length > BODY || begun.len() > length {
            return Err(RequestError::Bad("the body is too long"));
        }
        let mut body = begun;
        let read = body.len();
        body.resize(length, 0);
        stream.read_exact(&mut body[read..])?;
        Ok(Request { body, ..self })
    }

    /// Method and path, such as `("GET", "/stream")`.
    #[must_use]
    pub fn target(&self) -> (&str, &str) {
        (&self.method, &self.path)
    }

    /// What is sent with it.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// A value of the query. Nothing is escaped in what the page asks.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(name, _)| *name == key).map(|(_, value)| value).next()
    }
}

/// The request without its body, the body's length, and where it begins; `None` where the head is not yet there.
fn parse(bytes: &[u8]) -> Result<Option<(Request, usize, usize)>, RequestError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let begin = match head.parse(bytes) {
        Ok(httparse::Status::Complete(begin)) => begin,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(RequestError::Bad("this is not HTTP")),
    };
    let header = |name: &str| {
        let found = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok()).map(str::to_owned)
    };
    if header("transfer-encoding").is_some() {
        return Err(RequestError::Bad("a body needs a Content-Length"));
    }
    let length = match header("content-length") {
        None => 0,
        Some(length) => {
            length.parse().map_err(|_| RequestError::Bad("the Content-Length is not a number"))?
        }
    };
    let target = head.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        host: header("host"),
        origin: header("origin"),
        body: Vec::new(),
    };
    Ok(Some((request, length, begin)))
}

/// Why a request gets no answer, or a bad one.
#[derive(Debug)]
pub(super) enum RequestError {
    /// The browser has gone away.
    Gone,
    /// What it sent is wrong.
    Bad(&'static str),
}

impl From<io::Error> for RequestError {
    fn from(_: io::Error) -> Self {
        RequestError::Gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_once_its_head_is_there() {
        let text = b"POST /knob?a=1&b=2 HTTP/1.1\r\nHost: localhost:80\r\ncontent-LENGTH: 2\r\n\r\n{}";
        assert!(parse(&text[..30]).unwrap().is_none());
        let (request, length, begin) = parse(text).unwrap().unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str(), length), ("POST", "/knob", 2));
        assert_eq!((request.value("b"), request.value("c"), &text[begin..]), (Some("2"), None, &b"{}"[..]));
        assert_eq!(request.host.as_deref(), Some("localhost:80"));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        assert!(matches!(parse(b"\x16\x03\x01 hello\r\n\r\n"), Err(RequestError::Bad(_))));
        assert!(matches!(parse(b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), Err(RequestError::Bad(_))));
        assert!(matches!(
            parse(b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"),
            Err(RequestError::Bad(_))
        ));
    }
}
