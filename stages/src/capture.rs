//! The last seconds of a stream, when something happens.

use kws_engine::{Block, Event, Flow, Item, Stage, StageFault};

/// On an event, writes the last seconds of a stream as one block, a clip: for a second stage that judges it.
///
/// Stages behind it read a clip as a short stream of its own: they start anew, read its blocks one after another, and
/// what they write is the next clip. So the stages from `window` to `classifier` and `trigger` are written as for a
/// microphone, and compute the same bits as on a recording of the clip. Where a stage writes a single block in each clip,
/// as a `stack` of all its frames does, that is an ordinary block, which bears the clip's tick.
///
/// Every event makes one clip; several that come with the same block of the stream share one. What the stream did not
/// have yet, at its start and after a gap, is zeros in the clip: silence. Between clips the stream is idle, so that
/// triggers behind it rearm.
///
/// With `length_ms = 0` a clip is one block, such as the image in which something was seen.
///
/// What it reads and writes: [`CaptureParams`](crate::CaptureParams).
///
/// # Parameters
/// `length_ms`, `after_ms`, `label`.
///
/// # Example
/// ```toml
/// # One second that ends 200 ms after the event.
/// [[stage]]
/// kind = "capture"
/// inputs = ["mic", "trigger"]
/// length_ms = 1000
/// after_ms = 200
/// ```
#[derive(Clone, Debug)]
pub struct Capture<T, B, W, S> {
    /// The label to capture on.
    label: Watched,
    blocks: usize,
    /// What stands for blocks that never came.
    zero: T,
    /// A ring of the newest blocks.
    ring: B,
    /// The place of the oldest block, which the next one takes.
    next: usize,
    /// A ring of the newest blocks of the wait after an event: whether one came with each.
    waits: W,
    /// The place of the oldest of them.
    due: usize,
    /// For each place of the events the first tick of one that has made no clip yet.
    fresh: S,
}

/// The events that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// Those of any label.
    Any,
    /// Those of the label of this index.
    Label(u16),
}

impl Watched {
    fn has(self, event: &Event) -> bool {
        event.is_some() && (self == Watched::Any || self == Watched::Label(event.label))
    }
}

impl<T, B, W, S> Capture<T, B, W, S> {
    /// Clips of `blocks` blocks. `ring` has room for them, all `zero`; `waits` for as many bytes, all 0, as blocks come
    /// between an event and the end of its clip; `fresh` for a number, 0, for each place of the events.
    pub const fn new(label: Watched, blocks: usize, zero: T, ring: B, waits: W, fresh: S) -> Self {
        Capture { label, blocks, zero, ring, next: 0, waits, due: 0, fresh }
    }
}

impl<T, B, W: AsMut<[u8]>, S: AsMut<[u64]>> Capture<T, B, W, S> {
    /// Whether an event has come that has made no clip yet.
    fn happened(&mut self, latest: Option<Block<'_, Event>>) -> bool {
        let Some(latest) = latest else { return false };
        let mut happened = false;
        for (event, fresh) in latest.iter().zip(self.fresh.as_mut()) {
            if self.label.has(event) && event.end >= *fresh {
                *fresh = event.end + 1;
                happened = true;
            }
        }
        happened
    }

    /// Whether a clip ends with the block that has come: one for an event as long ago as the wait.
    fn ends(&mut self, happened: bool) -> bool {
        let waits = self.waits.as_mut();
        let length = waits.len();
        let Some(oldest) = waits.get_mut(self.due) else { return happened };
        let ends = core::mem::replace(oldest, u8::from(happened)) != 0;
        self.due = if self.due + 1 == length { 0 } else { self.due + 1 };
        ends
    }
}

