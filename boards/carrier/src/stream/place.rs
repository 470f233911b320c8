//! How far the receiver of a stream has come, and from where it goes on.

/// How far the receiver of a stream has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The last message of the server's stream that is done with; 0 before the first.
    pub sequence: u64,
    /// The session of the sender; 0 before it is known.
    pub session: u32,
    /// For each edge the first part that is not done with.
    pub next: Vec<(u8, u64)>,
}

impl Place {
    /// As it is written down: `SEQUENCE SESSION EDGE:NEXT …`.
    pub fn write(&self) -> String {
        let Place { sequence, session, next } = self;
        let next: String = next.iter().map(|(edge, next)| format!(" {edge}:{next}")).collect();
        format!("{sequence} {session}{next}")
    }

    /// What [`write`](Self::write) wrote; `None` of anything else.
    pub fn read(text: &[u8]) -> Option<Self> {
        let mut words = std::str::from_utf8(text).ok()?.split(' ');
        let (sequence, session) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let next = words.map(|word| {
            let (edge, next) = word.split_once(':')?;
            Some((edge.parse().ok()?, next.parse().ok()?))
        });
        Some(Place { sequence, session, next: next.collect::<Option<_>>()? })
    }

    /// The first part of an edge that is not done with.
    pub fn next(&self, edge: u8) -> u64 {
        self.next.iter().find(|(of, _)| *of == edge).map_or(0, |(_, next)| *next)
    }
}

/// From where a receiver that starts again goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// From here on it reads.
    pub from: Place,
    /// The last message that is done with: all up to it only warms the stages up.
    pub done: u64,
}

impl Standing {
    /// Without a warm-up.
    pub fn at(place: Place) -> Self {
        Standing { done: place.sequence, from: place }
    }

    /// As it is written down: two lines.
    pub fn write(&self) -> String {
        format!("{}\n{}", self.from.write(), self.done)
    }

    /// What [`write`](Self::write) wrote, or a place alone; `None` of anything else.
    pub fn read(text: &[u8]) -> Option<Self> {
        let mut lines = text.split(|byte| *byte == b'\n');
        let from = Place::read(lines.next()?)?;
        match lines.next() {
            None => Some(Standing::at(from)),
            Some(done) => Some(Standing { from, done: std::str::from_utf8(done).ok()?.parse().ok()? }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_comes_back() {
        let from = Place { sequence: 3, session: 9, next: vec![(1, 2)] };
        let standing = Standing { from: from.clone(), done: 40 };
        assert_eq!(Standing::read(standing.write().as_bytes()), Some(standing));
        assert_eq!(Standing::read(from.write().as_bytes()), Some(Standing::at(from)));
        assert_eq!(Standing::read(b"3 9\nx"), None);
    }

    #[test]
    fn a_place_comes_back() {
        for next in [vec![], vec![(3, 17), (255, u64::MAX)]] {
            let place = Place { sequence: 1 << 40, session: u32::MAX, next };
            assert_eq!(Place::read(place.write().as_bytes()), Some(place));
        }
        for text in ["", "1", "1 x", "1 2 3", "1 2 3:x"] {
            assert_eq!(Place::read(text.as_bytes()), None, "{text}");
        }
    }
}
