//! A session that keeps what comes out of it.

use crate::inbox::Inbox;
use crate::{Block, Heard, Plan, RunError, Samples, Session, SessionError};

/// A session that keeps what comes out of it until it is asked: for programs that are better asked than called back, such
/// as those in other languages. Take events and blocks after each push: they are kept until then.
pub struct Stream {
    session: Session,
    sources: Vec<String>,
    inbox: Inbox,
}

impl Stream {
    /// A stream that runs a plan.
    ///
    /// # Errors
    /// When a stage cannot be built.
    pub fn new(plan: &Plan) -> Result<Self, RunError> {
        let session = plan.session()?;
        let sources = session.sources().map(|(name, _)| name.to_owned()).collect();
        Ok(Stream { session, sources, inbox: Inbox::default() })
    }

    /// Names of its sources.
    #[must_use]
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    /// Keeps every block of a stage from now on. Call it before the first push.
    ///
    /// # Errors
    /// As [`Session::tap`].
    pub fn tap(&mut self, stage: &str) -> Result<(), SessionError> {
        self.session.tap(stage)
    }

    /// Pushes items into a source, or without a name into the only one; how many were taken.
    ///
    /// # Errors
    /// As [`Session::push`], and when no source is named and there are several.
    pub fn push(&mut self, source: Option<&str>, samples: Samples<'_>) -> Result<usize, SessionError> {
        let source = named(&self.sources, source)?;
        let inbox = &mut self.inbox;
        samples.push(&mut self.session, source, |output| inbox.keep(&output))
    }

    /// Says that the program lost ticks of a source, or without a name of the only one.
    ///
    /// # Errors
    /// As [`Session::lose`], and when no source is named and there are several.
    pub fn lose(&mut self, source: Option<&str>, ticks: u64) -> Result<(), SessionError> {
        self.session.lose(named(&self.sources, source)?, ticks)
    }

    /// Ends all sources and works off what is left.
    ///
    /// # Errors
    /// As [`Session::finish`].
    pub fn finish(&mut self) -> Result<(), SessionError> {
        let inbox = &mut self.inbox;
        self.session.finish(|output| inbox.keep(&output))
    }

    /// Begins a new stream, with everything forgotten, what was not taken too.
    pub fn reset(&mut self) {
        self.session.reset();
        self.inbox = Inbox::default();
    }

    /// Takes the oldest event.
    pub fn next_event(&mut self) -> Option<Heard> {
        self.inbox.events.pop_front()
    }

    /// Takes the oldest block of the tapped stages.
    pub fn next_block(&mut self) -> Option<Block> {
        self.inbox.blocks.pop_front()
    }
}

fn named<'a>(sources: &'a [String], source: Option<&'a str>) -> Result<&'a str, SessionError> {
    match (source, sources) {
        (Some(source), _) => Ok(source),
        (None, [only]) => Ok(only),
        (None, _) => Err(SessionError::Unnamed { known: sources.to_vec() }),
    }
}
