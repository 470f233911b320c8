//! A stage on clips whose types are known only at run time.

use super::Clip;
use crate::buffer::Buffer;
use crate::event::Event;
use crate::item::Item as _;
use crate::node::{Inputs, Node, Signature};
use crate::stage::{Flow, StageFault};

/// What becomes of what a stage writes in a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writes {
    /// So many blocks of items, one after another.
    Blocks(usize),
    /// Events: the newest of each place.
    Events,
    /// Nothing: it is a sink.
    Nothing,
}

/// A stage on clips.
pub(super) struct ClipNode {
    pub(super) node: Box<dyn Node>,
    pub(super) clip: Clip,
    pub(super) writes: Writes,
    /// Room for a block of the clip, and for one that the stage writes.
    pub(super) read: Buffer,
    pub(super) written: Buffer,
}

impl ClipNode {
    /// Keeps what the stage has written: the block of this number in the clip.
    fn keep(&self, count: usize, output: &mut Buffer) {
        match (self.writes, &self.written, output) {
            (Writes::Blocks(_), written, output) => written.put_part(output, count),
            (Writes::Events, Buffer::Event(written), Buffer::Event(output)) => Event::renew(output, written),
            _ => {}
        }
    }
}

impl Node for ClipNode {
    fn signature(&self) -> Signature {
        self.node.signature()
    }

    fn start(&mut self) -> Result<(), StageFault> {
        self.node.start()
    }

    fn fire(&mut self, inputs: Inputs<'_>, output: &mut Buffer) -> Result<Flow, StageFault> {
        self.node.reset();
        let mut count = 0;
        if let (Writes::Events, Buffer::Event(events)) = (self.writes, &mut *output) {
            events.fill(Event::NONE);
        }
        for index in 0..self.clip.blocks {
            if self.writes == Writes::Blocks(count) {
                break;
            }
            self.read.copy_part(inputs.block, index);
            let at = self.clip.tick(inputs.at, index);
            match self.node.fire(Inputs { block: &self.read, at, ..inputs }, &mut self.written)? {
                Flow::Emit | Flow::EmitAt(_) => {
                    self.keep(count, output);
                    count += 1;
                }
                Flow::Skip | Flow::Idle | Flow::Lost(_) => {}
                Flow::End => return Ok(Flow::End),
            }
        }
        Ok(match self.writes {
            Writes::Blocks(all) => super::whole(count == all),
            Writes::Events if count > 0 => Flow::Emit,
            Writes::Events | Writes::Nothing => Flow::Skip,
        })
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
