//! Words that are easily taken for a keyword, found by how they sound.
//!
//! espeak-ng gives the phonemes of the keyword and of some thousand common words; the nearest ones by a weighted edit
//! distance are the near misses that a model must learn to tell from its keyword.

mod distance;
mod phonemes;

use anyhow::Result;

use distance::distance;
pub use phonemes::Phonemes;

/// Common English words, one a line.
const WORDS: &str = include_str!("words.txt");

/// Words that sound most like one of the keywords, the nearest first, at most `count` of each keyword.
///
/// Left out are words that sound the same, and those in which the keyword is heard whole, such as "computers" for
/// "computer": whoever says one says the other.
///
/// # Errors
/// When espeak-ng is not installed or fails.
pub fn near_misses(keywords: &[String], count: usize) -> Result<Vec<String>> {
    let words: Vec<&str> = WORDS.lines().collect();
    let sounds = Phonemes::of(&words)?;
    let spoken: Vec<&str> = keywords.iter().map(String::as_str).collect();
    let spoken = Phonemes::of(&spoken)?;
    let mut found: Vec<String> = Vec::new();
    for keyword in &spoken {
        let mut ranked: Vec<(f32, &str)> = words
            .iter()
            .zip(&sounds)
            .filter(|(_, sound)| spoken.iter().all(|keyword| !sound.contains(keyword)))
            .map(|(word, sound)| (distance(keyword, sound), *word))
            .collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)));
        for (_, word) in ranked.into_iter().take(count) {
            if !found.iter().any(|known| known == word) {
                found.push(word.to_owned());
            }
        }
    }
    Ok(found)
}

/// Common words for a model to know what else people say, spread evenly over the alphabet, without those in `but`.
#[must_use]
pub fn spread(count: usize, but: &[String]) -> Vec<String> {
    let words: Vec<&str> = WORDS.lines().filter(|word| !but.iter().any(|b| b == word)).collect();
    let step = words.len() as f64 / count.clamp(1, words.len()) as f64;
    (0..count.min(words.len())).map(|i| words[(i as f64 * step) as usize].to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::synth::Template;

    #[test]
    fn near_misses_of_computer_sound_like_it() {
        if Template::parse("espeak-ng {text}").is_err() {
            println!("SKIPPED: espeak-ng is not installed");
            return;
        }
        let found = near_misses(&["computer".into(), "stop".into()], 12).unwrap();
        for word in ["commuter", "compute", "computing", "step", "stoop"] {
            assert!(found.iter().any(|f| f == word), "`{word}` is missing in {found:?}");
        }
        for word in ["computer", "stop", "stopped", "banana"] {
            assert!(found.iter().all(|f| f != word), "`{word}` is in {found:?}");
        }
    }

    #[test]
    fn the_list_holds_each_word_once() {
        let words: Vec<&str> = WORDS.lines().collect();
        assert!(
            words.windows(2).all(|pair| pair[0] < pair[1]),
            "the list is not sorted, or names a word twice"
        );
        assert!(words.iter().all(|word| word.bytes().all(|b| b.is_ascii_lowercase())));
    }
}
