//! The metrics over HTTP.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use crate::connection::Service;

/// How long a reader may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Serves `GET /metrics` in a thread of its own, one reader after the other, as long as the program runs.
///
/// # Errors
/// When the address cannot be listened at.
pub(super) fn serve(address: SocketAddr, service: Arc<Service>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(address)?;
    let bound = listener.local_addr()?;
    std::thread::Builder::new().name("metrics".to_owned()).spawn(move || {
        for reader in listener.incoming() {
            // A reader that goes away has not been served, and that is all.
            let _ = reader.and_then(|reader| answer(reader, &service));
        }
    })?;
    Ok(bound)
}

fn answer(mut reader: TcpStream, service: &Service) -> io::Result<()> {
    reader.set_read_timeout(Some(PATIENCE))?;
    reader.set_write_timeout(Some(PATIENCE))?;
    let mut request = [0; 1024];
    let mut length = 0;
    while length < request.len() && !request[..length].contains(&b'\n') {
        match reader.read(&mut request[length..])? {
            0 => return Ok(()),
            more => length += more,
        }
    }
    let is_metrics =
        [&b"GET /metrics "[..], b"GET /metrics\r"].iter().any(|begin| request.starts_with(begin));
    let (status, body) = if is_metrics {
        ("200 OK", service.metrics.text())
    } else {
        ("404 Not Found", "only GET /metrics is here\n".to_owned())
    };
    let length = body.len();
    write!(
        reader,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}
