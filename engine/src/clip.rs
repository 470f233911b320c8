//! Clips: blocks that each hold a short stream of their own.
//!
//! A clip is what `capture` makes of the last seconds before an event: consecutive blocks of a stream as one block. To
//! any stage it is a stream that begins and ends: the stage is reset, reads the clip's blocks one after another, and
//! what it writes on the way is the next clip. So a stage on clips computes the same bits as on a stream that begins
//! with the clip's first block, and needs not know that there are clips.

#[cfg(feature = "std")]
mod design;
#[cfg(feature = "std")]
mod node;

#[cfg(feature = "std")]
pub(crate) use design::on_clips;

use crate::block::Block;
use crate::event::Event;
use crate::item::Item;
use crate::stage::{Flow, Stage, StageFault};

/// What a clip holds: how many blocks, and when each was complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize))]
pub struct Clip {
    /// Blocks.
    pub blocks: usize,
    /// Ticks from one to the next.
    pub period: u64,
    /// Ticks from the last to the end of the clip.
    pub tail: u64,
}

impl Clip {
    /// The tick that completed a block of a clip that was complete at tick `at`.
    const fn tick(self, at: u64, block: usize) -> u64 {
        let later = (self.blocks - 1 - block) as u64;
        at.saturating_sub(self.tail + later * self.period)
    }
}

/// A stage that reads clips and writes clips, or, where it writes one block in each, blocks.
#[derive(Clone, Debug)]
pub struct OnClip<S> {
    stage: S,
    clip: Clip,
    /// Blocks that it writes in each clip.
    writes: usize,
}

impl<S> OnClip<S> {
    /// A stage on clips of this form, in each of which it writes so many blocks.
    pub const fn new(stage: S, clip: Clip, writes: usize) -> Self {
        OnClip { stage, clip, writes }
    }
}

impl<I: Item, O: Item, S: Stage<In = I, Out = O>> Stage for OnClip<S> {
    type In = I;
    type Out = O;
    const ACTS: bool = S::ACTS;

    fn start(&mut self) -> Result<(), StageFault> {
        self.stage.start()
    }

    fn process(&mut self, input: Block<'_, I>, output: &mut [O]) -> Result<Flow, StageFault> {
        self.stage.reset();
        let mut blocks = output.chunks_exact_mut(output.len() / self.writes);
        let mut next = blocks.next();
        for (index, items) in input.items.chunks_exact(input.len() / self.clip.blocks).enumerate() {
            // What would come after the last has no place, and none does.
            let Some(block) = next.as_deref_mut() else { break };
            match self.stage.process(Block { at: self.clip.tick(input.at, index), items }, block)? {
                Flow::Emit | Flow::EmitAt(_) => next = blocks.next(),
                Flow::Skip | Flow::Idle | Flow::Lost(_) => {}
                Flow::End => return Ok(Flow::End),
            }
        }
        Ok(whole(next.is_none()))
    }

    fn reset(&mut self) {
        self.stage.reset();
    }

    fn restart(&mut self) {
        self.stage.restart();
    }

    fn recover(&mut self) -> Result<(), StageFault> {
        self.stage.recover()
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        self.stage.finish()
    }
}

/// What a firing on a clip did: a stage that withheld blocks has made no whole clip.
const fn whole(is: bool) -> Flow {
    if is { Flow::Emit } else { Flow::Idle }
}

/// A stage that reads clips and writes events: of each place the newest of the clip.
#[derive(Clone, Debug)]
pub struct EventsOfClip<S, B> {
    stage: S,
    clip: Clip,
    /// Room for the events of one block.
    events: B,
}

impl<S, B> EventsOfClip<S, B> {
    /// A stage on clips of this form; `events` has room for the events of one block.
    pub const fn new(stage: S, clip: Clip, events: B) -> Self {
        EventsOfClip { stage, clip, events }
    }
}

impl<I: Item, S: Stage<In = I, Out = Event>, B: AsMut<[Event]>> Stage for EventsOfClip<S, B> {
    type In = I;
    type Out = Event;
    const ACTS: bool = S::ACTS;

