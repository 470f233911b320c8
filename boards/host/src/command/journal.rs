//! What goes to standard error: to a person, or to the journal of systemd, which reads a level before each line.

use std::fmt::Display;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use anstyle::{AnsiColor, Style};
use crossbeam_channel::Sender;

/// How much a line matters, as the numbers of syslog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Level {
    /// The run ends.
    Error = 3,
    /// Something is lost: a gap, a fault.
    Warning = 4,
    /// What should be known of a run that goes well.
    Notice = 5,
    /// How it goes.
    Info = 6,
}

impl Level {
    /// How the first word of such a line is shown.
    pub(crate) const fn style(self) -> Style {
        match self {
            Level::Error => AnsiColor::Red.on_default().bold(),
            Level::Warning => AnsiColor::Yellow.on_default().bold(),
            Level::Notice => AnsiColor::Yellow.on_default(),
            Level::Info => Style::new(),
        }
    }
}

/// While a terminal view is shown: where lines go, and those that have gone there.
static SHOWN: Mutex<Option<(Sender<String>, Vec<String>)>> = Mutex::new(None);

fn shown() -> MutexGuard<'static, Option<(Sender<String>, Vec<String>)>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on a terminal view shows the messages.
pub(crate) fn show_in(lines: Sender<String>) {
    *shown() = Some((lines, Vec::new()));
}

/// The terminal view is gone: what it showed goes to standard error, where it stays.
pub(crate) fn show_no_more() {
    for line in shown().take().into_iter().flat_map(|(_, messages)| messages) {
        let _ = writeln!(anstream::stderr(), "{line}");
    }
}

/// Tells something. When standard error is gone, there is nowhere left to say so.
pub(crate) fn tell(level: Level, text: impl Display) {
    static JOURNAL: OnceLock<bool> = OnceLock::new();
    if let Some((lines, messages)) = &mut *shown() {
        let text = text.to_string();
        let _ = lines.send(anstream::adapter::strip_str(&text).to_string());
        messages.push(text);
        return;
    }
    let mut stderr = anstream::stderr();
    let _ = if *JOURNAL.get_or_init(kws_service::is_journal) {
        stderr.write_all(prefixed(level, &text.to_string()).as_bytes())
    } else {
        writeln!(stderr, "{text}")
    };
}

/// Every line with its level, and without colours.
fn prefixed(level: Level, text: &str) -> String {
    let plain = anstream::adapter::strip_str(text).to_string();
    let lines = plain.trim_end().lines();
    lines.map(|line| format!("<{}>{line}\n", level as u8)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_reads_a_level_before_every_line() {
        let style = Level::Error.style();
        let text = format!("{style}error:{style:#} a\n  --> b\n");
        assert_eq!(prefixed(Level::Error, &text), "<3>error: a\n<3>  --> b\n");
        assert_eq!(prefixed(Level::Info, "c"), "<6>c\n");
    }
}
