//! The log: lines on standard error, as the journal of systemd or a person reads them.

use std::io::Write;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use log::{Level, LevelFilter, Log, Metadata, Record};

/// Lines of a second. More of them, as a storm of hostile clients makes, are counted.
const MAX_LINES: u32 = 100;

struct Journal {
    /// Whether lines begin with a syslog priority in place of the time: systemd reads it and adds the time.
    prefixed: bool,
    storm: Mutex<Storm>,
}

/// The present second.
#[derive(Default)]
struct Storm {
    second: u64,
    lines: u32,
    dropped: u32,
}

/// Lets `log` write to standard error.
pub(crate) fn install(level: LevelFilter) {
    let prefixed = std::env::var_os("JOURNAL_STREAM").is_some();
    let journal = Journal { prefixed, storm: Mutex::default() };
    // Whoever has installed another one has it.
    if log::set_boxed_logger(Box::new(journal)).is_ok() {
        log::set_max_level(level);
    }
}

impl Log for Journal {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level() && metadata.target().starts_with("kws")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut storm = self.storm.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if storm.second != now.as_secs() {
            let dropped = std::mem::take(&mut *storm).dropped;
            storm.second = now.as_secs();
            if dropped > 0 {
                self.write(
                    now.as_secs(),
                    Level::Warn,
                    &format_args!("{dropped} lines of the log were dropped"),
                );
            }
        }
        storm.lines += 1;
        if storm.lines > MAX_LINES && record.level() > Level::Error {
            storm.dropped += 1;
            return;
        }
        self.write(now.as_secs(), record.level(), record.args());
    }

    fn flush(&self) {}
}

impl Journal {
    fn write(&self, seconds: u64, level: Level, text: &std::fmt::Arguments<'_>) {
        let (priority, name) = match level {
            Level::Error => (3, "error"),
            Level::Warn => (4, "warning"),
            Level::Info => (6, "info"),
            Level::Debug | Level::Trace => (7, "debug"),
        };
        // What cannot be told on standard error cannot be told anywhere.
        let _ = if self.prefixed {
            std::io::stderr().write_all(format!("<{priority}>{text}\n").as_bytes())
        } else {
            std::io::stderr().write_all(format!("{} {name}: {text}\n", rfc3339(seconds)).as_bytes())
        };
    }
}

/// Seconds since 1970 as RFC 3339 has them, in UTC.
fn rfc3339(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years begin in March, so that the leap day comes last: Hinnant, "chrono-compatible low-level date algorithms".
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(rfc3339(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(rfc3339(1_795_869_296), "2026-11-28T12:34:56Z");
        assert_eq!(rfc3339(4_107_542_400), "2100-03-01T00:00:00Z");
    }
}
