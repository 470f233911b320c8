//! How a text-to-speech program is called.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::sweep::Take;
use crate::audio::read_resampled;

/// How espeak-ng is called.
pub const ESPEAK: &str = "espeak-ng -v {voice} -s {speed} -p {pitch} -w {output} {text}";

/// Names that a template may put in braces.
const NAMES: [&str; 5] = ["voice", "speed", "pitch", "output", "text"];

/// Longest time that a program may take for one text.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Longest sentence in seconds.
const LONGEST: f64 = 60.0;

/// A program with its arguments, in which `{voice}`, `{speed}`, `{pitch}`, `{output}` and `{text}` are replaced. It is
/// started without a shell. Without `{text}` it reads the text from its standard input, without `{output}` it writes a
/// sound file to its standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    program: PathBuf,
    arguments: Vec<String>,
}

impl Template {
    /// Splits a template at its blanks; quotes hold together what contains some.
    ///
    /// # Errors
    /// When quotes are not closed, a name in braces is unknown, or the program is not installed.
    pub fn parse(text: &str) -> Result<Self> {
        let parts: Option<Vec<String>> = shlex::split(text);
        let mut parts = parts.with_context(|| format!("a quote of `{text}` is not closed"))?;
        ensure!(!parts.is_empty(), "the command is empty, expected something like `{ESPEAK}`");
        let program = parts.remove(0);
        for part in &parts {
            for name in part.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
            {
                let known = NAMES.map(|name| format!("`{{{name}}}`")).join(", ");
                ensure!(NAMES.contains(&name), "unknown name `{{{name}}}` in `{text}`, expected {known}");
            }
        }
        Ok(Self { program: installed(&program)?, arguments: parts })
    }

    /// Whether a name is replaced somewhere.
    #[must_use]
    pub fn uses(&self, name: &str) -> bool {
        self.arguments.iter().any(|argument| argument.contains(&format!("{{{name}}}")))
    }

    /// Where the program lies.
    pub(in crate::corpus) fn program(&self) -> &Path {
        &self.program
    }

    /// Name of the program without its folder.
    pub(super) fn name(&self) -> String {
        self.program.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn filled(&self, values: [(&str, &str); 5]) -> impl Iterator<Item = String> {
        self.arguments.iter().map(move |argument| {
            // One pass from left to right: what is put in is not looked at again.
            let (mut filled, mut rest) = (String::new(), argument.as_str());
            while let Some(at) = rest.find('{') {
                let value = values.iter().find(|(name, _)| rest[at + 1..].starts_with(&format!("{name}}}")));
                let (name, value) = value.copied().unwrap_or(("", "{"));
                filled.push_str(&rest[..at]);
                filled.push_str(value);
                rest = &rest[at + 1 + if name.is_empty() { 0 } else { name.len() + 1 }..];
            }
            filled + rest
        })
    }

    /// Has a text spoken and gives the sound at 16 kHz.
    pub(super) fn speak(&self, take: &Take) -> Result<Vec<i16>> {
        let folder = tempfile::tempdir()?;
        let (output, errors) = (folder.path().join("spoken.wav"), folder.path().join("errors.txt"));
        let path = output.to_string_lossy();
        let values = [
            ("voice", take.voice.as_str()),
            ("speed", &take.speed),
            ("pitch", &take.pitch),
            ("text", &take.text),
            ("output", &path),
        ];
        let mut command = Command::new(&self.program);
        command.args(self.filled(values));
        command.stdin(if self.uses("text") { Stdio::null() } else { Stdio::piped() });
        command.stdout(if self.uses("output") { Stdio::null() } else { File::create(&output)?.into() });
        command.stderr(File::create(&errors)?);
        let mut child =
            command.spawn().with_context(|| format!("cannot start `{}`", self.program.display()))?;
        if let Some(mut input) = child.stdin.take() {
            // A program that has ended already says why itself.
            drop(writeln!(input, "{}", take.text));
        }
        let status = wait(&mut child)?;
        let said = std::fs::read_to_string(&errors).unwrap_or_default();
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no output");
        ensure!(status.success(), "the program fails ({status}): {last}");
        ensure!(output.is_file(), "the program wrote no audio to `{{output}}`: {last}");
        read_resampled(&output, LONGEST)
    }
}

fn wait(child: &mut Child) -> Result<ExitStatus> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if begin.elapsed() > TIME_LIMIT {
            child.kill()?;
            child.wait()?;
            bail!("the program ran for more than {} s", TIME_LIMIT.as_secs());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Where a program lies.
fn installed(program: &str) -> Result<PathBuf> {
    let path = Path::new(program);
    let folders: Vec<PathBuf> = match path.components().count() {
        1 => {
            std::env::var_os("PATH").map(|paths| std::env::split_paths(&paths).collect()).unwrap_or_default()
        }
        _ => vec![PathBuf::new()],
    };
    let suffix = std::env::consts::EXE_SUFFIX;
    let places = folders.iter().flat_map(|f| [f.join(path), f.join(format!("{program}{suffix}"))]);
    let advice = if program == "espeak-ng" {
        "install it (Debian, Ubuntu: `apt install espeak-ng`; Fedora: `dnf install espeak-ng`; macOS: `brew install \
         espeak-ng`; Windows: `winget install eSpeak-NG.eSpeak-NG`), or name another program with `--command`"
    } else {
        "install it, or name another one with `--command`"
    };
    places
        .into_iter()
        .find(|p| p.is_file())
        .with_context(|| format!("program `{program}` not found; {advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_without_a_shell() {
        let template = Template::parse("true --say '{text} now' {output}{voice} {speed} a{b").unwrap();
        let values =
            [("voice", "v"), ("speed", "{text}"), ("pitch", ""), ("output", "o p"), ("text", "x; rm $HOME")];
        let filled: Vec<String> = template.filled(values).collect();
        assert_eq!(filled, ["--say", "x; rm $HOME now", "o pv", "{text}", "a{b"]);
    }

    #[test]
    fn bad_templates_say_what_is_wrong() {
        for (template, expected) in [
            ("", "empty"),
            ("true 'a", "quote"),
            ("true {word}", "unknown name `{word}`"),
            ("no-such-program-here {text}", "`no-such-program-here` not found"),
        ] {
            let error = Template::parse(template).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
