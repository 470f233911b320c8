//! A server that misbehaves on order.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the server does with one request; when its list is at an end, it behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// Sends what is asked for, with ranges.
    Behave,
    /// Closes the connection after so many bytes of the body.
    DropAfter(usize),
    /// Sends the whole file whatever part is asked for.
    IgnoreRange,
    /// Sends another part than the one that is asked for.
    WrongRange,
    /// Sends bytes without a stated length for as long as the client takes them.
    NeverEnd,
    /// Answers with a status and no file.
    Status(u16),
}

/// A server on this machine.
pub(crate) struct Server {
    /// Where the file is.
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves one file under a name and an entity tag.
    pub(crate) fn start(name: &str, body: Vec<u8>, tag: &'static str, script: Vec<Does>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/files/{name}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        std::thread::spawn(move || {
            let mut script = script.into_iter();
            for stream in listener.incoming().flatten() {
                let does = script.next().unwrap_or(Does::Behave);
                // A client that goes away is none of the server's business.
                drop(answer(stream, &body, tag, does, &seen));
            }
        });
        Self { url, requests }
    }

    /// The `range` header of every request so far, empty where there was none.
    pub(crate) fn ranges(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn answer(
    stream: TcpStream,
    body: &[u8],
    tag: &str,
    does: Does,
    seen: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut line, mut range, mut condition) = (String::new(), String::new(), None);
    while reader.read_line(&mut line)? > 2 {
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        match name.to_lowercase().as_str() {
            "range" => range = value.trim().to_owned(),
            "if-range" => condition = Some(value.trim().to_owned()),
            _ => {}
        }
        line.clear();
    }
    seen.lock().unwrap().push(range.clone());
    let from: Option<usize> =
        range.strip_prefix("bytes=").and_then(|r| r.strip_suffix('-')).and_then(|r| r.parse().ok());
    let from = from.filter(|_| does != Does::IgnoreRange && condition.is_none_or(|c| c == tag));
    let mut stream = stream;
    let total = body.len();
    match (does, from) {
        (Does::Status(status), _) => {
            write!(stream, "HTTP/1.1 {status} Sorry\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        }
        (Does::NeverEnd, _) => {
            write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")?;
            loop {
                stream.write_all(body)?;
            }
        }
        (_, Some(from)) if from >= total => write!(
            stream,
            "HTTP/1.1 416 Range Not Satisfiable\r\ncontent-range: bytes */{total}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ),
        (_, from) => {
            let first = match (does, from) {
                (Does::WrongRange, Some(from)) => from / 2,
                (_, from) => from.unwrap_or(0),
            };
            let part = &body[first..];
            let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
            write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\netag: {tag}\r\nconnection: close\r\n",
                part.len()
            )?;
            if from.is_some() {
                write!(stream, "content-range: bytes {first}-{}/{total}\r\n", total - 1)?;
            }
            write!(stream, "\r\n")?;
            let much = if let Does::DropAfter(much) = does { much.min(part.len()) } else { part.len() };
            stream.write_all(&part[..much])
        }
    }
}
