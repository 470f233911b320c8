//! `exec`: a program for each event.

use std::collections::VecDeque;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use kws_engine::{Cost, Design, DesignError, Effect, Kind, Simple, Site, nearest, node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outbox::{Message, Outbox, report};
use crate::sink::names::Names;

/// Runs a program for each event.
///
/// # Reads
/// Events, by one input or several.
///
/// # Runs
/// `command`, without a shell. In its arguments `{label}`, `{point}`, `{score}`, `{time}`, `{stage}` and `{json}` stand for
/// what the event says; the program also finds them in its environment as `KWS_LABEL`, `KWS_POINT`, `KWS_SCORE`,
/// `KWS_TIME`, `KWS_STAGE`, and the event as one line of JSON on its standard input. What it prints goes to standard
/// error. It is ended after `limit_s`. While `at_once` programs run, up to `queue` events wait; more are dropped and
/// counted. The pipeline never waits for a program, except at the end of the stream, for up to 2 s.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "exec"
/// command = ["notify-send", "kws heard {label}", "score {score}"]
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExecParams {
    /// The program and its arguments.
    #[schemars(length(min = 1))]
    command: Vec<String>,
    /// Programs that may run at once.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 64))]
    at_once: u32,
    /// Time after which a program is ended.
    #[serde(default = "default_limit")]
    #[schemars(range(min = 0.1, max = 86_400.0), extend("unit" = "s"))]
    limit_s: f64,
    /// Events that wait while the programs run.
    #[serde(default = "default_queue")]
    #[schemars(range(min = 1, max = 4096), extend("unit" = "events"))]
    queue: u32,
}

fn one() -> u32 {
    1
}

fn default_limit() -> f64 {
    10.0
}

fn default_queue() -> u32 {
    16
}

impl Kind for ExecParams {
    const NAME: &'static str = "exec";
    const EFFECT: Effect = Effect::Acts;
    const INPUTS: std::ops::RangeInclusive<usize> = 1..=usize::MAX;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let names = Names::of_all(site)?;
        if self.command.first().is_none_or(String::is_empty) {
            return Err(DesignError::of("command", "`command` names no program")
                .help("such as `command = [\"notify-send\", \"{label}\"]`"));
        }
        self.look(site);
        Ok(Simple::boxed(None, Cost::default(), move || {
            let runner = Runner {
                command: self.command.clone(),
                at_once: self.at_once as usize,
                limit: Duration::from_secs_f64(self.limit_s),
                running: VecDeque::new(),
            };
            Ok(node(Outbox::start("exec", names.clone(), self.queue, |messages| runner.run(&messages))?))
        }))
    }
}

/// What an argument may name, in the order of a command's values.
const VALUES: [&str; 6] = ["label", "point", "score", "time", "stage", "json"];

impl ExecParams {
    /// Gives a notice of a program that is not on this computer, and of what looks like a misspelt value: both may be meant.
    fn look(&self, site: &Site<'_>) {
        let program = &self.command[0];
        if !is_found(Path::new(program)) {
            site.notice(format!(
                "`command` of `{}`: no program `{program}` is found on this computer",
                site.name
            ));
        }
        for name in self.command[1..].iter().flat_map(|argument| braced(argument)) {
            if !VALUES.contains(&name)
                && let Some(meant) = nearest(name, &VALUES)
            {
                site.notice(format!(
                    "`command` of `{}`: `{{{name}}}` stands for nothing; did you mean `{{{meant}}}`?",
                    site.name
                ));
            }
        }
    }
}

