//! Copies blocks for the view. A view of what happens now never makes a lane wait.

use std::time::Duration;

use kws_engine::{Buffer, Item};
use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use super::Keeps;

/// How long a lane waits before it looks whether the ring has room.
const PAUSE: Duration = Duration::from_micros(200);

/// Where the blocks of one stage are copied to.
pub struct Tap(Box<dyn Copies>);

impl Tap {
    /// Copies a block and its tick, unless the ring is full.
    pub fn copy(&mut self, at: u64, block: &Buffer) {
        self.0.copy(at, block);
    }

    /// Whether the feed that reads it is still there.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.0.is_read()
    }
}

trait Copies: Send {
    fn copy(&mut self, at: u64, block: &Buffer);
    fn is_read(&self) -> bool;
}

struct Rings<T: Item> {
    ticks: HeapProd<u64>,
    items: HeapProd<T>,
    keeps: Keeps,
}

/// The other end of a [`Tap`].
pub(super) struct Tapped<T: Item> {
    ticks: HeapCons<u64>,
    items: HeapCons<T>,
    block: Vec<T>,
}

/// A tap for blocks of `length` items, of which the ring holds `depth`.
pub(super) fn tap<T: Item>(length: usize, depth: usize, keeps: Keeps) -> (Tap, Tapped<T>) {
    let (ticks, ticks_out) = HeapRb::new(depth).split();
    let (items, items_out) = HeapRb::new(depth * length).split();
    let tap = Tap(Box::new(Rings { ticks, items, keeps }));
    (tap, Tapped { ticks: ticks_out, items: items_out, block: vec![T::default(); length] })
}

impl<T: Item> Tapped<T> {
    /// The next block and its tick.
    pub(super) fn next(&mut self) -> Option<(u64, &[T])> {
        let tick = self.ticks.try_pop()?;
        self.items.pop_slice(&mut self.block);
        Some((tick, &self.block))
    }
}

impl<T: Item> Rings<T> {
    fn has_room(&self, items: usize) -> bool {
        self.items.vacant_len() >= items && !self.ticks.is_full()
    }
}

impl<T: Item> Copies for Rings<T> {
    fn copy(&mut self, at: u64, block: &Buffer) {
        let Some(items) = T::items(block) else { return };
        while !self.has_room(items.len()) {
            if self.keeps == Keeps::Recent || !self.is_read() {
                return;
            }
            std::thread::sleep(PAUSE);
        }
        // First the items: whoever finds a tick finds them too.
        self.items.push_slice(items);
        let _ = self.ticks.try_push(at);
    }

    fn is_read(&self) -> bool {
        self.ticks.read_is_held()
    }
}
