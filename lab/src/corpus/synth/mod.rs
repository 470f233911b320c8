//! Clips by any text-to-speech program.

mod engine;
mod sweep;
mod template;

use std::path::Path;

use anyhow::Result;

use super::{Build, Content, Draft, Ratios, place};
use crate::audio::RATE;

pub use engine::{Engine, KNOWN};
pub use sweep::Sweep;
pub use template::{ESPEAK, Template};

/// What is to be spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// A word or a phrase, which becomes its label and a clip of one second.
    Word(String),
    /// A sentence without a keyword: a clip of any length labelled `_speech_`.
    Sentence(String),
}

/// Has texts spoken and adds the clips. A voice is one speaker, at whatever pitch; of espeak-ng's voices each timbre is.
/// Words are placed in the middle of a second; those that are longer are left out.
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
    let program = template.name();
    let mut drafts = Vec::new();
    for text in texts {
        for take in sweep.takes(text) {
            let voice = timbre(&program, &take.voice);
            let speaker = format!("{program}:{voice}");
            let mut columns = vec![("synthesiser", program.clone())];
            columns
                .extend([("voice", &take.voice), ("speed", &take.speed), ("pitch", &take.pitch)].map(owned));
            if let Text::Sentence(sentence) = text {
                columns.push(("sentence", sentence.clone()));
            }
            let placed = matches!(text, Text::Word(_));
            let voice = if program.starts_with("espeak") { take.voice.as_str() } else { voice };
            let parts =
                [voice, take.speed.as_str(), take.pitch.as_str()].into_iter().filter(|part| !part.is_empty());
            drafts.push(Draft {
                label: take.label.clone(),
                split: ratios.split(&speaker),
                speaker,
                name: parts.collect::<Vec<_>>().join("_"),
                source: take.source(),
                columns: columns.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                content: Content::sound(move || {
                    let samples = template.speak(&take)?;
                    if placed { Ok(place(&samples, RATE as usize)?) } else { Ok(samples) }
                }),
            });
        }
    }
    build.add(drafts)
}

/// What in a voice's name tells one speaker from another: all of it, but in espeak-ng's `ACCENT+TIMBRE` the timbre, as
/// the accents of one timbre are nearly the same recordings, and of a file its name.
fn timbre<'a>(program: &str, voice: &'a str) -> &'a str {
    match voice.split_once('+') {
        Some((_, timbre)) if program.starts_with("espeak") => timbre,
        None if program.starts_with("espeak") => "plain",
        _ => Path::new(voice).file_stem().and_then(|stem| stem.to_str()).unwrap_or(voice),
    }
}

fn owned<'a>((name, value): (&'a str, &String)) -> (&'a str, String) {
    (name, value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_of_one_timbre_are_one_speaker_of_espeak_alone() {
        assert_eq!([timbre("espeak-ng", "en-us+f2"), timbre("espeak-ng", "en-029+f2")], ["f2", "f2"]);
        assert_eq!([timbre("espeak-ng", "en"), timbre("piper", "en+f2")], ["plain", "en+f2"]);
        assert_eq!(timbre("piper", "/voices/en_US-joe.onnx"), "en_US-joe");
        assert_eq!(Sweep::english().voices.len(), 464);
    }
}
