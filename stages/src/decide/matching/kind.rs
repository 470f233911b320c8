//! The kind `match`.

use std::path::{Path, PathBuf};

use kws_engine::firmware::{self, Code};
use kws_engine::{Cost, Design, DesignError, Element, Kind, OperatingPoint, Port, Quant, Role, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::page::bytes;
use super::{MOST_VALUES, Match, Page, Replaceable, STEPS, fingerprint};
use crate::resolved::{Emit, Resolved};

/// Scores how alike an embedding is to words that were enrolled with a few clips.
///
/// # Reads
/// `embedding` i8 `[values]`, as a `classifier` with an `output` writes it.
///
/// # Writes
/// `posterior` i8 `[words]`: the cosine of the embedding less the centre and the word's direction, in 255ths above −128;
/// −128 where it is negative.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct MatchParams {
    /// Enrolled words: files that `kws-lab enrol --word` writes, relative to the folder of the pipeline file.
    #[schemars(length(min = 1, max = 64))]
    pub words: Vec<PathBuf>,
    /// Whether a board may replace the words by those of a page of its flash, which `kws-lab enrol page` writes, without a new
    /// firmware. The names stay; a word counts as heard from a score of 0.5 on, whatever cosine that is.
    #[serde(default)]
    pub replaceable: bool,
}

/// A file that `kws-lab enrol --word` writes.
///
/// Keys that are not named here, such as who spoke and when, are for people and for other tools.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnrolledWord {
    /// The word.
    pub word: String,
    /// The cosine from which on it counts as heard.
    pub on: f64,
    /// How the embedding stores its values, which tells another embedding apart.
    pub embedding: Quant,
    /// What all embeddings have in common.
    pub centre: Vec<i8>,
    /// Where those of the word lie from there.
    pub direction: Vec<i8>,
}

impl EnrolledWord {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// Says what cannot be read, or is no enrolled word.
    pub fn parse(text: &str) -> Result<Self, String> {
        let word: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let (values, centre) = (word.direction.len(), word.centre.len());
        if values != centre || !(1..=MOST_VALUES).contains(&values) {
            return Err(format!(
                "found a `direction` of {values} values and a `centre` of {centre}, expected the same number, 1 to {MOST_VALUES}"
            ));
        }
        if !(0.0..=1.0).contains(&word.on) {
            return Err(format!("found `on = {}`, expected a cosine from 0 to 1", word.on));
        }
        Ok(word)
    }

    /// Steps of the cosine from which on it counts as heard.
    pub(super) fn steps(&self) -> u8 {
        (self.on * f64::from(STEPS)).ceil().clamp(1.0, f64::from(STEPS)) as u8
    }

    fn open(path: &Path, port: &Port, site: &Site<'_>) -> Result<Self, DesignError> {
        let refused = |why: String| {
            DesignError::of("words", format!("cannot use `{}`: {why}", path.display()))
                .help("`kws-lab enrol --word` makes such files from a few clips")
        };
        let bytes = site.assets().read(path).map_err(|error| refused(error.to_string()))?;
        let text = std::str::from_utf8(&bytes).map_err(|error| refused(error.to_string()))?;
        let word = Self::parse(text).map_err(refused)?;
        let from = &site.from[0];
        match port.quant {
            Some(quant) if quant == word.embedding && port.len() == word.centre.len() => Ok(word),
            _ => Err(refused(format!(
                "it was enrolled with another embedding, of {} values of {}; `{from}` writes {port}",
                word.centre.len(),
                word.embedding
            ))),
        }
    }
}

/// The page of flash that replaces the words of a `match`, in their order.
///
/// # Errors
/// When there is none, or they were enrolled with different embeddings or banks.
pub fn page_of(words: &[EnrolledWord]) -> Result<Vec<u8>, String> {
    let Some(first) = words.first() else {
        return Err("found no words, expected at least one".to_owned());
    };
    if let Some(other) =
        words.iter().find(|word| word.embedding != first.embedding || word.centre != first.centre)
    {
        return Err(format!(
            "`{}` was enrolled with another embedding or bank than `{}`: enrol both with the same",
            other.word, first.word
        ));
    }
    let each: Vec<(u8, &[i8])> = words.iter().map(|word| (word.steps(), &word.direction[..])).collect();
    Ok(bytes(fingerprint(first.embedding, first.centre.len()), &first.centre, &each))
}

