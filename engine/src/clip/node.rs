//! A stage on clips whose types are known only at run time.

use super::Clip;
use crate::buffer::Buffer;
use crate::event::Event;
use crate::item::Item as _;
use crate::node::{Inputs, Node};
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

/// What lets a stage work off clips.
pub(super) struct ClipWork {
    pub(super) clip: Clip,
    pub(super) writes: Writes,
    /// Room for a block of the clip, and for one that the stage writes.
    pub(super) read: Buffer,
    pub(super) written: Buffer,
}

impl ClipWork {
    /// Keeps what the stage has written: the block of this number in the clip.
    fn keep(&self, count: usize, output: &mut Buffer) {
        match (self.writes, &self.written, output) {
            (Writes::Blocks(_), written, output) => written.put_part(output, count),
            (Writes::Events, Buffer::Event(written), Buffer::Event(output)) => Event::renew(output, written),
            _ => {}
        }
    }

    /// Lets the stage work off a clip.
    pub(super) fn fire(
        &mut self,
        node: &mut dyn Node,
        inputs: Inputs<'_>,
        output: &mut Buffer,
    ) -> Result<Flow, StageFault> {
        node.reset();
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
            match node.fire(Inputs { block: &self.read, at, ..inputs }, &mut self.written)? {
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
}
