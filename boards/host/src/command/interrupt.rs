//! Ctrl-C: first drains, then ends.

use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, bounded};

/// What a shell reports of a program that Ctrl-C ended: 128 and the signal's number.
const INTERRUPTED: i32 = 130;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Tells of the first Ctrl-C (or SIGTERM); the second ends the program at once.
pub(crate) fn watch() -> Receiver<()> {
    let (sender, receiver) = bounded(1);
    let set = ctrlc::set_handler(move || {
        if ASKED.swap(true, Ordering::SeqCst) {
            std::process::exit(INTERRUPTED);
        }
        let _ = sender.try_send(());
    });
    match set {
        Ok(()) => receiver,
        // Another handler stands: a program around this one looks after Ctrl-C itself.
        Err(_) => crossbeam_channel::never(),
    }
}
