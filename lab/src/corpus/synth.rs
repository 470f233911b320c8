//! Clips by any text-to-speech program.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use sha1::{Digest, Sha1};

use super::stream::SPEECH;
use super::{Build, Draft, Ratios, place};
use crate::audio::{RATE, read_resampled};

/// How espeak-ng is called.
pub const ESPEAK: &str = "espeak-ng -v {voice} -s {speed} -p {pitch} -w {output} {text}";

/// Names that a template may put in braces.
const NAMES: [&str; 5] = ["voice", "speed", "pitch", "output", "text"];

/// Longest time that a program may take for one text.
const PATIENCE: Duration = Duration::from_secs(60);

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
    fn speak(&self, take: &Take) -> Result<Vec<i16>> {
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
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
        ensure!(status.success(), "the program fails ({status}): {last}");
        ensure!(output.is_file(), "the program wrote no sound to `{{output}}`: {last}");
        read_resampled(&output, LONGEST)
    }
}

fn wait(child: &mut Child) -> Result<ExitStatus> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if begin.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            bail!("the program took longer than {} s", PATIENCE.as_secs());
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
        .with_context(|| format!("program `{program}` was not found; {advice}"))
}

/// What is to be spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// A word or a phrase, which becomes its label and a clip of one second.
    Word(String),
    /// A sentence without a keyword: a clip of any length labelled `_speech_`.
    Sentence(String),
}

/// Voices and ways of speaking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Names of voices; each is one speaker.
    pub voices: Vec<String>,
    /// Values for `{speed}`.
    pub speeds: Vec<String>,
    /// Values for `{pitch}`.
    pub pitches: Vec<String>,
    /// Takes of each text, drawn from all combinations; the same ones when more are asked for, and further ones.
    pub takes: usize,
}

impl Sweep {
    /// Voices of espeak-ng that speak English: eight accents with thirteen timbres each, at three speeds and pitches.
    #[must_use]
    pub fn english() -> Self {
        let accents = [
            "en-us",
            "en-gb",
            "en-gb-scotland",
            "en-gb-x-rp",
            "en-gb-x-gbclan",
            "en-gb-x-gbcwmd",
            "en-029",
            "en-us-nyc",
        ];
        let timbres =
            ["", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+f1", "+f2", "+f3", "+f4", "+f5"];
        let voices =
            accents.iter().flat_map(|accent| timbres.iter().map(move |timbre| format!("{accent}{timbre}")));
        let strings = |values: [&str; 3]| values.map(str::to_owned).to_vec();
        Self {
            voices: voices.collect(),
            speeds: strings(["130", "160", "190"]),
            pitches: strings(["35", "50", "65"]),
            takes: 200,
        }
    }

    /// The same with one empty value for what a template does not use.
    fn used_by(&self, template: &Template) -> Self {
        let used =
            |name, values: &[String]| if template.uses(name) { values.to_vec() } else { vec![String::new()] };
        Self {
            voices: used("voice", &self.voices),
            speeds: used("speed", &self.speeds),
            pitches: used("pitch", &self.pitches),
            takes: self.takes,
        }
    }

    /// The takes of a text.
    fn takes(&self, text: &Text) -> Vec<Take> {
        let (said, label) = match text {
            Text::Word(word) => (word.clone(), word.replace(char::is_whitespace, "_")),
            Text::Sentence(sentence) => (sentence.clone(), SPEECH.to_owned()),
        };
        let mut takes = Vec::new();
        for voice in &self.voices {
            for speed in &self.speeds {
                for pitch in &self.pitches {
                    let [voice, speed, pitch] = [voice, speed, pitch].map(Clone::clone);
                    takes.push(Take { text: said.clone(), label: label.clone(), voice, speed, pitch });
                }
            }
        }
        // By hash: a draw that a longer sweep extends instead of changing it.
        takes.sort_by_cached_key(|take| <[u8; 20]>::from(Sha1::digest(take.source())));
        takes.truncate(self.takes);
        takes
    }
}

#[derive(Clone, Debug)]
struct Take {
    text: String,
    label: String,
    voice: String,
    speed: String,
    pitch: String,
}

impl Take {
    /// By which the take is known when it is made again.
    fn source(&self) -> String {
        format!("{}|{}|{}|{}", self.text, self.voice, self.speed, self.pitch)
    }
}

/// Has texts spoken and adds the clips. A voice is one speaker, at whatever pitch. Words are placed in the middle of a
/// second; those that are longer are left out.
///
/// # Errors
/// When the corpus cannot be written.
pub fn synthesise(
    template: &Template,
    texts: &[Text],
    sweep: &Sweep,
    ratios: Ratios,
    build: &mut Build,
) -> Result<()> {
    let sweep = sweep.used_by(template);
    let program = template.program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut drafts = Vec::new();
    for text in texts {
        for take in sweep.takes(text) {
            let speaker = format!("{program}:{}", take.voice);
            let mut columns = vec![("synthesiser", program.clone())];
            columns
                .extend([("voice", &take.voice), ("speed", &take.speed), ("pitch", &take.pitch)].map(owned));
            if let Text::Sentence(sentence) = text {
                columns.push(("sentence", sentence.clone()));
            }
            let placed = matches!(text, Text::Word(_));
            let parts = [&take.voice, &take.speed, &take.pitch].into_iter().filter(|part| !part.is_empty());
            drafts.push(Draft {
                label: take.label.clone(),
                split: ratios.split(&speaker),
                speaker,
                name: parts.map(String::as_str).collect::<Vec<_>>().join("_"),
                source: take.source(),
                columns: columns.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                sound: Box::new(move || {
                    let samples = template.speak(&take)?;
                    if placed { place(&samples, RATE as usize) } else { Ok(samples) }
                }),
            });
        }
    }
    build.add(drafts)
}

fn owned<'a>((name, value): (&'a str, &String)) -> (&'a str, String) {
    (name, value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(voices: &[&str], takes: usize) -> Sweep {
        let strings = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect();
        Sweep { voices: strings(voices), speeds: strings(&["1", "2"]), pitches: strings(&["3", "4"]), takes }
    }

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
            ("no-such-program-here {text}", "`no-such-program-here` was not found"),
        ] {
            let error = Template::parse(template).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_longer_sweep_goes_on_where_a_shorter_one_ended() {
        let text = Text::Word("hey you".to_owned());
        let sources = |sweep: &Sweep| sweep.takes(&text).iter().map(Take::source).collect::<Vec<_>>();
        let (few, many) = (sources(&sweep(&["a", "b"], 3)), sources(&sweep(&["a", "b"], 100)));
        assert_eq!((few.len(), many.len()), (3, 8));
        assert_eq!(many[..3], few);
        assert_eq!(sweep(&["a"], 1).takes(&text)[0].label, "hey_you");
    }
}
