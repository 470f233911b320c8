//! Where sinks write the files of events, and what these are called.

use std::path::Path;

use kws_engine::{Event, StageFault};

use super::names::Names;

/// The name of an event's file, without its ending: it sorts by time, and what a file system may not like is `_`.
pub(crate) fn file_stem(at: u64, names: &Names, event: &Event) -> String {
    let plain = |text: String| -> String {
        text.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect()
    };
    let (label, point) = (plain(names.label(event).to_string()), plain(names.point(event).to_string()));
    format!("{at:012}-{label}-{point}")
}

/// Makes the folder of such files, unless it is there.
///
/// # Errors
/// When the system does not let us.
pub(crate) fn make_folder(folder: &Path) -> Result<(), StageFault> {
    std::fs::create_dir_all(folder).map_err(|error| {
        StageFault::because(format!("cannot make the folder `{}`: {error}", folder.display()))
    })
}
