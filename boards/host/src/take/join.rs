//! Several takes, one after the other, as one.

use std::path::Path;

use kws_engine::{Port, Registry};

use super::folder::{Edge, Take, rescaled};
use crate::wrapper::{Files, Keeper, Kept, Moment, OfAny, Recorded, of_any};

/// What came of joining.
pub(crate) struct Joined {
    /// The edges, with the number of their blocks.
    pub(crate) edges: Vec<(Edge, u64)>,
    /// Names of edges that some take lacks, or has in another form.
    pub(crate) without: Vec<String>,
    /// Seconds at which each take begins in the whole.
    pub(crate) begins: Vec<f64>,
}

/// Writes several takes of the same sources as one, each `gap` seconds or up to a beat more after the one before: what is between
/// is a gap, which all stages learn of. The pipeline is that of the first.
///
/// # Errors
/// When their sources differ, or something cannot be read or written.
pub(crate) fn join(takes: &[Take], gap: f64, output: &Path, registry: &Registry) -> Result<Joined, String> {
    let first = &takes[0];
    for take in &takes[1..] {
        same_sources(first, take)?;
    }
    let clock = first.leader().port.clock;
    let offsets = offsets(takes, (gap * f64::from(clock)).round() as u64, first.beat(registry)?)?;
    first.begin(output)?;
    let mut joined = Joined {
        edges: Vec::new(),
        without: Vec::new(),
        begins: offsets.iter().map(|offset| first.leader().port.seconds(*offset)).collect(),
    };
    for edge in &first.edges {
        let parts: Option<Vec<&Edge>> =
            takes.iter().map(|take| take.edge(&edge.name).filter(|other| other.port == edge.port)).collect();
        let Some(parts) = parts else {
            joined.without.push(edge.name.clone());
            continue;
        };
        let offsets = offsets.iter().map(|offset| rescaled(*offset, clock, edge.port.clock)).collect();
        let blocks = of_any(edge.port.element, Join { name: &edge.name, parts, offsets, output })?;
        joined.edges.push((edge.clone(), blocks));
    }
    for edge in takes.iter().flat_map(|take| &take.edges) {
        if first.edge(&edge.name).is_none() && !joined.without.contains(&edge.name) {
            joined.without.push(edge.name.clone());
        }
    }
    Ok(joined)
}

/// Refuses takes whose sources carry something else.
fn same_sources(first: &Take, other: &Take) -> Result<(), String> {
    for source in first.sources() {
        let Some(found) = other.edge(&source.name) else {
            return Err(format!(
                "`{}` cannot follow `{}`: it has no recording of `{}`",
                other.dir.display(),
                first.dir.display(),
                source.name
            ));
        };
        if found.port != source.port {
            return Err(format!(
                "`{}` cannot follow `{}`: `{}` is {} there, expected {}",
                other.dir.display(),
                first.dir.display(),
                source.name,
                found.port,
                source.port
            ));
        }
    }
    Ok(())
}

/// The tick of the first's leader from which each take's ticks are counted.
fn offsets(takes: &[Take], gap: u64, beat: u64) -> Result<Vec<u64>, String> {
    let clock = takes[0].leader().port.clock;
    let mut offsets = Vec::new();
    let mut next = 0_u64;
    for take in takes {
        offsets.push(next);
        let mut end = 0;
        for source in take.sources() {
            let last = of_any(source.port.element, Last { port: &source.port, files: &source.files })?;
            end = end.max(rescaled(last, source.port.clock, clock));
        }
        // Something must be missing, or nobody would know where one take ends.
        next = (next + end + gap.max(1)).next_multiple_of(beat);
    }
    Ok(offsets)
}

/// Reads the tick of the last block.
struct Last<'a> {
    port: &'a Port,
    files: &'a Files,
}

impl OfAny for Last<'_> {
    type Done = Result<u64, String>;

    fn of<T: Kept>(self) -> Self::Done {
        let mut recorded = Recorded::<T>::open(self.port, self.files)?;
        (0..recorded.all()).try_fold(0, |_, _| recorded.moment().map(|moment| moment.tick))
    }
}

/// Copies one edge of several takes.
struct Join<'a> {
    name: &'a str,
    parts: Vec<&'a Edge>,
    offsets: Vec<u64>,
    output: &'a Path,
}

impl OfAny for Join<'_> {
    type Done = Result<u64, String>;

    fn of<T: Kept>(self) -> Self::Done {
        let port = &self.parts[0].port;
        let mut keeper = Keeper::<T>::create(port, &Files::to_read(&self.output.join(self.name)))?;
        let mut block = vec![T::default(); port.len()];
        let mut last = 0;
        for (part, offset) in self.parts.iter().zip(self.offsets) {
            let mut recorded = Recorded::<T>::open(port, &part.files)?;
            let mut begins = offset > 0;
            while !recorded.is_over() {
                let Moment { tick, lost } = recorded.moment()?;
                recorded.block(&mut block)?;
                block.iter_mut().for_each(|item| *item = item.moved(offset as i64));
                let tick = tick + offset;
                // As `record` reckons what is lost between two blocks.
                let between = tick.saturating_sub(last + port.period).max(1);
                let lost = if std::mem::take(&mut begins) { between } else { lost };
                keeper.keep(Moment { tick, lost }, &block)?;
                last = tick;
            }
        }
        keeper.finish()?;
        Ok(keeper.kept())
    }
}
