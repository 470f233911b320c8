//! The word that was enrolled in the page.

use std::cell::RefCell;

use kws_engine::{Block, Flow, Stage, StageFault};
use kws_stages::decide::Match;

/// A word that was enrolled.
#[derive(Default)]
pub(crate) struct Word {
    /// Its label.
    pub(crate) label: String,
    /// The cosine from which on it counts as heard.
    pub(crate) on: f32,
    centre: Vec<i8>,
    direction: Vec<i8>,
}

thread_local! {
    static WORD: RefCell<Word> = RefCell::default();
}

/// Hands over the word that was enrolled last.
pub(crate) fn with<T>(call: impl FnOnce(&Word) -> T) -> T {
    WORD.with_borrow(call)
}

/// Takes a word: the cosine from which on it counts as heard as float64, then the centre and the direction as int8.
pub(crate) fn take(label: &str, bytes: &[u8]) -> Result<(), String> {
    let (on, rest) = bytes.split_first_chunk().ok_or("it is no enrolled word")?;
    let values: Vec<i8> = rest.iter().map(|byte| *byte as i8).collect();
    let (centre, direction) = values.split_at(values.len() / 2);
    let on = f64::from_le_bytes(*on) as f32;
    WORD.set(Word {
        label: label.to_owned(),
        on,
        centre: centre.to_owned(),
        direction: direction.to_owned(),
    });
    Ok(())
}

/// Runs a call while no word is heard, in embeddings of so many values.
pub(crate) fn without<T>(values: usize, call: impl FnOnce() -> T) -> T {
    let none = Word { on: 1.0, centre: vec![0; values], direction: vec![0; values], ..Word::default() };
    let word = WORD.replace(none);
    let result = call();
    WORD.set(word);
    result
}

/// The stage `match`, of the word that was enrolled last.
pub(crate) struct Enrolled;

impl Stage for Enrolled {
    type In = i8;
    type Out = i8;

    fn process(&mut self, input: Block<'_, i8>, output: &mut [i8]) -> Result<Flow, StageFault> {
        with(|word| Match::new(&word.centre, &word.direction).process(input, output))
    }
}

/// A line of JSON with the word's label in place of the one that the module was built with.
pub(crate) fn named(line: Vec<u8>) -> Vec<u8> {
    if !crate::about::ENROLS {
        return line;
    }
    let label = with(|word| escaped(&word.label));
    String::from_utf8_lossy(&line).replace("{word}", &label).into_bytes()
}

/// A label within the quotes of JSON.
pub(crate) fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"")
}
