//! Names of the files that sinks write for events.

use kws_engine::Event;

use super::names::Names;

/// The name of an event's file, without its ending: it sorts by time, and what a file system may not like is `_`.
pub(crate) fn file_stem(at: u64, names: &Names, event: &Event) -> String {
    let plain = |text: String| -> String {
        text.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect()
    };
    let (label, point) = (plain(names.label(event).to_string()), plain(names.point(event).to_string()));
    format!("{at:012}-{label}-{point}")
}