impl<T, B, W, S> Stage for Capture<T, B, W, S>
where
    T: Item,
    B: AsMut<[T]>,
    W: AsMut<[u8]>,
    S: AsMut<[u64]>,
{
    type In = (T, Event);
    type Out = T;

    fn process(
        &mut self,
        (block, latest): (Block<'_, T>, Option<Block<'_, Event>>),
        output: &mut [T],
    ) -> Result<Flow, StageFault> {
        let happened = self.happened(latest);
        let ring = self.ring.as_mut();
        if block.len() * self.blocks != ring.len() || output.len() != ring.len() {
            return Err(StageFault::new("`capture` received blocks that do not match its memory"));
        }
        let place = self.next * block.len();
        ring[place..place + block.len()].copy_from_slice(&block);
        self.next = if self.next + 1 == self.blocks { 0 } else { self.next + 1 };
        if self.ends(happened) {
            let (newer, older) = self.ring.as_mut().split_at(self.next * block.len());
            let (first, second) = output.split_at_mut(older.len());
            first.copy_from_slice(older);
            second.copy_from_slice(newer);
            return Ok(Flow::Emit);
        }
        Ok(Flow::Idle)
    }

    fn reset(&mut self) {
        self.ring.as_mut().fill(self.zero);
    }

    // What the stream brought is whole, whatever happened to the events.
    fn reset_beside(&mut self) {}

    fn restart(&mut self) {
        self.reset();
        self.waits.as_mut().fill(0);
        self.fresh.as_mut().fill(0);
        (self.next, self.due) = (0, 0);
    }
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub use kind::CaptureParams;

#[cfg(test)]
mod tests {
    use super::*;

    fn event(label: u16, end: u64) -> Event {
        Event { label, end, ..Event::NONE }
    }

    /// Feeds blocks 1, 2, 3, … of which each is its tick; what came out at which tick.
    fn clips<W: AsMut<[u8]>>(
        capture: &mut Capture<i16, [i16; 3], W, [u64; 2]>,
        ticks: std::ops::RangeInclusive<u64>,
        latest: impl Fn(u64) -> Option<[Event; 2]>,
    ) -> Vec<(u64, [i16; 3])> {
        let mut found = Vec::new();
        for at in ticks {
            let (events, mut output) = (latest(at), [-1; 3]);
            let latest = events.as_ref().map(|events| Block { at, items: &events[..] });
            let block = Block { at, items: &[at as i16] };
            match capture.process((block, latest), &mut output).unwrap() {
                Flow::Emit => found.push((at, output)),
                flow => assert_eq!(flow, Flow::Idle),
            }
        }
        found
    }

    /// Events of label 7 at tick 2, and of label 9 at ticks 5 and 6, as a join keeps them.
    fn some(at: u64) -> Option<[Event; 2]> {
        let first = if at >= 2 { event(7, 2) } else { Event::NONE };
        let second = if at >= 6 { event(9, 6) } else { event(9, 5) };
        (at >= 2).then_some([first, if at >= 5 { second } else { Event::NONE }])
    }

    #[test]
    fn every_event_makes_one_clip_of_what_came_before() {
        let mut capture = Capture::new(Watched::Any, 3, 0, [0; 3], [], [0; 2]);
        let found = [(2, [0, 1, 2]), (5, [3, 4, 5]), (6, [4, 5, 6])];
        assert_eq!(clips(&mut capture, 1..=9, some), found);
        assert_eq!(clips(&mut capture, 10..=12, some), [], "the events are known");
        capture.restart();
        assert_eq!(clips(&mut capture, 1..=9, some), found);
    }

    #[test]
    fn a_clip_may_end_some_time_after_its_event_and_be_for_one_label() {
        let mut capture = Capture::new(Watched::Any, 3, 0, [0; 3], [0; 2], [0; 2]);
        assert_eq!(clips(&mut capture, 1..=9, some), [(4, [2, 3, 4]), (7, [5, 6, 7]), (8, [6, 7, 8])]);
        let mut capture = Capture::new(Watched::Label(9), 3, 0, [0; 3], [], [0; 2]);
        assert_eq!(clips(&mut capture, 1..=9, some), [(5, [3, 4, 5]), (6, [4, 5, 6])]);
    }

    #[test]
    fn what_was_before_a_gap_is_in_no_clip() {
        let mut capture = Capture::new(Watched::Any, 3, -9, [-9; 3], [], [0; 2]);
        assert_eq!(clips(&mut capture, 1..=3, |_| None), []);
        capture.reset();
        assert_eq!(clips(&mut capture, 5..=5, some), [(5, [-9, -9, 5])]);
        // A gap of the events is none of the stream.
        capture.reset_beside();
        assert_eq!(clips(&mut capture, 6..=6, some), [(6, [-9, 5, 6])]);
    }
}