/// What stands in braces.
fn braced(argument: &str) -> impl Iterator<Item = &str> {
    argument.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// Whether the system would find a program.
fn is_found(program: &Path) -> bool {
    if cfg!(not(unix)) || program.components().count() > 1 {
        return cfg!(not(unix)) || program.is_file();
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}

/// How often running programs are looked at.
const POLL: Duration = Duration::from_millis(20);

struct Runner {
    command: Vec<String>,
    at_once: usize,
    limit: Duration,
    /// The oldest first.
    running: VecDeque<(Child, Instant)>,
}

impl Runner {
    fn run(mut self, messages: &Receiver<Message>) {
        loop {
            self.reap();
            if self.running.len() >= self.at_once {
                std::thread::sleep(POLL);
                continue;
            }
            let message = match self.running.is_empty() {
                true => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
                false => messages.recv_timeout(POLL),
            };
            match message {
                Ok(message) => self.start(&message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        while !self.running.is_empty() {
            self.reap();
            std::thread::sleep(POLL);
        }
    }

    fn start(&mut self, message: &Message) {
        let program = &self.command[0];
        match command(&self.command, message).spawn() {
            Ok(mut child) => {
                if let Some(mut input) = child.stdin.take() {
                    // A program that does not read it is free not to.
                    let _ = writeln!(input, "{}", message.json);
                }
                self.running.push_back((child, Instant::now()));
            }
            Err(error) => report("exec", &format!("cannot run `{program}`: {error}")),
        }
    }

    /// Lets go of programs that have ended, and ends those that run too long.
    fn reap(&mut self) {
        let (program, limit) = (&self.command[0], self.limit);
        self.running.retain_mut(|(child, start)| match child.try_wait() {
            Ok(None) if start.elapsed() < limit => true,
            Ok(None) => {
                end(child);
                report("exec", &format!("ended `{program}` after {} s", limit.as_secs_f64()));
                false
            }
            Ok(Some(status)) => {
                if !status.success() {
                    report("exec", &format!("`{program}` failed: {status}"));
                }
                false
            }
            Err(_) => false,
        });
    }
}

/// The command of an event.
fn command(template: &[String], message: &Message) -> Command {
    let score = format!("{:.4}", message.score);
    let texts = [&message.label, &message.point, &score, &message.time, &message.stage, &message.json];
    let values: Vec<(&str, &String)> = VALUES.into_iter().zip(texts).collect();
    let mut command = Command::new(&template[0]);
    command.args(template[1..].iter().map(|argument| fill(argument, &values)));
    for (name, value) in &values[..5] {
        command.env(format!("KWS_{}", name.to_uppercase()), value);
    }
    command.stdin(Stdio::piped()).stdout(std::io::stderr()).stderr(Stdio::inherit());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// Puts values in the place of their names in braces, in one pass: a value is never looked into.
fn fill(argument: &str, values: &[(&str, &String)]) -> String {
    let mut text = String::new();
    let mut rest = argument;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        text.push_str(before);
        let found =
            values.iter().find(|(name, _)| from[1..].strip_prefix(name).is_some_and(|r| r.starts_with('}')));
        match found {
            Some((name, value)) => {
                text.push_str(value);
                rest = &from[name.len() + 2..];
            }
            None => {
                text.push('{');
                rest = &from[1..];
            }
        }
    }
    text.push_str(rest);
    text
}

/// Ends a program, and what it has started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        let group = nix::unistd::Pid::from_raw(child.id() as i32);
        let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::super::outbox::tests::{feed, names};
    use super::*;
    use kws_engine::Stage;

    fn run(command: &[&str], limit: Duration, events: usize) {
        let runner = Runner {
            command: command.iter().map(|part| (*part).to_owned()).collect(),
            at_once: 2,
            limit,
            running: VecDeque::new(),
        };
        let mut outbox = Outbox::start("exec", names(), 16, |messages| runner.run(&messages)).unwrap();
        feed(&mut outbox, events);
        outbox.finish().unwrap();
    }

    #[test]
    fn a_program_learns_of_the_event_by_arguments_environment_and_input() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let script = format!("read json; echo \"$0 $1 $KWS_LABEL $json\" > {}", out.display());
        run(&["sh", "-c", &script, "{label}", "{time}s{{score}"], Duration::from_secs(60), 1);
        let text = std::fs::read_to_string(out).unwrap();
        assert!(text.starts_with("yes 1.240s{0.9700 yes {\"time\":1.240,"), "{text}");
    }

    #[test]
    fn a_value_with_braces_is_not_filled_again() {
        let (label, score) = ("{score}".to_owned(), "1".to_owned());
        assert_eq!(fill("<{label}> {other}", &[("label", &label), ("score", &score)]), "<{score}> {other}");
    }

    #[test]
    fn what_runs_too_long_is_ended_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let pid = folder.path().join("pid");
        let script = format!("sleep 1000 & echo $! > {}; wait", pid.display());
        run(&["sh", "-c", &script], Duration::from_millis(300), 1);
        let pid: i32 = std::fs::read_to_string(pid).unwrap().trim().parse().unwrap();
        let gone = |_| {
            // A killed grandchild stays visible until its new parent has looked at it.
            let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        };
        assert!((0..1000).any(|turn| {
            std::thread::sleep(Duration::from_millis(5));
            gone(turn)
        }));
    }
}
