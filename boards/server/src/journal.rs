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
    let prefixed = kws_service::is_journal();
    let journal = Journal { prefixed, storm: Mutex::default() };
    // Whoever has installed another one has it.
    if log::set_logger(Box::leak(Box::new(journal))).is_ok() {
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
        let now = SystemTime::now();
        let second = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut storm = self.storm.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if storm.second != second {
            let dropped = std::mem::take(&mut *storm).dropped;
            storm.second = second;
            if dropped > 0 {
                self.write(now, Level::Warn, &format_args!("{dropped} lines of the log were dropped"));
            }
        }
        storm.lines += 1;
        if storm.lines > MAX_LINES && record.level() > Level::Error {
            storm.dropped += 1;
            return;
        }
        self.write(now, record.level(), record.args());
    }

    fn flush(&self) {}
}

impl Journal {
    fn write(&self, now: SystemTime, level: Level, text: &std::fmt::Arguments<'_>) {
        let (priority, name) = match level {
            Level::Error => (3, "error"),
            Level::Warn => (4, "warning"),
            Level::Info => (6, "info"),
            Level::Debug | Level::Trace => (7, "debug"),
        };
        // What cannot be written to standard error cannot be written anywhere.
        let _ = if self.prefixed {
            std::io::stderr().write_all(format!("<{priority}>{text}\n").as_bytes())
        } else {
            std::io::stderr()
                .write_all(format!("{} {name}: {text}\n", humantime::format_rfc3339_seconds(now)).as_bytes())
        };
    }
}
