//! Copies what a stage reads, without ever waiting.

use kws_engine::{Buffer, Flow, Inputs, Item, Node, Signature, StageFault};
use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

/// A stage whose first input is copied into a ring.
pub(super) struct Tap<T: Item> {
    node: Box<dyn Node>,
    ticks: HeapProd<u64>,
    items: HeapProd<T>,
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
pub(super) fn tap<T: Item>(length: usize, depth: usize) -> (Making, Tapped<T>) {
    let (ticks, ticks_out) = HeapRb::new(depth).split();
    let (items, items_out) = HeapRb::new(depth * length).split();
    let making = move |node| Box::new(Tap { node, ticks, items }) as Box<dyn Node>;
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

impl<T: Item> Node for Tap<T> {
    fn signature(&self) -> Signature {
        self.node.signature()
    }

    fn start(&mut self) -> Result<(), StageFault> {
        self.node.start()
    }

    fn fire(&mut self, inputs: Inputs<'_>, output: &mut Buffer) -> Result<Flow, StageFault> {
        let items = if inputs.which == 0 { T::items(inputs.block) } else { None };
        if let Some(items) =
            items.filter(|items| self.items.vacant_len() >= items.len() && !self.ticks.is_full())
        {
            // First the items: whoever finds a tick finds them too.
            self.items.push_slice(items);
            let _ = self.ticks.try_push(inputs.at);
        }
        self.node.fire(inputs, output)
    }

    fn reset(&mut self) {
        self.node.reset();
    }

    fn reset_beside(&mut self) {
        self.node.reset_beside();
    }

    fn restart(&mut self) {
        self.node.restart();
    }

    fn recover(&mut self) -> Result<(), StageFault> {
        self.node.recover()
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        self.node.finish()
    }
}
