//! How far the worker of a partition has come, as it is written down.

use kws_carrier::stream::Place;

use super::node::Standing;

/// How far the worker of a partition has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// The last message whose detections are stored; 0 before the first.
    pub(super) sequence: u64,
    /// The nodes, and where each stands.
    pub(super) nodes: Vec<(String, Standing)>,
}

impl Progress {
    /// The first message that must be read again.
    pub(super) fn from(&self) -> u64 {
        let under_way = self.nodes.iter().filter(|(_, standing)| !standing.is_over);
        under_way.map(|(_, standing)| standing.place.sequence).fold(self.sequence, u64::min) + 1
    }

    pub(super) fn write(&self) -> String {
        let node = |(name, Standing { place, is_over }): &(String, Standing)| {
            format!("\n{name} {} {}", u8::from(*is_over), place.write())
        };
        self.sequence.to_string() + &self.nodes.iter().map(node).collect::<String>()
    }

    /// What [`write`](Self::write) wrote; `None` of anything else.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(text).ok()?.lines();
        let sequence = lines.next()?.parse().ok()?;
        let node = |line: &str| {
            let (name, rest) = line.split_once(' ')?;
            let (is_over, place) = rest.split_once(' ')?;
            Some((
                name.to_owned(),
                Standing { place: Place::read(place.as_bytes())?, is_over: is_over == "1" },
            ))
        };
        Some(Progress { sequence, nodes: lines.map(node).collect::<Option<_>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_comes_back() {
        let standing = |sequence, is_over| {
            let place = Place { sequence, session: 9, next: vec![(0, 3)] };
            Standing { place, is_over }
        };
        let nodes = vec![("hall".into(), standing(7, false)), ("b".into(), standing(3, true))];
        let progress = Progress { sequence: 40, nodes };
        assert_eq!(Progress::read(progress.write().as_bytes()), Some(progress.clone()));
        assert_eq!(progress.from(), 8);
        assert_eq!(Progress::read(b"nothing"), None);
    }
}