impl Emit for Replaceable<Vec<i8>, Vec<i8>, Vec<u8>> {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut code = Code::new(site).works(firmware::Work::Integer);
        code.uses("kws_stages::decide::Replaceable");
        let centre = code.table("centre", "What all embeddings have in common.", "i8", &self.centre);
        let directions =
            code.table("directions", "Where those of each word lie from there.", "i8", &self.directions);
        let on = code.table("on", "Steps of the cosine from which on each counts as heard.", "u8", &self.on);
        // It looks at the page before the first block.
        code.start = firmware::Start::Reset;
        let value = format!(
            "Replaceable::new({}, {}, {}, {}, crate::PAGE)",
            centre.value, directions.value, on.value, self.embedding
        );
        Ok(code.is(format!("Replaceable<{}, {}, {}>", centre.of, directions.of, on.of), value))
    }
}

impl Emit for Match<Vec<i8>, Vec<i8>> {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut code = Code::new(site).works(firmware::Work::Integer);
        code.uses("kws_stages::decide::Match");
        let centre = code.table("centre", "What all embeddings have in common.", "i8", &self.centre);
        let directions =
            code.table("directions", "Where those of each word lie from there.", "i8", &self.directions);
        let value = format!("Match::new({}, {})", centre.value, directions.value);
        Ok(code.is(format!("Match<{}, {}>", centre.of, directions.of), value))
    }
}

impl Kind for MatchParams {
    const NAME: &'static str = "match";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let input = site.input_as(&[Element::I8], &[Role::EMBEDDING]).map_err(|error| {
            error.help("put a `classifier` before it whose `output` names the tensor that is the embedding")
        })?;
        let mut words: Vec<EnrolledWord> = Vec::new();
        for path in &self.words {
            let word = EnrolledWord::open(&site.path(path), input, site)?;
            if words.iter().any(|other| other.word == word.word) {
                return Err(DesignError::of(
                    "words",
                    format!("found two files for `{}`, expected one", word.word),
                ));
            }
            if words.first().is_some_and(|first| first.centre != word.centre) {
                let message = format!("`{}` has another `centre` than the words before it", path.display());
                return Err(DesignError::of("words", message).help("enrol all words with the same bank"));
            }
            words.push(word);
        }
        let Some(first) = words.first() else {
            return Err(DesignError::of("words", "found no words, expected at least one file"));
        };
        let centre = first.centre.clone();
        let directions: Vec<i8> = words.iter().flat_map(|word| word.direction.iter().copied()).collect();
        let point = |word: &EnrolledWord| OperatingPoint {
            name: "default".to_owned(),
            label: word.word.clone(),
            on: if self.replaceable { 0.5 } else { word.on },
            off: None,
            curve: Vec::new(),
        };
        let output = Port {
            quant: Some(Quant { scale: 1.0 / STEPS as f32, zero_point: i32::from(i8::MIN) }),
            labels: words.iter().map(|word| word.word.clone()).collect(),
            calibrated: words.iter().map(point).collect(),
            ..input.then(Element::I8, vec![words.len()], Role::POSTERIOR)
        };
        let macs = (centre.len() + directions.len()) as u64;
        let cost = Cost { macs, state: 0, tables: centre.len() + directions.len() };
        if self.replaceable {
            let (on, embedding) =
                (words.iter().map(EnrolledWord::steps).collect(), fingerprint(first.embedding, centre.len()));
            let stage = Replaceable::new(centre, directions, on, embedding, Page::NONE);
            return Ok(Resolved { output, cost, stage }.boxed());
        }
        Ok(Resolved { output, cost, stage: Match::new(centre, directions) }.boxed())
    }
}