    fn start(&mut self) -> Result<(), StageFault> {
        self.stage.start()
    }

    fn process(&mut self, input: Block<'_, I>, output: &mut [Event]) -> Result<Flow, StageFault> {
        self.stage.reset();
        output.fill(Event::NONE);
        let (events, mut flow) = (self.events.as_mut(), Flow::Skip);
        for (index, items) in input.items.chunks_exact(input.len() / self.clip.blocks).enumerate() {
            match self.stage.process(Block { at: self.clip.tick(input.at, index), items }, events)? {
                Flow::Emit | Flow::EmitAt(_) => {
                    Event::renew(output, events);
                    flow = Flow::Emit;
                }
                Flow::Skip | Flow::Idle | Flow::Lost(_) => {}
                Flow::End => return Ok(Flow::End),
            }
        }
        Ok(flow)
    }

    fn reset(&mut self) {
        self.stage.reset();
    }

    fn restart(&mut self) {
        self.stage.restart();
    }

    fn recover(&mut self) -> Result<(), StageFault> {
        self.stage.recover()
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        self.stage.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums of two blocks.
    struct Pairs(i16, bool);

    impl Stage for Pairs {
        type In = i16;
        type Out = i16;

        fn process(&mut self, input: Block<'_, i16>, output: &mut [i16]) -> Result<Flow, StageFault> {
            self.0 += input[0];
            output[0] = -1;
            self.1 = !self.1;
            if self.1 {
                return Ok(Flow::Skip);
            }
            output[0] = core::mem::take(&mut self.0);
            Ok(Flow::Emit)
        }

        fn reset(&mut self) {
            *self = Pairs(0, false);
        }
    }

    const CLIP: Clip = Clip { blocks: 5, period: 10, tail: 3 };

    #[test]
    fn each_clip_is_a_stream_of_its_own() {
        let mut stage = OnClip::new(Pairs(0, false), CLIP, 2);
        let mut output = [0; 2];
        for _ in 0..2 {
            let block = Block { at: 50, items: &[1, 2, 3, 4, 5] };
            assert_eq!(stage.process(block, &mut output), Ok(Flow::Emit));
            assert_eq!(output, [3, 7]);
        }
        let mut stage = OnClip::new(Pairs(0, false), CLIP, 3);
        let block = Block { at: 50, items: &[1, 2, 3, 4, 5] };
        assert_eq!(stage.process(block, &mut [0; 3]), Ok(Flow::Idle), "it has written two of three");
    }

    #[test]
    fn blocks_of_a_clip_have_their_ticks() {
        let ticks = |at| [0, 1, 2, 3, 4].map(|block| CLIP.tick(at, block));
        assert_eq!(ticks(103), [60, 70, 80, 90, 100]);
        assert_eq!(ticks(23), [0, 0, 0, 10, 20], "a clip that began before the stream");
    }

    /// An event for each item above its label, which is its place.
    struct Above;

    impl Stage for Above {
        type In = i16;
        type Out = Event;

        fn process(&mut self, input: Block<'_, i16>, output: &mut [Event]) -> Result<Flow, StageFault> {
            output.fill(Event::NONE);
            let Some(place) = output.get_mut(usize::from(input[0].unsigned_abs())) else {
                return Ok(Flow::Skip);
            };
            *place = Event { label: input[0].unsigned_abs(), end: input.at, ..Event::NONE };
            Ok(Flow::Emit)
        }
    }

    #[test]
    fn of_the_events_of_a_clip_the_newest_of_each_place_remain() {
        let mut stage = EventsOfClip::new(Above, CLIP, [Event::NONE; 3]);
        let mut output = [Event::NONE; 3];
        let mut ends = |items: &[i16]| {
            let flow = stage.process(Block { at: 103, items }, &mut output).unwrap();
            (flow, output.map(|event| event.is_some().then_some(event.end)))
        };
        assert_eq!(ends(&[0, 2, 0, 9, 9]), (Flow::Emit, [Some(80), None, Some(70)]));
        assert_eq!(ends(&[9, 9, 9, 9, 9]), (Flow::Skip, [None; 3]));
    }
}
