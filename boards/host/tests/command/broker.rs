//! A real MQTT broker, mosquitto, and clients of it that are not ours.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longest wait for anything: only a test that fails takes as long.
const TIMEOUT: Duration = Duration::from_secs(120);

/// mosquitto on a free port, which keeps what it holds from one start to the next.
pub(crate) struct Broker {
    pub(crate) port: u16,
    dir: tempfile::TempDir,
    child: Option<Child>,
}

/// Waits until something holds.
#[track_caller]
pub(crate) fn wait(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < TIMEOUT, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Broker {
    /// Starts one with further lines of configuration; none where mosquitto is not installed.
    pub(crate) fn start(configuration: &str) -> Option<Self> {
        let found = Command::new("mosquitto").arg("-h").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if found.is_err() {
            println!(
                "SKIPPED: mosquitto is not installed (Debian: `apt install mosquitto mosquitto-clients`)"
            );
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().display();
        let text = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {folder}/\nuser root\n{configuration}\n"
        );
        std::fs::write(dir.path().join("mosquitto.conf"), text).unwrap();
        let mut broker = Broker { port, dir, child: None };
        broker.restart();
        Some(broker)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn restart(&mut self) {
        self.stop();
        let log = std::fs::File::create(self.path("log")).unwrap();
        let mut command = Command::new("mosquitto");
        command.arg("-c").arg(self.path("mosquitto.conf")).stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().unwrap());
        wait("mosquitto", || TcpStream::connect(("127.0.0.1", self.port)).is_ok());
    }

    /// Ends it in order: it writes down what it holds.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            Command::new("kill").arg(child.id().to_string()).status().unwrap();
            child.wait().unwrap();
        }
    }

    fn client(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]).args(arguments);
        command
    }

    /// What the broker keeps on a topic.
    pub(crate) fn retained(&self, topic: &str) -> Option<String> {
        let arguments = ["-t", topic, "-C", "1", "-W", "2", "--retained-only", "-N"];
        let output = self.client("mosquitto_sub", &arguments).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    pub(crate) fn publish(&self, topic: &str, payload: &str) {
        let status = self.client("mosquitto_pub", &["-q", "1", "-t", topic, "-m", payload]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A subscriber to everything, for which the broker keeps what it misses.
pub(crate) struct Subscriber {
    child: Child,
    heard: Arc<Mutex<Vec<(String, String)>>>,
}

impl Subscriber {
    pub(crate) fn to(broker: &Broker) -> Self {
        let arguments = ["-t", "#", "-v", "-q", "1", "-c", "-i", "subscriber"];
        let mut child = broker.client("mosquitto_sub", &arguments).stdout(Stdio::piped()).spawn().unwrap();
        let heard: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
        let (lines, to) = (BufReader::new(child.stdout.take().unwrap()).lines(), heard.clone());
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let (topic, payload) = line.split_once(' ').unwrap_or((&line, ""));
                to.lock().unwrap().push((topic.to_owned(), payload.to_owned()));
            }
        });
        let subscriber = Subscriber { child, heard };
        wait("the subscriber", || {
            broker.publish("ready", "yes");
            !subscriber.on("ready").is_empty()
        });
        subscriber
    }

    /// What has come on a topic.
    pub(crate) fn on(&self, topic: &str) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|(on, _)| on == topic).map(|(_, payload)| payload.clone()).collect()
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
