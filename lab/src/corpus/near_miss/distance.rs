//! How unlike two sequences of phonemes sound: an edit distance in which like sounds are cheap to exchange.

use super::Phonemes;

/// What a sound that only one of two words has costs.
const LONE: f32 = 0.8;
/// The same of a weak vowel, which is half swallowed.
const LONE_WEAK: f32 = 0.4;

/// The cost of turning one sequence into the other, by sound of the longer one: 0 for the same, about 1 for words that
/// share nothing.
pub(super) fn distance(a: &Phonemes, b: &Phonemes) -> f32 {
    let (a, b) = (&a.0, &b.0);
    let mut before: Vec<f32> = std::iter::once(0.0)
        .chain(b.iter().scan(0.0, |sum, sound| {
            *sum += lone(sound);
            Some(*sum)
        }))
        .collect();
    for sound in a {
        let mut row = vec![before[0] + lone(sound)];
        for (j, other) in b.iter().enumerate() {
            let exchanged = before[j] + unlike(sound, other);
            let missing = (before[j + 1] + lone(sound)).min(row[j] + lone(other));
            row.push(exchanged.min(missing));
        }
        before = row;
    }
    before[b.len()] / a.len().max(b.len()).max(1) as f32
}

fn lone(sound: &str) -> f32 {
    if Class::of(sound) == Class::Weak { LONE_WEAK } else { LONE }
}

/// Manner of a sound: those of one manner are easily taken for each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Weak,
    Vowel,
    Stop,
    Fricative,
    Nasal,
    Approximant,
}

impl Class {
    fn of(sound: &str) -> Self {
        let first = sound.chars().next().unwrap_or(' ');
        match first {
            'ə' | 'ɐ' | 'ᵻ' | 'ɚ' | 'ɪ' if sound.chars().count() == 1 => Self::Weak,
            'p' | 'b' | 't' | 'd' | 'k' | 'ɡ' | 'ɾ' | 'ʔ' => Self::Stop,
            'f' | 'v' | 'θ' | 'ð' | 's' | 'z' | 'ʃ' | 'ʒ' | 'h' | 'x' => Self::Fricative,
            'm' | 'n' | 'ŋ' => Self::Nasal,
            'l' | 'ɹ' | 'r' | 'w' | 'j' => Self::Approximant,
            _ => Self::Vowel,
        }
    }
}

/// What exchanging one sound for another costs.
fn unlike(a: &str, b: &str) -> f32 {
    if a == b {
        return 0.0;
    }
    match (Class::of(a), Class::of(b)) {
        (Class::Weak, Class::Weak) => 0.15,
        (Class::Weak, Class::Vowel) | (Class::Vowel, Class::Weak) => 0.4,
        (Class::Vowel, Class::Vowel) => 0.5,
        (x, y) if x == y => 0.45,
        (Class::Weak | Class::Vowel, _) | (_, Class::Weak | Class::Vowel) => 1.2,
        _ => 0.8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_words_are_near() {
        let sounds = |text: &str| Phonemes::parse(text);
        let computer = sounds("k_ə_m_p_j_ˈuː_ɾ_ɚ");
        let commuter = sounds("k_ə_m_j_ˈuː_ɾ_ɚ");
        let banana = sounds("b_ə_n_ˈæ_n_ə");
        assert_eq!(distance(&computer, &computer), 0.0);
        assert_eq!(distance(&computer, &commuter), distance(&commuter, &computer));
        assert!((distance(&computer, &commuter) - 0.8 / 8.0).abs() < 1e-6);
        assert!(distance(&computer, &banana) > 0.4);
        assert!(
            distance(&sounds("b_ˈɛ_d"), &sounds("b_ˈæ_d")) < distance(&sounds("b_ˈɛ_d"), &sounds("f_ˈɛ_d"))
        );
    }
}
