//! Two takes, block by block.

use kws_engine::Port;
use serde::Serialize;

use super::folder::{Edge, Take};
use crate::wrapper::{Files, Kept, OfAny, Recorded, of_any};

/// How an edge of two takes compares.
#[derive(Debug, Serialize)]
pub(crate) struct Comparison {
    /// The edge.
    pub(crate) edge: String,
    /// Blocks that were the same, up to the first that differs.
    pub(crate) same: u64,
    /// What differs first; nothing where all is the same.
    pub(crate) difference: Option<Difference>,
}

/// The first difference of an edge.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Difference {
    /// The block, counted from 0; none where the edges differ in what they carry or one is missing.
    pub(crate) block: Option<u64>,
    /// Its time in the stream, in seconds.
    pub(crate) seconds: Option<f64>,
    /// What differs, as a sentence.
    pub(crate) what: String,
}

impl Difference {
    fn of_edge(what: String) -> Self {
        Difference { block: None, seconds: None, what }
    }
}

/// Compares all edges of two takes, in the order of the stages.
///
/// # Errors
/// When a recording cannot be read.
pub(crate) fn compare(one: &Take, other: &Take) -> Result<Vec<Comparison>, String> {
    let mut found = Vec::new();
    for edge in &one.edges {
        found.push(match other.edge(&edge.name) {
            Some(there) => of_edge(edge, there)?,
            None => missing(edge, one, other),
        });
    }
    let only_there = other.edges.iter().filter(|edge| one.edge(&edge.name).is_none());
    found.extend(only_there.map(|edge| missing(edge, other, one)));
    Ok(found)
}

fn missing(edge: &Edge, has: &Take, lacks: &Take) -> Comparison {
    let what = format!("`{}` has it, `{}` does not", has.dir.display(), lacks.dir.display());
    Comparison { edge: edge.name.clone(), same: 0, difference: Some(Difference::of_edge(what)) }
}

fn of_edge(edge: &Edge, there: &Edge) -> Result<Comparison, String> {
    let name = edge.name.clone();
    if edge.port != there.port {
        let what = match (edge.port.to_string(), there.port.to_string()) {
            (port, other) if port == other => format!("its labels or its history: {}", unlike(edge, there)),
            (port, other) => format!("it carries {port}, there {other}"),
        };
        return Ok(Comparison { edge: name, same: 0, difference: Some(Difference::of_edge(what)) });
    }
    let (same, difference) =
        of_any(edge.port.element, Compare { port: &edge.port, files: &edge.files, there: &there.files })?;
    Ok(Comparison { edge: name, same, difference })
}

/// What two ports that look alike differ in.
fn unlike(edge: &Edge, there: &Edge) -> String {
    let (one, other) = (&edge.port, &there.port);
    let step = one.made_by.iter().zip(&other.made_by).find(|(one, other)| one != other);
    match step {
        _ if one.labels != other.labels => format!("{:?}, there {:?}", one.labels, other.labels),
        Some((one, other)) => {
            format!("`{}` with {}, there `{}` with {}", one.kind, one.params, other.kind, other.params)
        }
        None => "other stages, or another calibration".to_owned(),
    }
}

/// Reads two recordings side by side.
struct Compare<'a> {
    port: &'a Port,
    files: &'a Files,
    there: &'a Files,
}

impl OfAny for Compare<'_> {
    type Done = Result<(u64, Option<Difference>), String>;

    fn of<T: Kept>(self) -> Self::Done {
        let port = self.port;
        let mut one = Recorded::<T>::open(port, self.files)?;
        let mut other = Recorded::<T>::open(port, self.there)?;
        let mut blocks = [vec![T::default(); port.len()], vec![T::default(); port.len()]];
        let mut index = 0;
        let mut last = 0;
        while !one.is_over() && !other.is_over() {
            let (moment, there) = (one.moment()?, other.moment()?);
            one.block(&mut blocks[0])?;
            other.block(&mut blocks[1])?;
            let what = if moment.tick != there.tick {
                Some(format!("it comes at tick {}, there at {}", moment.tick, there.tick))
            } else if moment.lost != there.lost {
                Some(format!("{} ticks are lost before it, there {}", moment.lost, there.lost))
            } else {
                items(&blocks[0], &blocks[1])
            };
            if let Some(what) = what {
                let seconds = Some(port.seconds(moment.tick.min(there.tick)));
                return Ok((index, Some(Difference { block: Some(index), seconds, what })));
            }
            (index, last) = (index + 1, moment.tick);
        }
        if one.all() == other.all() {
            return Ok((index, None));
        }
        let what = format!("it has {} blocks, there {}", one.all(), other.all());
        Ok((index, Some(Difference { block: Some(index), seconds: Some(port.seconds(last)), what })))
    }
}

/// What the first item is that differs.
fn items<T: Kept>(one: &[T], other: &[T]) -> Option<String> {
    let differ = |(one, other): &(&T, &T)| !one.is_same(other);
    let place = one.iter().zip(other).position(|pair| differ(&pair))?;
    let count = one.iter().zip(other).filter(differ).count();
    let more = if count > 1 { format!("; {count} of its {} items differ", one.len()) } else { String::new() };
    Some(format!("its item {place} is {:?}, there {:?}{more}", one[place], other[place]))
}
