//! In which voices and ways a text is spoken.

use sha1::{Digest, Sha1};

use super::{Template, Text};
use crate::corpus::SPEECH;

/// Voices and ways of speaking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Names of voices; each is one speaker, but for espeak-ng each `+TIMBRE`.
    pub voices: Vec<String>,
    /// Values for `{speed}`.
    pub speeds: Vec<String>,
    /// Values for `{pitch}`.
    pub pitches: Vec<String>,
    /// Takes of each text, drawn from all combinations; the same ones when more are asked for, and further ones.
    pub takes: usize,
}

impl Sweep {
    /// Voices of espeak-ng that speak English: eight accents with 58 timbres each, at three speeds and pitches.
    #[must_use]
    pub fn english() -> Self {
        // Not `en-gb`: that name stands for `en`, and drops the timbre.
        const ACCENTS: &str =
            "en en-us en-gb-scotland en-gb-x-rp en-gb-x-gbclan en-gb-x-gbcwmd en-029 en-us-nyc";
        const TIMBRES: &str = "+m1 +m2 +m3 +m4 +m5 +m6 +m7 +m8 +f1 +f2 +f3 +f4 +f5 +Alex +Alicia +Andrea +Andy +Annie \
            +Denis +Gene +Henrique +Jacky +Lee +Mario +Michael +Mike +Nguyen +adam +anika +aunty +belinda +benjamin \
            +boris +caleb +david +ed +edward +grandma +grandpa +iven +john +linda +marcelo +max +norbert +pablo +paul \
            +pedro +quincy +rob +robert +sandro +shelby +steph +travis +victor +zac";
        let timbres = || std::iter::once("").chain(TIMBRES.split_whitespace());
        let voices = ACCENTS.split_whitespace().flat_map(|a| timbres().map(move |t| format!("{a}{t}")));
        let strings = |values: [&str; 3]| values.map(str::to_owned).to_vec();
        Self {
            voices: voices.collect(),
            speeds: strings(["130", "160", "190"]),
            pitches: strings(["35", "50", "65"]),
            takes: 200,
        }
    }

    /// The same with one empty value for what a template does not use.
    pub(super) fn used_by(&self, template: &Template) -> Self {
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
    pub(super) fn takes(&self, text: &Text) -> Vec<Take> {
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

/// One text in one way of speaking.
#[derive(Clone, Debug)]
pub(super) struct Take {
    pub(super) text: String,
    pub(super) label: String,
    pub(super) voice: String,
    pub(super) speed: String,
    pub(super) pitch: String,
}

impl Take {
    /// By which the take is known when it is made again.
    pub(super) fn source(&self) -> String {
        format!("{}|{}|{}|{}", self.text, self.voice, self.speed, self.pitch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(voices: &[&str], takes: usize) -> Sweep {
        let strings = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect();
        Sweep { voices: strings(voices), speeds: strings(&["1", "2"]), pitches: strings(&["3", "4"]), takes }
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
