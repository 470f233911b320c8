//! The end of a run whose other end is away.

use std::time::{Duration, Instant};

use crate::carry::News;

/// How long a run that was stopped waits for a connection, to hand over what it holds. A service manager gives longer before it kills.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The wait of a stopped run for its other end.
#[derive(Default)]
pub(crate) struct Handover {
    since: Option<Instant>,
}

impl Handover {
    /// Whether the link is given up: the run was stopped, and nobody has been connected since.
    pub(crate) fn is_given_up(
        &mut self,
        is_stopped: bool,
        is_connected: bool,
        place: &str,
        tell: &mut impl FnMut(News),
    ) -> bool {
        if !is_stopped || is_connected {
            self.since = None;
            return false;
        }
        let since = *self.since.get_or_insert_with(|| {
            tell(News::Leaving(place.to_owned(), TIMEOUT));
            Instant::now()
        });
        since.elapsed() > TIMEOUT
    }
}
