//! The program while it runs, waiting for more samples on standard input.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::bench::{Bench, Ended};

/// Times to look for a line or for the end of the program, 10 ms apart, before it counts as hung: either takes
/// milliseconds, and a machine so busy that the program gets no turn lets the test wait for its turns as well.
const LOOKS: u32 = 10_000;
const LOOK: Duration = Duration::from_millis(10);

/// A run that ends on request.
pub(crate) struct Live {
    child: Child,
    /// Lines of standard error, as they come.
    lines: Receiver<String>,
    err: String,
}

impl Live {
    /// Starts the program and gives it the folder's second of sound, after which more may come.
    pub(crate) fn start(bench: &Bench, arguments: &[&str]) -> Self {
        let mut child = bench
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let sound = std::fs::read(bench.path("sound.raw")).unwrap();
        child.stdin.as_mut().unwrap().write_all(&sound).unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || stderr.lines().try_for_each(|line| sender.send(line.unwrap() + "\n")));
        Live { child, lines, err: String::new() }
    }

    /// Waits for the next line on standard error, which is to begin like this.
    #[track_caller]
    pub(crate) fn says(&mut self, begin: &str) {
        let line = (0..LOOKS).find_map(|_| match self.lines.recv_timeout(LOOK) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(String::new()),
        });
        if !line.as_ref().is_some_and(|line| line.starts_with(begin)) {
            let _ = self.child.kill();
            panic!("expected a line that begins `{begin}`, found {line:?} after: {}", self.err);
        }
        self.err.extend(line);
    }

    /// Sends a signal by name.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill").arg(format!("-{name}")).arg(id).status().unwrap();
        assert!(sent.success());
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Ends its input.
    pub(crate) fn close(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn ended(mut self) -> Ended {
        for _ in 0..LOOKS {
            if !self.runs() {
                break;
            }
            thread::sleep(LOOK);
        }
        if self.runs() {
            self.child.kill().unwrap();
            panic!("it hangs, after it said: {}", self.err);
        }
        let mut ended = Ended { code: self.child.wait().unwrap().code(), out: String::new(), err: self.err };
        self.child.stdout.take().unwrap().read_to_string(&mut ended.out).unwrap();
        ended.err.extend(self.lines.iter());
        ended
    }
}
