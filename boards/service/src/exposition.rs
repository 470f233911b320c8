//! Metrics over HTTP, in Prometheus' text format, version 0.0.4.

use std::fmt::{Display, Write as _};
use std::io::{self, Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// How long a reader may take.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Serves what `text` returns at `GET /metrics`, in a thread of its own, one reader after the other, as long as the program
/// runs. Returns the address: a port of 0 has become the one that the system chose.
///
/// # Errors
/// When the address cannot be listened at.
pub fn serve(address: SocketAddr, text: impl Fn() -> String + Send + 'static) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(address)?;
    let bound = listener.local_addr()?;
    std::thread::Builder::new().name("metrics".to_owned()).spawn(move || {
        for reader in listener.incoming() {
            // A reader that goes away has not been served, and that is all.
            let _ = reader.and_then(|reader| answer(reader, &text));
        }
    })?;
    Ok(bound)
}

fn answer(mut reader: TcpStream, text: &impl Fn() -> String) -> io::Result<()> {
    reader.set_read_timeout(Some(TIMEOUT))?;
    reader.set_write_timeout(Some(TIMEOUT))?;
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
        ("200 OK", text())
    } else {
        ("404 Not Found", "only GET /metrics is here\n".to_owned())
    };
    let length = body.len();
    write!(
        reader,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Metrics under way.
#[derive(Default)]
pub struct Metrics {
    text: String,
}

/// What a metric's values do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// They only rise.
    Counter,
    /// They rise and fall.
    Gauge,
}

impl Metrics {
    /// Adds a metric of one value, as `kws_NAME`.
    pub fn one(&mut self, kind: MetricKind, name: &str, help: &str, value: impl Display) {
        self.several(kind, name, help, [(&[][..], value)]);
    }

    /// Adds a metric with a value for each set of labels, pairs of a name and a value.
    pub fn several<'a, V: Display>(
        &mut self,
        kind: MetricKind,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (&'a [(&'a str, &'a str)], V)>,
    ) {
        let kind = match kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
        };
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "# HELP kws_{name} {help}\n# TYPE kws_{name} {kind}");
        for (labels, value) in values {
            let pair = |(label, value): &(&str, &str)| format!("{label}=\"{}\"", escaped(value));
            let labels = labels.iter().map(pair).collect::<Vec<_>>().join(",");
            let labels = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
            let _ = writeln!(self.text, "kws_{name}{labels} {value}");
        }
    }

    /// All of them.
    pub fn into_text(self) -> String {
        self.text
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn a_reader_gets_the_metrics_and_nothing_else() {
        let text = || {
            let mut metrics = Metrics::default();
            metrics.one(MetricKind::Gauge, "a", "One.", 1.5);
            let labels: &[_] = &[("stage", "m\"ic")];
            metrics.several(MetricKind::Counter, "b_total", "Several.", [(labels, 2)]);
            metrics.into_text()
        };
        let address = serve("127.0.0.1:0".parse().unwrap(), text).unwrap();
        let answer = get(address, "GET /metrics HTTP/1.1\r\n\r\n");
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        assert_eq!(
            body,
            "# HELP kws_a One.\n# TYPE kws_a gauge\nkws_a 1.5\n# HELP kws_b_total Several.\n\
             # TYPE kws_b_total counter\nkws_b_total{stage=\"m\\\"ic\"} 2\n"
        );
        assert!(get(address, "GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
    }
}
