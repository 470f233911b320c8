//! What is wrong with a pipeline, where, and what to do.

use std::fmt;
use std::ops::Range;

/// Where something was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Bytes of the pipeline file.
    File(Range<usize>),
    /// An override, as it was written on the command line.
    Override(String),
    /// Nowhere in particular.
    Nowhere,
}

/// Why a pipeline cannot be planned. Its `Display` shows file, line, column, the line underlined, and help; so does its
/// `Debug`, with which a `main` that returns it ends.
#[derive(Clone, PartialEq, Eq)]
pub struct PlanError {
    /// What was found and what was expected.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where.
    pub origin: Origin,
    /// File's name and text, filled in by the reader of the file.
    pub(crate) source: Option<(String, String)>,
}

impl PlanError {
    /// An error at a place.
    pub fn at(origin: &Origin, message: impl Into<String>) -> Self {
        PlanError { message: message.into(), help: None, origin: origin.clone(), source: None }
    }

    /// Adds what to do.
    pub fn help(self, help: impl Into<String>) -> Self {
        PlanError { help: Some(help.into()), ..self }
    }

    /// Adds the name that was probably meant, or else all that there are.
    pub fn meant<'a>(self, found: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        match nearest(found, &known) {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None if known.is_empty() => self,
            None => self.help(format!("available: `{}`", known.join("`, `"))),
        }
    }

    pub(crate) fn in_file(self, name: &str, text: &str) -> Self {
        PlanError { source: Some((name.to_owned(), text.to_owned())), ..self }
    }

    /// Line and column, both from 1, where the error is in the file.
    pub fn position(&self) -> Option<(usize, usize)> {
        let (Origin::File(span), Some((_, text))) = (&self.origin, &self.source) else { return None };
        let before = text.get(..span.start.min(text.len()))?;
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Some((line, column))
    }
}

/// The name closest to what was written, if any is close.
pub fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(found, name), *name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match (&self.origin, &self.source) {
            (Origin::File(span), Some((name, text))) => {
                if let Some((line, column)) = self.position() {
                    let shown = text.lines().nth(line - 1).unwrap_or("");
                    // One column each, so that the underline stays below what it marks.
                    let shown = shown.replace(char::is_control, " ");
                    let under = text.get(span.start..span.end.min(text.len()));
                    let under = under.and_then(|under| under.lines().next()).unwrap_or("").chars();
                    let margin = line.to_string();
                    let blank = " ".repeat(margin.len());
                    write!(
                        f,
                        "\n{blank}--> {name}:{line}:{column}\n{blank} |\n{margin} | {shown}\n{blank} | "
                    )?;
                    write!(f, "{}{}", " ".repeat(column - 1), "^".repeat(under.count().max(1)))?;
                }
            }
            (Origin::Override(text), _) => write!(f, "\n --> {text}")?,
            (Origin::Nowhere, Some((name, _))) => write!(f, "\n --> {name}")?,
            _ => {}
        }
        if let Some(help) = &self.help {
            write!(f, "\n  = help: {help}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for PlanError {}
