//! A stretch of a take, as a take of its own.

use std::path::Path;

use kws_engine::{Density, Port, Registry};

use super::folder::{Edge, Take, rescaled};
use crate::wrapper::{Files, Keeper, Kept, Moment, OfAny, Recorded, of_any};

/// A stretch of a stream, in ticks of the take's first source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The tick that the new take counts from.
    pub(crate) from: u64,
    /// The last tick.
    pub(crate) to: u64,
}

impl Span {
    /// The span in ticks of another clock.
    fn rescaled(self, from: u32, to: u32) -> Self {
        Span { from: rescaled(self.from, from, to), to: rescaled(self.to, from, to) }
    }

    /// When a block comes in the new take, if it comes: where all of it, its period before its tick, is within.
    fn place(self, moment: Moment, port: &Port) -> Option<Moment> {
        let begin = match port.density {
            Density::Sparse => moment.tick.checked_sub(1)?,
            _ => moment.tick.checked_sub(port.period)?,
        };
        if begin < self.from || moment.tick > self.to {
            return None;
        }
        // Of a gap that began before, the rest is left.
        Some(Moment { tick: moment.tick - self.from, lost: moment.lost.min(begin - self.from) })
    }
}

/// Writes the stretch from `from` to `to` seconds as a new take; the end may be left out. It begins where every stage begins as
/// it does in the whole: up to a beat earlier than asked for. Returns what was cut, and how many blocks of each edge.
///
/// # Errors
/// When nothing is there to be cut, or something cannot be read or written.
pub(crate) fn cut(
    take: &Take,
    from: f64,
    to: Option<f64>,
    output: &Path,
    registry: &Registry,
) -> Result<(Span, Vec<(Edge, u64)>), String> {
    let leader = take.leader();
    let clock = leader.port.clock;
    let ticks = |seconds: f64| (seconds * f64::from(clock)).round() as u64;
    let asked = Span { from: ticks(from), to: to.map_or(u64::MAX, ticks) };
    let outline = of_any(leader.port.element, Outline { edge: leader, until: asked.from })?;
    let end = outline.end;
    if asked.from >= end {
        let end = leader.port.seconds(end);
        return Err(format!("`--from {from}`: the take ends at {end:.3} s; expected less"));
    }
    let beat = take.beat(registry)?;
    let from = outline.anchor + asked.from.saturating_sub(outline.anchor) / beat * beat;
    let span = Span { from, to: asked.to.min(end) };
    if span.to < span.from + leader.port.period {
        let block = leader.port.seconds(leader.port.period);
        return Err(format!(
            "this stretch is shorter than a block of `{}`: choose {block} s or more",
            leader.name
        ));
    }
    take.begin(output)?;
    let mut kept = Vec::new();
    for edge in &take.edges {
        let span = span.rescaled(clock, edge.port.clock);
        let blocks = of_any(edge.port.element, Cut { edge, span, is_source: take.is_source(edge), output })?;
        if blocks == 0 && take.is_source(edge) {
            return Err(format!("`{}` has no whole block in this stretch: choose a longer one", edge.name));
        }
        kept.push((edge.clone(), blocks));
    }
    Ok((span, kept))
}

/// Reads when the blocks of an edge came.
struct Outline<'a> {
    edge: &'a Edge,
    /// The tick up to which gaps count.
    until: u64,
}

/// When the blocks of an edge came.
struct Outlined {
    /// Where the stretch without gaps begins in which `until` is, or which follows the gap that it is in.
    anchor: u64,
    /// The last tick.
    end: u64,
}

impl OfAny for Outline<'_> {
    type Done = Result<Outlined, String>;

    fn of<T: Kept>(self) -> Self::Done {
        let port = &self.edge.port;
        let mut recorded = Recorded::<T>::open(port, &self.edge.files)?;
        let mut found = Outlined { anchor: 0, end: 0 };
        for _ in 0..recorded.all() {
            let Moment { tick, lost } = recorded.moment()?;
            found.end = tick;
            let begin = tick.saturating_sub(port.period);
            if lost > 0 && begin.saturating_sub(lost) <= self.until {
                found.anchor = begin;
            }
        }
        Ok(found)
    }
}

/// Copies what is in a span.
struct Cut<'a> {
    edge: &'a Edge,
    span: Span,
    is_source: bool,
    output: &'a Path,
}

impl OfAny for Cut<'_> {
    type Done = Result<u64, String>;

    fn of<T: Kept>(self) -> Self::Done {
        let Cut { edge: Edge { name, port, files }, span, is_source, output } = self;
        let mut recorded = Recorded::<T>::open(port, files)?;
        let mut keeper = Keeper::<T>::create(port, &Files::to_read(&output.join(name)))?;
        let mut block = vec![T::default(); port.len()];
        while !recorded.is_over() {
            let moment = recorded.moment()?;
            recorded.block(&mut block)?;
            if moment.tick > span.to {
                break;
            }
            if let Some(mut moment) = span.place(moment, port) {
                // Nothing is missing at the beginning of what was heard: what a stage tells of is over.
                if keeper.kept() == 0 && !is_source {
                    moment.lost = 0;
                }
                block.iter_mut().for_each(|item| *item = item.moved(-(span.from as i64)));
                keeper.keep(moment, &block)?;
            }
        }
        keeper.finish()?;
        Ok(keeper.kept())
    }
}

#[cfg(test)]
mod tests {
    use kws_engine::{Element, Role};

    use super::*;

    #[test]
    fn blocks_that_are_whole_within_the_span_are_kept() {
        let port = Port::source(Element::I16, vec![160], Role::SAMPLES, 16_000, 160);
        let span = Span { from: 320, to: 800 };
        let place = |tick, lost| span.place(Moment { tick, lost }, &port).map(|m| (m.tick, m.lost));
        assert_eq!(place(320, 0), None);
        assert_eq!(place(470, 0), None, "it began before");
        assert_eq!(place(480, 0), Some((160, 0)));
        assert_eq!(place(480, 320), Some((160, 0)), "the gap was before");
        assert_eq!(place(640, 320), Some((320, 160)), "of the gap, half was before");
        assert_eq!(place(800, 0), Some((480, 0)));
        assert_eq!(place(960, 0), None);
    }
}
