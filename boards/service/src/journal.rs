//! Whether standard error goes to the journal of systemd.

/// Whether standard error goes to the journal of systemd, which reads a priority at the beginning of each line. The
/// variable that says so is inherited by programs whose standard error goes elsewhere; so it names the file that is meant.
pub fn is_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    names_standard_error(&stream)
}

#[cfg(unix)]
fn names_standard_error(stream: &str) -> bool {
    use std::os::unix::fs::MetadataExt;
    let about = std::fs::metadata("/dev/stderr");
    about.is_ok_and(|about| stream == format!("{}:{}", about.dev(), about.ino()))
}

#[cfg(not(unix))]
fn names_standard_error(_: &str) -> bool {
    false
}
