//! The file of an enrolled word, which the stage `match` reads.

use alloc::string::String;
use core::fmt::{self, Write};

use super::Prototype;

/// Who was enrolled, and that they agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize))]
pub struct Enrolled {
    /// Whose voice it is.
    pub speaker: String,
    /// What they agreed to, in their words.
    pub consent: String,
    /// When, as `2026-11-29`.
    pub date: String,
    /// Clips.
    pub clips: usize,
}

/// An enrolled word, and how it came to be. Its text is TOML.
#[derive(Clone, Copy, Debug)]
pub struct WordFile<'a> {
    /// The word.
    pub word: &'a str,
    /// What it is compared with.
    pub prototype: &'a Prototype,
    /// The share of other words in the bank that it accepts.
    pub accepts: f64,
    /// Real value of one step of the embedding, which tells another embedding apart.
    pub scale: f32,
    /// The stored value of the embedding that means 0.
    pub zero_point: i32,
    /// Who enrolled it.
    pub enrolled: &'a Enrolled,
}

impl fmt::Display for WordFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Prototype { on, centre, direction } = self.prototype;
        let Enrolled { speaker, consent, date, clips } = self.enrolled;
        writeln!(f, "word = {}\non = {on:?}", Quoted(self.word))?;
        writeln!(f, "centre = {centre:?}\ndirection = {direction:?}\naccepts = {:?}\n", self.accepts)?;
        writeln!(f, "[embedding]\nscale = {:?}\nzero_point = {}\n", self.scale, self.zero_point)?;
        writeln!(f, "[enrolled]\nspeaker = {}\nconsent = {}", Quoted(speaker), Quoted(consent))?;
        writeln!(f, "date = {}\nclips = {clips}", Quoted(date))
    }
}

/// A basic string of TOML.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for letter in self.0.chars() {
            match letter {
                '"' | '\\' => write!(f, "\\{letter}")?,
                letter if letter.is_control() => write!(f, "\\u{:04X}", u32::from(letter))?,
                letter => f.write_char(letter)?,
            }
        }
        f.write_char('"')
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned;
    use alloc::vec;

    #[test]
    fn the_stage_reads_what_is_written() {
        let prototype = Prototype { on: 1.0, centre: vec![-128, 3], direction: vec![127, -1] };
        let [speaker, consent, date] =
            ["an\"na\\", "yes,\n\"for\" this \u{7f}house", "2026-11-29"].map(str::to_owned);
        let enrolled = Enrolled { speaker, consent, date, clips: 5 };
        let (accepts, scale, zero_point) = (0.05, 0.1, -128);
        let file = WordFile {
            word: "lu\tmos",
            prototype: &prototype,
            accepts,
            scale,
            zero_point,
            enrolled: &enrolled,
        };
        let text = alloc::format!("{file}");
        let word = crate::decide::EnrolledWord::parse(&text).unwrap();
        assert_eq!((word.word.as_str(), word.on, word.embedding.scale), ("lu\tmos", 1.0, 0.1));
        assert_eq!((word.centre, word.direction), (prototype.centre.clone(), prototype.direction.clone()));
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table["enrolled"].clone().try_into::<Enrolled>().unwrap(), enrolled);
    }
}
