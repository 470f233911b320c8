//! Known text-to-speech programs: how to run each, and which of its English voices are installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use super::{ESPEAK, Sweep, Template};

/// An installed program with its voices.
#[derive(Clone, Debug)]
pub struct Engine {
    /// Its name.
    pub name: &'static str,
    /// How to run it.
    pub template: Template,
    /// Its English voices, and how fast and high they speak.
    pub sweep: Sweep,
    /// Its share of the takes if several programs are installed. A program with hundreds of voices gets more than one
    /// with three.
    pub weight: f64,
}

/// The programs, and how to install each.
pub const KNOWN: [(&str, &str); 4] = [
    ("espeak-ng", "Debian, Ubuntu: `apt install espeak-ng`; macOS: `brew install espeak-ng`"),
    ("flite", "Debian, Ubuntu: `apt install flite`; macOS: `brew install flite`"),
    ("festival", "Debian, Ubuntu: `apt install festival festvox-us-slt-hts festvox-kallpc16k`"),
    (
        "piper",
        "`pip install piper-tts`, and a voice's `.onnx` and `.onnx.json` in a folder that `KWS_PIPER_VOICES` names",
    ),
];

impl Engine {
    /// Every known program that is installed and has an English voice.
    ///
    /// # Errors
    /// When none is.
    pub fn installed() -> Result<Vec<Self>> {
        let found: Vec<Self> = KNOWN.iter().filter_map(|(name, _)| Self::find(name)).collect();
        if found.is_empty() {
            let ways: Vec<String> = KNOWN.iter().map(|(name, how)| format!("  {name}: {how}")).collect();
            bail!(
                "no text-to-speech program was found; install one or several of these, or name another with \
                 `--command`:\n{}",
                ways.join("\n")
            );
        }
        Ok(found)
    }

    /// A program by its name.
    ///
    /// # Errors
    /// When it is unknown, not installed, or has no English voice.
    pub fn named(name: &str) -> Result<Self> {
        let Some((_, how)) = KNOWN.iter().find(|(known, _)| *known == name) else {
            let names = KNOWN.map(|(name, _)| format!("`{name}`")).join(", ");
            bail!("`{name}` is no program that is known, expected {names}; call any other by `--command`");
        };
        match Self::find(name) {
            Some(engine) => Ok(engine),
            None => bail!("`{name}` is not installed or has no English voice ({how})"),
        }
    }

    fn find(name: &str) -> Option<Self> {
        match name {
            "espeak-ng" => Some(Self {
                name: "espeak-ng",
                template: Template::parse(ESPEAK).ok()?,
                sweep: Sweep::english(),
                weight: 0.7,
            }),
            "flite" => flite(),
            "festival" => festival(),
            _ => piper(),
        }
    }
}

fn strings<const N: usize>(values: [&str; N]) -> Vec<String> {
    values.map(str::to_owned).to_vec()
}

/// flite: the speed is how long a sound lasts, the pitch a factor.
fn flite() -> Option<Engine> {
    let template = Template::parse(
        "flite -voice {voice} --setf duration_stretch={speed} --setf f0_shift={pitch} -t {text} -o {output}",
    )
    .ok()?;
    let list = Command::new(template.program()).arg("-lv").stdin(Stdio::null()).output().ok()?;
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    let voices = flite_voices(&list);
    let sweep = Sweep {
        voices,
        speeds: strings(["0.8", "0.9", "1.0", "1.15", "1.3"]),
        pitches: strings(["0.8", "0.9", "1.0", "1.1", "1.25"]),
        takes: 200,
    };
    (!sweep.voices.is_empty()).then_some(Engine { name: "flite", template, sweep, weight: 0.2 })
}

/// The voices in `Voices available: kal awb_time kal16 …`, but for those that tell the time alone, and the telephone's
/// twin of another.
fn flite_voices(list: &str) -> Vec<String> {
    let names = list.split_once("Voices available:").map_or("", |(_, names)| names).split_whitespace();
    names.filter(|name| !name.ends_with("_time") && *name != "kal").map(str::to_owned).collect()
}

/// festival: voices lie in folders by language.
fn festival() -> Option<Engine> {
    let template = Template::parse(
        "text2wave -eval '(voice_{voice})' -eval \"(Parameter.set 'Duration_Stretch {speed})\" -o {output}",
    )
    .ok()?;
    let root = Path::new("/usr/share/festival/voices");
    let mut voices: Vec<String> =
        ["english", "us"].iter().flat_map(|language| names(&root.join(language))).collect();
    voices.sort();
    let sweep = Sweep {
        voices,
        speeds: strings(["0.8", "0.9", "1.0", "1.1", "1.2", "1.35"]),
        pitches: Vec::new(),
        takes: 200,
    };
    (!sweep.voices.is_empty()).then_some(Engine { name: "festival", template, sweep, weight: 0.05 })
}

/// piper: each voice is a network in a file; the speed is how long a sound lasts.
fn piper() -> Option<Engine> {
    let template =
        Template::parse("piper -m {voice} --length-scale {speed} --noise-scale {pitch} -f {output}").ok()?;
    let mut voices: Vec<String> = piper_folders().iter().flat_map(|folder| piper_voices(folder)).collect();
    voices.sort();
    let sweep = Sweep {
        voices,
        speeds: strings(["0.85", "1.0", "1.15", "1.3", "1.5"]),
        pitches: strings(["0.4", "0.667", "0.9"]),
        takes: 200,
    };
    (!sweep.voices.is_empty()).then_some(Engine { name: "piper", template, sweep, weight: 0.15 })
}

/// Where piper's voices are looked for.
fn piper_folders() -> Vec<PathBuf> {
    let named = std::env::var_os("KWS_PIPER_VOICES");
    let named = named.iter().flat_map(std::env::split_paths);
    let home = std::env::home_dir().into_iter();
    let usual =
        home.flat_map(|home| [".local/share/piper", ".local/share/piper-voices"].map(|f| home.join(f)));
    named.chain(usual).collect()
}

/// English voices of a folder: files `en_*.onnx` with their `.onnx.json`.
fn piper_voices(folder: &Path) -> Vec<String> {
    let voice = |name: &String| {
        name.starts_with("en") && name.ends_with(".onnx") && folder.join(format!("{name}.json")).is_file()
    };
    names(folder)
        .into_iter()
        .filter(voice)
        .map(|name| folder.join(name).to_string_lossy().into_owned())
        .collect()
}

/// Names of what lies in a folder; none where there is no such folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flite_lists_its_voices() {
        assert_eq!(
            flite_voices("Voices available: kal awb_time kal16 awb rms slt \n"),
            ["kal16", "awb", "rms", "slt"]
        );
        assert!(flite_voices("flite: no voices").is_empty());
    }

    #[test]
    fn piper_voices_are_english_and_have_their_configuration() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "en_US-joe.onnx",
            "en_US-joe.onnx.json",
            "en_GB-alan.onnx",
            "de_DE-eva.onnx",
            "de_DE-eva.onnx.json",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = piper_voices(folder.path());
        assert_eq!(found, [folder.path().join("en_US-joe.onnx").to_string_lossy()]);
        assert!(piper_voices(&folder.path().join("none")).is_empty());
    }

    #[test]
    fn an_unknown_program_is_refused_by_name() {
        let error = Engine::named("sam").unwrap_err().to_string();
        assert!(error.contains("`sam`") && error.contains("`espeak-ng`"), "{error}");
    }
}
