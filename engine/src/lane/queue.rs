//! The lock-free queue under a ring, and the atomics around it.
//!
//! With `--cfg loom` both are loom's, so that a model checker walks through every interleaving of our own protocol:
//! handing over, returning, closing and waking. The queue itself is then a small stand-in with ringbuf's contract.

#[cfg(not(loom))]
mod imp {
    pub(crate) use std::sync::Arc;
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

    use ringbuf::HeapRb;
    use ringbuf::traits::{Consumer, Observer, Producer, Split};

    pub(crate) struct Tail<T>(ringbuf::HeapProd<T>);
    pub(crate) struct Head<T>(ringbuf::HeapCons<T>);

    pub(crate) fn queue<T>(capacity: usize) -> (Tail<T>, Head<T>) {
        let (tail, head) = HeapRb::new(capacity).split();
        (Tail(tail), Head(head))
    }

    impl<T> Tail<T> {
        #[inline]
        pub(crate) fn push(&mut self, item: T) -> Result<(), T> {
            self.0.try_push(item)
        }

        pub(crate) fn len(&self) -> usize {
            self.0.occupied_len()
        }
    }

    impl<T> Head<T> {
        #[inline]
        pub(crate) fn pop(&mut self) -> Option<T> {
            self.0.try_pop()
        }

        pub(crate) fn len(&self) -> usize {
            self.0.occupied_len()
        }
    }
}

#[cfg(loom)]
mod imp {
    pub(crate) use loom::sync::Arc;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};

    use loom::cell::UnsafeCell;

    struct Cells<T> {
        cells: Vec<UnsafeCell<Option<T>>>,
        read: AtomicUsize,
        write: AtomicUsize,
    }

    // SAFETY: one tail writes the cells from `write` on, one head takes those before it, and loom checks that.
    unsafe impl<T: Send> Sync for Cells<T> {}
    // SAFETY: the cells own what they hold.
    unsafe impl<T: Send> Send for Cells<T> {}

    pub(crate) struct Tail<T>(Arc<Cells<T>>);
    pub(crate) struct Head<T>(Arc<Cells<T>>);

    pub(crate) fn queue<T>(capacity: usize) -> (Tail<T>, Head<T>) {
        let cells = (0..capacity).map(|_| UnsafeCell::new(None)).collect();
        let cells = Arc::new(Cells { cells, read: AtomicUsize::new(0), write: AtomicUsize::new(0) });
        (Tail(cells.clone()), Head(cells))
    }

    impl<T> Tail<T> {
        pub(crate) fn push(&mut self, item: T) -> Result<(), T> {
            let write = self.0.write.load(Ordering::Relaxed);
            if write - self.0.read.load(Ordering::Acquire) == self.0.cells.len() {
                return Err(item);
            }
            let cell = &self.0.cells[write % self.0.cells.len()];
            // SAFETY: the head does not touch a cell that `write` has not passed; loom checks it.
            cell.with_mut(|place| unsafe { *place = Some(item) });
            self.0.write.store(write + 1, Ordering::Release);
            Ok(())
        }

        pub(crate) fn len(&self) -> usize {
            self.0.write.load(Ordering::Relaxed) - self.0.read.load(Ordering::Acquire)
        }
    }

    impl<T> Head<T> {
        pub(crate) fn pop(&mut self) -> Option<T> {
            let read = self.0.read.load(Ordering::Relaxed);
            if read == self.0.write.load(Ordering::Acquire) {
                return None;
            }
            let cell = &self.0.cells[read % self.0.cells.len()];
            // SAFETY: the tail does not touch a cell between `read` and `write`; loom checks it.
            let item = cell.with_mut(|place| unsafe { (*place).take() });
            self.0.read.store(read + 1, Ordering::Release);
            item
        }

        pub(crate) fn len(&self) -> usize {
            self.0.write.load(Ordering::Acquire) - self.0.read.load(Ordering::Acquire)
        }
    }
}

pub(crate) use imp::*;
