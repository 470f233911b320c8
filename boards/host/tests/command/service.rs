//! A run that others watch over: Prometheus, systemd, a person who reads its journal.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::bench::{Bench, faulty};

/// A run that waits for more samples on its standard input.
struct Watched {
    child: Child,
    lines: BufReader<std::process::ChildStderr>,
}

impl Watched {
    fn start(bench: &Bench, command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let sound = std::fs::read(bench.path("sound.raw")).unwrap();
        child.stdin.as_mut().unwrap().write_all(&sound).unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        Watched { child, lines }
    }

    /// What stands behind `mark` in the next line that has it.
    fn after(&mut self, mark: &str) -> String {
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            if let Some((_, found)) = line.split_once(mark) {
                return found.trim().to_owned();
            }
            line.clear();
        }
        panic!("no line has `{mark}`");
    }

    fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

fn get(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn prometheus_reads_blocks_gaps_rings_and_pace() {
    let bench = faulty("gaps = [{ at_ms = 200, length_ms = 100 }]");
    let mut command =
        bench.command(&["faulty.toml", "--source", "raw:-", "--metrics", "127.0.0.1:0", "--health=0.1"]);
    let mut run = Watched::start(&bench, &mut command);
    let address = run.after("metrics at http://").replace("/metrics", "");
    let health = run.after("health: ");
    assert!(health.contains("real time") && health.contains("gaps"), "{health}");
    // A lane shows its counts when it has nothing else to do.
    let complete = std::iter::repeat_with(|| get(&address)).find(|text| {
        std::thread::sleep(Duration::from_millis(10));
        text.contains("kws_gaps_total{stage=\"fault\",lane=\"main\"} 1")
    });
    let text = complete.unwrap();
    for name in [
        "kws_blocks_total{stage=\"mic\"",
        "kws_lost_seconds_total{stage=\"fault\",lane=\"main\"} 0.1",
        "kws_ring_blocks{from=\"mic\"",
        "kws_ring_high_water_blocks{from=\"mic\"",
        "kws_real_time_factor ",
        "kws_stage_up{stage=\"mic\",lane=\"mic\"} 1",
        "kws_restarts_total",
        "kws_uptime_seconds",
    ] {
        assert!(text.contains(name), "`{name}` is not in\n{text}");
    }
    run.end();
}

#[test]
fn an_address_that_is_taken_is_an_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let run = crate::bench::features().run(&["features.toml", "--metrics", &address]);
    run.badly(1, &["--metrics", &address, "cannot listen there"]);
}

/// The supervisor hears that the run is ready, and then that it is alive as long as its source is.
#[test]
fn systemd_hears_that_it_is_ready_and_alive() {
    let bench = faulty("gaps = [{ at_ms = 200, length_ms = 100 }]");
    let socket = UnixDatagram::bind(bench.path("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let mut command = bench.command(&["faulty.toml", "--source", "raw:-"]);
    command.env("NOTIFY_SOCKET", bench.path("notify")).env("WATCHDOG_USEC", "8000000");
    let run = Watched::start(&bench, &mut command);
    let hear = || {
        let mut text = [0; 64];
        let length = socket.recv(&mut text).unwrap();
        String::from_utf8(text[..length].to_vec()).unwrap()
    };
    assert_eq!(hear(), "READY=1");
    assert_eq!(hear(), "WATCHDOG=1");
    let id = run.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(std::iter::repeat_with(hear).find(|said| said != "WATCHDOG=1").unwrap(), "STOPPING=1");
    run.end();
}

#[test]
fn lines_for_the_journal_begin_with_their_level() {
    use std::os::unix::fs::MetadataExt;
    let bench = faulty("gaps = [{ at_ms = 200, length_ms = 100 }]\nfault_at_ms = 500");
    let journal = std::fs::File::create(bench.path("journal")).unwrap();
    let about = journal.metadata().unwrap();
    let run = |stream: String| {
        let mut command = bench.command(&["faulty.toml"]);
        let journal = journal.try_clone().unwrap();
        command.env("JOURNAL_STREAM", stream).stderr(journal).status().unwrap();
        let text = bench.read("journal");
        std::fs::write(bench.path("journal"), "").unwrap();
        text
    };
    let text = run(format!("{}:{}", about.dev(), about.ino()));
    assert!(text.contains("<4>gaps: ") && text.contains("<3>error: "), "{text}");
    // The variable is inherited; standard error is not always the journal's.
    let text = run("1:1".to_owned());
    assert!(text.contains("gaps: ") && !text.contains('<'), "{text}");
}
