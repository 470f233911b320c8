//! Parking a lane that has nothing to do, and waking it.

use super::queue::{AtomicBool, Ordering, fence};

use std::time::Instant;

#[cfg(loom)]
use loom::thread::{self, Thread};
#[cfg(not(loom))]
use std::thread::{self, Thread, park_timeout};

/// A model has no time: there whoever parks must be woken.
#[cfg(loom)]
fn park_timeout(_: std::time::Duration) {
    thread::park();
}

/// The right to wake one lane. A lane announces that it will sleep, looks once more for work, and only then parks:
/// with the two fences either that look sees the work, or the one who brought it sees the announcement.
#[derive(Default)]
pub struct Waker {
    sleeping: AtomicBool,
    thread: std::sync::OnceLock<Thread>,
}

impl Waker {
    /// Makes the calling thread the one that is woken.
    pub fn adopt(&self) {
        // A lane runs on one thread from its start to its end, so a second call would find the same one.
        let _ = self.thread.set(thread::current());
    }

    /// Announces that the caller is about to park. It must look for work once more before it does.
    pub fn announce(&self) {
        self.sleeping.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Parks until woken, or until a moment has come.
    pub fn park(&self, until: Option<Instant>) {
        while self.sleeping.load(Ordering::Acquire) {
            match until.map(|until| until.saturating_duration_since(Instant::now())) {
                None => thread::park(),
                Some(left) if left.is_zero() => return self.retract(),
                Some(left) => park_timeout(left),
            }
        }
    }

    /// Takes the announcement back: there was work after all.
    pub fn retract(&self) {
        self.sleeping.store(false, Ordering::Relaxed);
    }

    /// Whether the lane sleeps, is about to, or has ended.
    #[cfg(feature = "testing")]
    pub(crate) fn sleeps(&self) -> bool {
        self.sleeping.load(Ordering::Acquire)
    }

    /// Wakes the lane if it sleeps or is about to. Call it after the work has become visible.
    #[inline]
    pub fn wake(&self) {
        fence(Ordering::SeqCst);
        if self.sleeping.load(Ordering::Relaxed) {
            self.rouse();
        }
    }

    #[cold]
    fn rouse(&self) {
        self.sleeping.store(false, Ordering::Release);
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}
