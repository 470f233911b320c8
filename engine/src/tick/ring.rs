//! The ring between two lanes of firmware: the main loop and an interrupt, or two cores.

use ringbuf::traits::{Consumer, Observer, Producer, SplitRef};
use ringbuf::{StaticCons, StaticProd, StaticRb};

use super::{Gap, Mark, News, TickError};
use crate::item::Item;
use crate::stage::StageFault;

/// A lock-free ring of `DEPTH` blocks of `N` items, one lane writing, one reading. It holds no references: a `static`
/// cell is its place.
pub struct Ring<T, const N: usize, const DEPTH: usize>(StaticRb<Parcel<T, N>, DEPTH>);

/// A block on its way, and blocks that found no room before it.
struct Parcel<T, const N: usize> {
    mark: Mark,
    dropped: u64,
    items: [T; N],
}

/// The end that the first lane writes to.
pub struct RingWriter<'m, T, const N: usize, const DEPTH: usize>(Option<StaticProd<'m, Parcel<T, N>, DEPTH>>);

/// The end that the second lane reads from.
pub struct RingReader<'m, T, const N: usize, const DEPTH: usize>(StaticCons<'m, Parcel<T, N>, DEPTH>);

impl<T, const N: usize, const DEPTH: usize> Ring<T, N, DEPTH> {
    /// An empty ring.
    pub fn new() -> Self {
        Ring(StaticRb::default())
    }

    /// Its two ends, one for each lane.
    pub fn split(&mut self) -> (RingWriter<'_, T, N, DEPTH>, RingReader<'_, T, N, DEPTH>) {
        let (to, from) = self.0.split_ref();
        (RingWriter(Some(to)), RingReader(from))
    }
}

impl<T, const N: usize, const DEPTH: usize> Default for Ring<T, N, DEPTH> {
    fn default() -> Self {
        Self::new()
    }
}

/// What happens to a block that finds no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// None comes: the lane does not begin a tick without room.
    Wait,
    /// It is lost, counted, and reported to what comes after.
    Drop,
    /// The lane fails.
    Fail,
}

/// The first lane's side: sends what one of its stages writes.
pub struct Outgoing<'m, T, const N: usize, const DEPTH: usize> {
    stage: &'static str,
    full: WhenFull,
    ring: RingWriter<'m, T, N, DEPTH>,
    /// Ticks lost before blocks that were dropped.
    lost: u64,
    dropped: u64,
}

impl<'m, T: Item, const N: usize, const DEPTH: usize> Outgoing<'m, T, N, DEPTH> {
    /// The side of the stage of this name.
    pub const fn new(stage: &'static str, full: WhenFull, ring: RingWriter<'m, T, N, DEPTH>) -> Self {
        Outgoing { stage, full, ring, lost: 0, dropped: 0 }
    }

    /// Whether the lane may begin a tick.
    pub fn has_room(&self) -> bool {
        self.full != WhenFull::Wait || self.ring.0.as_ref().is_none_or(|ring| !ring.is_full())
    }

    /// Sends on what the stage tells. Never waits.
    ///
    /// # Errors
    /// When there is no room and that is to be a failure.
    pub fn send(&mut self, news: News, items: &[T; N]) -> Result<(), TickError> {
        let (mark, ring) = match (news, self.ring.0.as_mut()) {
            (News::Block(mark), Some(ring)) => (mark, ring),
            (News::End, _) => {
                // The other side sees that nobody writes any more, once it has read all.
                self.ring.0 = None;
                return Ok(());
            }
            _ => return Ok(()),
        };
        let lost = mark.lost + self.lost;
        let parcel = Parcel { mark: Mark { lost, ..mark }, dropped: self.dropped, items: *items };
        match (ring.try_push(parcel), self.full) {
            (Ok(()), _) => (self.lost, self.dropped) = (0, 0),
            (Err(_), WhenFull::Drop) => (self.lost, self.dropped) = (lost, self.dropped + 1),
            (Err(_), WhenFull::Wait | WhenFull::Fail) => {
                let text = "the ring to the other lane is full; increase `depth`, or speed up the reader";
                return Err(TickError { stage: self.stage, fault: StageFault::new(text) });
            }
        }
        Ok(())
    }
}

/// The second lane's side: what stands for a source there.
pub struct Incoming<'m, T, const N: usize, const DEPTH: usize> {
    /// The stage that reads, for reports.
    stage: &'static str,
    period: u64,
    ring: RingReader<'m, T, N, DEPTH>,
    gap: Option<Gap>,
}

impl<'m, T: Item, const N: usize, const DEPTH: usize> Incoming<'m, T, N, DEPTH> {
    /// The side of the stage of this name, which reads blocks of `period` ticks.
    pub const fn new(stage: &'static str, period: u64, ring: RingReader<'m, T, N, DEPTH>) -> Self {
        Incoming { stage, period, ring, gap: None }
    }

    /// Takes a block, if there is one.
    pub fn take(&mut self, items: &mut [T; N]) -> News {
        // In this order, lest the last block come between the two.
        let open = self.ring.0.write_is_held();
        let Some(Parcel { mark, dropped, items: come }) = self.ring.0.try_pop() else {
            return if open { News::Nothing } else { News::End };
        };
        *items = come;
        let lost = dropped * self.period;
        if dropped > 0 {
            self.gap = Some(Gap { stage: self.stage, at: mark.at.saturating_sub(self.period), lost });
        }
        News::Block(Mark { lost: mark.lost + lost, ..mark })
    }

    /// Tells what found no room since it was last asked.
    pub fn gap(&mut self, tell: &mut impl FnMut(Gap)) {
        if let Some(gap) = self.gap.take() {
            tell(gap);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(at: u64, lost: u64) -> News {
        News::Block(Mark { at, lost })
    }

    #[test]
    fn what_finds_no_room_is_reported_to_what_comes_after() {
        let mut ring = Ring::<i16, 1, 2>::new();
        let (to, from) = ring.split();
        let (mut to, mut from) = (Outgoing::new("a", WhenFull::Drop, to), Incoming::new("b", 10, from));
        for tick in 1..=5 {
            to.send(block(10 * tick, u64::from(tick == 4)), &[tick as i16]).unwrap();
        }
        let mut items = [0];
        assert_eq!((from.take(&mut items), items), (block(10, 0), [1]));
        to.send(block(60, 0), &[6]).unwrap();
        to.send(News::End, &[0]).unwrap();
        assert_eq!((from.take(&mut items), items), (block(20, 0), [2]));
        let mut gaps = Vec::new();
        from.gap(&mut |gap| gaps.push(gap));
        assert_eq!(gaps, []);
        assert_eq!((from.take(&mut items), items), (block(60, 31), [6]));
        from.gap(&mut |gap| gaps.push(gap));
        assert_eq!(gaps, [Gap { stage: "b", at: 50, lost: 30 }]);
        assert_eq!(from.take(&mut items), News::End);
    }

    #[test]
    fn who_waits_has_room_before_it_begins() {
        let mut ring = Ring::<i16, 1, 1>::new();
        let (to, from) = ring.split();
        let (mut to, mut from) = (Outgoing::new("a", WhenFull::Wait, to), Incoming::new("b", 1, from));
        assert!(to.has_room());
        to.send(block(1, 0), &[1]).unwrap();
        assert!(!to.has_room());
        assert_eq!(to.send(block(2, 0), &[2]).unwrap_err().stage, "a");
        assert_eq!(from.take(&mut [0]), block(1, 0));
        assert_eq!(from.take(&mut [0]), News::Nothing);
        assert!(to.has_room());
    }
}
