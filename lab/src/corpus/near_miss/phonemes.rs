//! How a word sounds: espeak-ng's phonemes.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::corpus::synth::{ESPEAK, Template};

/// The phonemes of a word or a phrase, in the International Phonetic Alphabet, without stress and length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phonemes(pub(super) Vec<String>);

impl Phonemes {
    /// The phonemes of some texts, as American English.
    ///
    /// # Errors
    /// When espeak-ng is not installed, fails, or gives another count of texts back.
    pub fn of(texts: &[&str]) -> Result<Vec<Self>> {
        let program = Template::parse(ESPEAK)?;
        let mut child = Command::new(program.program())
            .args(["-q", "--ipa", "--sep=_", "-v", "en-us", "--stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start `espeak-ng`")?;
        let mut input = child.stdin.take().context("`espeak-ng` takes no input")?;
        // An empty line ends a clause; without it all texts are one. What is written is read at the end alone, so that
        // neither side waits for the other.
        let text: String = texts.iter().map(|text| format!("{text}\n\n")).collect();
        let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
        let output = child.wait_with_output()?;
        writer.join().ok().context("`espeak-ng` took no input")?.context("`espeak-ng` ended early")?;
        ensure!(output.status.success(), "`espeak-ng` fails ({}) at naming phonemes", output.status);
        let said = String::from_utf8_lossy(&output.stdout);
        let sounds: Vec<Self> =
            said.lines().filter(|line| !line.trim().is_empty()).map(Self::parse).collect();
        ensure!(
            sounds.len() == texts.len(),
            "`espeak-ng` gave the phonemes of {} texts, expected {}",
            sounds.len(),
            texts.len()
        );
        Ok(sounds)
    }

    /// Reads `k_ə_m_p_j_ˈuː_ɾ_ɚ`.
    pub(super) fn parse(line: &str) -> Self {
        let plain = |sound: &str| -> String {
            sound.chars().filter(|c| !matches!(c, 'ˈ' | 'ˌ' | 'ː' | '\u{200d}')).collect()
        };
        let sounds = line.trim().split(['_', ' ']).map(plain).filter(|sound| !sound.is_empty());
        // Vowels that espeak-ng writes in one with what follows are two sounds to whoever hears them.
        Self(sounds.flat_map(|sound| apart(&sound)).collect())
    }

    /// Whether another sequence is heard whole in this one.
    pub(super) fn contains(&self, other: &Self) -> bool {
        self.0.windows(other.0.len().max(1)).any(|part| part == other.0)
    }
}

/// Cuts `ɑːɹ` into vowel and consonant.
fn apart(sound: &str) -> Vec<String> {
    match sound.strip_suffix('ɹ') {
        Some(vowel) if !vowel.is_empty() => vec![vowel.to_owned(), "ɹ".to_owned()],
        _ => vec![sound.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stress_and_length_say_nothing() {
        let marvin = Phonemes::parse("m_ˈɑːɹ_v_ɪ_n\n");
        assert_eq!(marvin.0, ["m", "ɑ", "ɹ", "v", "ɪ", "n"]);
        assert!(marvin.contains(&Phonemes::parse("v_ɪ")));
        assert!(!marvin.contains(&Phonemes::parse("v_ɪ_m")));
    }
}
