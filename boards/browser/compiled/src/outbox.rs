//! What comes out of the session at hand, until the page takes it.

use std::cell::RefCell;
use std::collections::VecDeque;

/// Events and blocks, each as the page reads it.
#[derive(Default)]
pub(crate) struct Outbox {
    /// Lines of JSON.
    pub(crate) events: VecDeque<Vec<u8>>,
    /// The line that is being written.
    pub(crate) line: Vec<u8>,
    /// Blocks: tick, seconds and lost ticks, the stage's name, a zero, items.
    pub(crate) blocks: VecDeque<Vec<u8>>,
    /// Ticks that the page has lost.
    pub(crate) lost: u64,
    /// Stages whose blocks are kept.
    pub(crate) taps: Vec<String>,
}

thread_local! {
    static OUTBOX: RefCell<Outbox> = RefCell::default();
}

/// Has the stages of a session write into its outbox while they run.
pub(crate) fn within<T>(outbox: &mut Outbox, run: impl FnOnce() -> T) -> T {
    OUTBOX.with_borrow_mut(|at_hand| std::mem::swap(at_hand, outbox));
    let result = run();
    OUTBOX.with_borrow_mut(|at_hand| std::mem::swap(at_hand, outbox));
    result
}

/// Hands over the outbox of the session that runs.
pub(crate) fn with<T>(call: impl FnOnce(&mut Outbox) -> T) -> T {
    OUTBOX.with_borrow_mut(call)
}
