//! What a stage that was designed for the stream within a clip is on clips.

use super::Clip;
use super::node::{ClipWork, Writes};
use crate::buffer::Buffer;
use crate::design::{Cost, Design, DesignError};
use crate::event::Event;
use crate::firmware::{self, Code};
use crate::item::Element;
use crate::node::{Firing, Inputs, Node, around};
use crate::port::Port;
use crate::stage::{Flow, StageFault};

/// A design on clips.
struct ClipDesign {
    /// That of the stage on the stream within a clip.
    inner: Box<dyn Design>,
    clip: Clip,
    /// What the stage reads within a clip, and what it writes there.
    reads: Port,
    within: Option<Port>,
    writes: Writes,
    output: Option<Port>,
    cost: Cost,
}

/// What a stage on clips of this port is, from its design on the stream within them.
///
/// # Errors
/// When it writes no block in a clip, or cannot be built.
pub(crate) fn on_clips(inner: Box<dyn Design>, clips: &Port) -> Result<Box<dyn Design>, DesignError> {
    let (Some(clip), Some(reads)) = (clips.clip, clips.within_clip()) else { return Ok(inner) };
    let within = inner.output();
    let (writes, output) = match &within {
        None => (Writes::Nothing, None),
        Some(port) if port.element == Element::Event => (Writes::Events, Some(port.clips(1))),
        Some(port) => {
            let (count, last) = written(inner.as_ref(), clip, &reads, port)?;
            (Writes::Blocks(count), Some(after(port, count, clip, last)))
        }
    };
    // How often clips come stays as it is.
    let output = output.map(|port| Port { period: clips.period, ..port });
    let cost = inner.cost();
    let room = if writes == Writes::Events { within.as_ref().map_or(0, Port::bytes) } else { 0 };
    // What a stage states are the operations of a block that it writes.
    let times = if let Writes::Blocks(count) = writes { count } else { clip.blocks };
    let cost = Cost { macs: cost.macs.saturating_mul(times as u64), state: cost.state + room, ..cost };
    Ok(Box::new(ClipDesign { inner, clip, reads, within, writes, output, cost }))
}

/// The port of clips of so many blocks, the last of which the stage writes on reading the block of index `last`.
fn after(port: &Port, count: usize, clip: Clip, last: usize) -> Port {
    let tail = clip.tail + (clip.blocks - 1 - last) as u64 * clip.period;
    let mut clips = port.clips(count);
    match &mut clips.clip {
        Some(clip) => clip.tail = tail,
        // A single block bears the tick of the clip.
        None => clips.delay += tail,
    }
    clips
}

/// How many blocks a stage writes in a clip, and the index of the block on which it writes the last: seen by trying it
/// on zeros until it has written twice, since a stage that writes blocks of one period writes them at one pace.
fn written(
    design: &dyn Design,
    clip: Clip,
    reads: &Port,
    writes: &Port,
) -> Result<(usize, usize), DesignError> {
    if writes.clock != reads.clock {
        return Err(DesignError::new("reads clips of one clock and writes another, which is not supported"));
    }
    let mut node = design.build().map_err(|fault| DesignError::new(fault.to_string()))?;
    node.reset();
    let read = Buffer::zeroed(reads.element, reads.len());
    let mut write = Buffer::zeroed(writes.element, writes.len());
    let mut on: Vec<usize> = Vec::new();
    for index in 0..clip.blocks {
        let at = (index as u64 + 1) * clip.period;
        let flow = node.fire(Inputs { block: &read, at, which: 0, latest: &[] }, &mut write);
        if matches!(flow, Ok(Flow::Emit | Flow::EmitAt(_))) {
            on.push(index);
        }
        if on.len() == 2 {
            break;
        }
    }
    match on[..] {
        [first, second] => {
            let pace = second - first;
            let further = (clip.blocks - 1 - first) / pace;
            Ok((further + 1, first + further * pace))
        }
        [only] => Ok((1, only)),
        _ => {
            let message = format!("writes nothing in a clip of {} blocks: {reads}", clip.blocks);
            Err(DesignError::new(message).help("make the clips longer: `length_ms` of `capture`"))
        }
    }
}

impl Design for ClipDesign {
    fn output(&self) -> Option<Port> {
        self.output.clone()
    }

    fn cost(&self) -> Cost {
        self.cost
    }

    fn remark(&self) -> Option<String> {
        self.inner.remark()
    }

    fn is_device(&self) -> bool {
        self.inner.is_device()
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        let node = self.inner.build()?;
        let read = Buffer::zeroed(self.reads.element, self.reads.len());
        let block = |port: &Port| Buffer::zeroed(port.element, port.len());
        let written = self.within.as_ref().map_or(Buffer::empty(), block);
        let mut work = ClipWork { clip: self.clip, writes: self.writes, read, written };
        Ok(around(node, move |node, inputs, output| work.fire(node, inputs, output)))
    }

    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let within = [self.reads.clone()];
        let mut code = self.inner.emit(&site.reading(&within))?;
        if matches!(code.firing, Some(Firing::Each | Firing::Source)) {
            return Err(DesignError::new("firmware does not support a sink of clips"));
        }
        let Clip { blocks, period, tail } = self.clip;
        let clip = format!("Clip {{ blocks: {blocks}, period: {period}, tail: {tail} }}");
        code.uses("kws_engine::Clip");
        let (of, value) = (std::mem::take(&mut code.of), std::mem::take(&mut code.value));
        match (self.writes, &self.within) {
            (Writes::Blocks(writes), _) => {
                code.uses("kws_engine::OnClip");
                Ok(code.is(format!("OnClip<{of}>"), format!("OnClip::new({value}, {clip}, {writes})")))
            }
            (Writes::Events, Some(port)) => {
                code.uses("kws_engine::EventsOfClip");
                code.uses("kws_engine::Event");
                let (len, bytes) = (port.len(), port.len() * size_of::<Event>());
                let (about, room) = ("events of one block of a clip.", format!("[Event; {len}]"));
                let events = code.lend_as("of_block", about, room, format!("[Event::ZEROS; {len}]"), bytes);
                let value = format!("EventsOfClip::new({value}, {clip}, {})", events.value);
                Ok(code.is(format!("EventsOfClip<{of}, {}>", events.of), value))
            }
            (Writes::Nothing | Writes::Events, _) => {
                Err(DesignError::new("firmware does not support a sink of clips"))
            }
        }
    }
}
