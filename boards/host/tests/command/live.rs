//! The program while it runs, waiting for more samples on standard input.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, Stdio};
use std::time::Duration;

use crate::bench::{Bench, Ended};

/// Times to look whether the program has ended, 10 ms apart, before it counts as hung: what it is waited for takes
/// milliseconds, and a machine so busy that the program gets no turn lets the test wait for its turns as well.
const LOOKS: u32 = 10_000;

/// A run that ends when it is told to.
pub(crate) struct Live {
    child: Child,
    stderr: BufReader<ChildStderr>,
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
        Live { child, stderr, err: String::new() }
    }

    /// Waits for a line on standard error that begins like this.
    #[track_caller]
    pub(crate) fn says(&mut self, begin: &str) {
        loop {
            let mut line = String::new();
            let more = self.stderr.read_line(&mut line).unwrap() > 0;
            self.err.push_str(&line);
            if line.starts_with(begin) {
                return;
            }
            assert!(more, "it ended without a line that begins `{begin}`: {}", self.err);
        }
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
            std::thread::sleep(Duration::from_millis(10));
        }
        if self.runs() {
            self.child.kill().unwrap();
            panic!("it hangs, after it said: {}", self.err);
        }
        let mut ended = Ended { code: self.child.wait().unwrap().code(), out: String::new(), err: self.err };
        self.child.stdout.take().unwrap().read_to_string(&mut ended.out).unwrap();
        self.stderr.read_to_string(&mut ended.err).unwrap();
        ended
    }
}
