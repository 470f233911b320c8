//! The server of the page: who may look, and one thread for each connection.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::feed::Feed;
use super::request::{Request, RequestError};
use super::routes::{self, Answer, Site};

/// How long a browser may take to send a request, or to take an answer in.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The most connections at a time.
const CONNECTIONS: usize = 64;
/// Time after which a viewer to whom nothing is sent gets an empty message, which shows whether it is still there.
const QUIET: Duration = Duration::from_secs(2);

/// Who may look, and change something.
///
/// A page on another host can make a browser send requests here, by a name of its own that leads to this computer. So the
/// `Host` must be ours, and a change must come from our own page. On an address that others reach, all but the page's
/// text needs a token that is drawn at each start.
struct Access {
    address: SocketAddr,
    token: Option<String>,
}

impl Access {
    /// # Errors
    /// When the system has no random numbers.
    fn new(address: SocketAddr) -> io::Result<Access> {
        let token = if address.ip().is_loopback() { None } else { Some(token()?) };
        Ok(Access { address, token })
    }

    /// Where a browser on this computer finds the page.
    fn url(&self) -> String {
        let host = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => "127.0.0.1".to_owned(),
            IpAddr::V6(ip) if ip.is_unspecified() => "[::1]".to_owned(),
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let page = format!("http://{host}:{}/", self.address.port());
        match &self.token {
            Some(token) => format!("{page}?token={token}"),
            None => page,
        }
    }

    /// Why a request is not answered, if it is not.
    fn refuses(&self, request: &Request) -> Option<&'static str> {
        let Some(host) = request.host.as_deref() else { return Some("a request needs a Host") };
        if !self.is_ours(host) {
            return Some("this Host is not ours");
        }
        let same = |origin: &str| origin.strip_prefix("http://") == Some(host);
        if request.origin.as_deref().is_some_and(|origin| !same(origin)) {
            return Some("another page may not ask this");
        }
        if request.method == "POST" && request.origin.is_none() {
            return Some("a change needs an Origin");
        }
        let is_text = routes::page(&request.path).is_some();
        match &self.token {
            Some(token) if !is_text && request.value("token") != Some(token) => {
                Some("the token is missing or wrong")
            }
            _ => None,
        }
    }

    /// Whether a `Host` leads here without anybody's name server.
    fn is_ours(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
            _ => (host, Some(80)),
        };
        let ip = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let is_here = match ip {
            Ok(ip) => self.token.is_some() || ip.is_loopback(),
            Err(_) => name.eq_ignore_ascii_case("localhost"),
        };
        is_here && port == Some(self.address.port())
    }
}

fn token() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Reads an address to listen at: of this computer only, where it is a mere port.
///
/// # Errors
/// When it is neither.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    let text = text.replace("localhost:", "127.0.0.1:");
    text.parse().map_err(|_| "expected IP:PORT, such as 127.0.0.1:8123, or a port".to_owned())
}

/// Serves a page at an address, as long as the program runs; returns where a browser finds it, with the token that it needs.
///
/// # Errors
/// When the address cannot be listened at, there is no such folder for clips, or the system has no random numbers or threads.
pub fn serve(address: SocketAddr, site: impl Site) -> io::Result<String> {
    if let Some(folder) = site.clips().filter(|folder| !folder.is_dir()) {
        let text = format!("the folder `{}` does not exist", folder.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, text));
    }
    let listener = TcpListener::bind(address)?;
    let access = Arc::new(Access::new(listener.local_addr()?)?);
    let url = access.url();
    let site = Arc::new(site);
    let open = Arc::new(AtomicUsize::new(0));
    let accept = move || {
        for stream in listener.incoming().flatten() {
            if open.load(Ordering::Relaxed) >= CONNECTIONS {
                continue;
            }
            let (access, site) = (access.clone(), site.clone());
            let counted = Counted::new(&open);
            let spawned = std::thread::Builder::new().name("viewer".to_owned()).spawn(move || {
                let _counted = counted;
                // A browser that goes away ends its connection, and nothing else.
                let _ = answer(stream, &access, &*site);
            });
            // Without a thread the connection is closed: its stream has gone with it.
            drop(spawned);
        }
    };
    std::thread::Builder::new().name("view http".to_owned()).spawn(accept)?;
    Ok(url)
}

/// A connection that counts while it is open.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(open: &Arc<AtomicUsize>) -> Counted {
        open.fetch_add(1, Ordering::Relaxed);
        Counted(open.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn answer(mut stream: TcpStream, access: &Access, site: &dyn Site) -> io::Result<()> {
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.set_nodelay(true)?;
    let answer = match Request::read(&mut stream) {
        Err(RequestError::Gone) => return Ok(()),
        Err(RequestError::Bad(text)) => Answer::text("400 Bad Request", text),
        Ok(request) => match access.refuses(&request) {
            Some(text) => Answer::text("403 Forbidden", text),
            None if request.target() == ("GET", "/stream") => match site.feed(&request) {
                Some(feed) => return stream_to(&mut stream, &feed),
                None => Answer::text("404 Not Found", "there is no such stream any more"),
            },
            None => routes::answer(&request, site),
        },
    };
    write!(
        stream,
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}{SECURITY}Connection: close\r\n\r\n",
        answer.status,
        answer.kind,
        answer.body.len(),
        answer.extra
    )?;
    stream.write_all(&answer.body)
}

/// The page brings all that it shows: nothing comes from elsewhere, and nobody frames it.
const SECURITY: &str = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
    Content-Security-Policy: default-src 'self'; img-src 'self' data:; media-src 'self' blob:; frame-ancestors 'none'\r\n";

/// Server-sent events: all that is kept, then whatever comes.
fn stream_to(stream: &mut TcpStream, feed: &Feed) -> io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{SECURITY}Connection: close\r\n\r\n"
    )?;
    let (past, coming) = feed.join();
    for message in past {
        write!(stream, "data: {message}\n\n")?;
    }
    loop {
        match coming.recv_timeout(QUIET) {
            Ok(message) => write!(stream, "data: {message}\n\n")?,
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => stream.write_all(b": quiet\n\n")?,
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}
