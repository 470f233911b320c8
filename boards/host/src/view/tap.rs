//! Copies what a stage reads. A view of what happens now never makes a lane wait.

use std::time::Duration;

use kws_engine::{Inputs, Item, Node, around};
use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use super::Keeps;

/// How long a lane waits before it looks whether the ring has room.
const PAUSE: Duration = Duration::from_micros(200);

/// Where a stage's first input is copied to.
struct Tap<T: Item> {
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

/// Puts a tap before a stage.
pub(super) type Making = Box<dyn FnOnce(Box<dyn Node>) -> Box<dyn Node>>;

/// A tap for blocks of `length` items, of which the ring holds `depth`.
pub(super) fn tap<T: Item>(length: usize, depth: usize, keeps: Keeps) -> (Making, Tapped<T>) {
    let (ticks, ticks_out) = HeapRb::new(depth).split();
    let (items, items_out) = HeapRb::new(depth * length).split();
    let mut tap = Tap { ticks, items, keeps };
    let making = move |node| {
        around(node, move |node, inputs, output| {
            tap.copy(inputs);
            node.fire(inputs, output)
        })
    };
    (Box::new(making), Tapped { ticks: ticks_out, items: items_out, block: vec![T::default(); length] })
}

impl<T: Item> Tapped<T> {
    /// The next block and its tick.
    pub(super) fn next(&mut self) -> Option<(u64, &[T])> {
        let tick = self.ticks.try_pop()?;
        self.items.pop_slice(&mut self.block);
        Some((tick, &self.block))
    }
}

impl<T: Item> Tap<T> {
    fn copy(&mut self, inputs: Inputs<'_>) {
        let Some(items) = T::items(inputs.block).filter(|_| inputs.which == 0) else { return };
        while !self.has_room(items.len()) {
            if self.keeps == Keeps::Recent || !self.ticks.read_is_held() {
                return;
            }
            std::thread::sleep(PAUSE);
        }
        // First the items: whoever finds a tick finds them too.
        self.items.push_slice(items);
        let _ = self.ticks.try_push(inputs.at);
    }

    fn has_room(&self, items: usize) -> bool {
        self.items.vacant_len() >= items && !self.ticks.is_full()
    }
}
