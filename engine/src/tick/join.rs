//! Stages with several inputs of which the first makes them fire.

use super::{Mark, News, Slot, TickError};
use crate::block::Block;
use crate::item::Item;
use crate::stage::{Stage, StageFault, Write};

/// The latest block of a join's input after the first. The buffer that it came by may meanwhile be written to.
pub struct Latest<T, const N: usize> {
    items: [T; N],
    at: u64,
    come: bool,
    /// Ticks lost by this input since the join last wrote.
    lost: u64,
}

impl<T: Item, const N: usize> Latest<T, N> {
    /// Before the first block; `nothing` is a value to begin with.
    pub const fn new(nothing: T) -> Self {
        Latest { items: [nothing; N], at: 0, come: false, lost: 0 }
    }

    fn block(&self) -> Option<Block<'_, T>> {
        self.come.then_some(Block { at: self.at, items: &self.items })
    }

    /// Takes what has come. Whether a gap has, which resets the join.
    fn absorb(&mut self, news: News, items: &[T]) -> bool {
        let News::Block(Mark { at, lost }) = news else { return false };
        if self.come {
            T::renew(&mut self.items, items);
        } else {
            self.items.copy_from_slice(items);
        }
        (self.at, self.come) = (at, true);
        self.lost += lost;
        lost > 0
    }
}

impl<S: Stage> Slot<S> {
    /// What the first input brings, once the others are taken in. `lost` are the ticks that those lost: a gap that
    /// comes by several inputs is most often the same one, so that the greater counts, not the sum.
    fn first(&mut self, news: News, gap: bool, others: [News; 2]) -> Result<Option<Mark>, TickError> {
        if gap {
            self.stage.reset_beside();
        }
        let News::Block(mark) = news else { return Ok(None) };
        let early = |other: &News| matches!(other, News::Block(other) if other.at > mark.at);
        if others.iter().any(early) {
            return Err(self
                .fail(StageFault::new("an input other than the first wrote a block later than the first")));
        }
        self.pass(mark);
        Ok(Some(mark))
    }

    /// Says what was lost, once something is written.
    fn settle<const N: usize>(&mut self, news: News, beside: [&mut u64; N]) -> News {
        let News::Block(Mark { at, lost }) = news else { return news };
        let sum = beside.into_iter().map(core::mem::take).sum();
        News::Block(Mark { at, lost: lost.max(sum) })
    }

    fn rest(&mut self, news: News) -> Result<News, TickError> {
        if self.track.ended() || news.is_end() { self.end() } else { Ok(News::Nothing) }
    }
}

impl<A: Item, B: Item, S: Stage<In = (A, B)>> Slot<S> {
    /// Fires a join of two, if there is a block by the first input.
    ///
    /// # Errors
    /// The stage's own fault.
    pub fn join<const N: usize>(
        &mut self,
        (news, first): (News, &[A]),
        (other, second, latest): (News, &[B], &mut Latest<B, N>),
        output: Write<'_, S::Out>,
    ) -> Result<News, TickError> {
        if self.track.ended() {
            return Ok(News::End);
        }
        let gap = latest.absorb(other, second);
        let Some(mark) = self.first(news, gap, [other, News::Nothing])? else { return self.rest(news) };
        let result = self.stage.process((Block { at: mark.at, items: first }, latest.block()), output);
        let news = self.follow(mark.at, result)?;
        Ok(self.settle(news, [&mut latest.lost]))
    }
}

impl<A: Item, B: Item, C: Item, S: Stage<In = (A, B, C)>> Slot<S> {
    /// Fires a join of three, if there is a block by the first input.
    ///
    /// # Errors
    /// The stage's own fault.
    pub fn join_three<const N: usize, const M: usize>(
        &mut self,
        (news, first): (News, &[A]),
        (other, second, latest): (News, &[B], &mut Latest<B, N>),
        (another, third, newest): (News, &[C], &mut Latest<C, M>),
        output: Write<'_, S::Out>,
    ) -> Result<News, TickError> {
        if self.track.ended() {
            return Ok(News::End);
        }
        let gap = latest.absorb(other, second) | newest.absorb(another, third);
        let Some(mark) = self.first(news, gap, [other, another])? else { return self.rest(news) };
        let blocks = (Block { at: mark.at, items: first }, latest.block(), newest.block());
        let result = self.stage.process(blocks, output);
        let news = self.follow(mark.at, result)?;
        Ok(self.settle(news, [&mut latest.lost, &mut newest.lost]))
    }
}
