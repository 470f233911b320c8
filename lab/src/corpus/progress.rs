//! Bars on standard error; nothing where that is no terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar that counts things.
pub(super) fn count(total: usize, what: &'static str) -> ProgressBar {
    bar(total as u64, what, "{msg} {wide_bar} {pos}/{len}, {eta} left")
}

/// A bar that counts bytes.
pub(crate) fn bytes(total: u64, what: String) -> ProgressBar {
    bar(total, what, "{msg} {wide_bar} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left")
}

fn bar(total: u64, what: impl Into<std::borrow::Cow<'static, str>>, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).expect("the templates of this file are right");
    ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr())
        .with_style(style)
        .with_message(what)
}
