//! What streams and subjects are called.

use crate::nats::token;

/// Parts into which the nodes of a place are divided, each of which is read by one worker at a time.
pub const PARTITIONS: u32 = 64;

/// One direction of the links between two places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Direction {
    pipeline: u64,
    from: String,
    to: String,
}

impl Direction {
    /// From a place to another one, of the pipeline of this number.
    pub fn new(pipeline: u64, from: &str, to: &str) -> Self {
        Direction { pipeline, from: token(from), to: token(to) }
    }

    /// The stream of the server that stores it.
    pub fn stream(&self) -> String {
        format!("kws-{:016x}-{}-{}", self.pipeline, self.from, self.to)
    }

    fn root(&self) -> String {
        format!("kws.link.{:016x}.{}.{}", self.pipeline, self.from, self.to)
    }

    /// All of its subjects.
    pub fn subjects(&self) -> String {
        format!("{}.>", self.root())
    }

    /// The subjects of the nodes of a partition.
    pub fn partition(&self, partition: u32) -> String {
        format!("{}.{partition}.*", self.root())
    }

    /// The subject of a node.
    pub fn subject(&self, node: &str) -> String {
        format!("{}.{}.{node}", self.root(), partition_of(node))
    }

    /// Where it is written down how far the receiver of a node's stream has come.
    pub fn place(&self, node: &str) -> String {
        format!("{:016x}.{}.{}.{node}", self.pipeline, self.from, self.to)
    }
}

/// The partition of a node, by its name alone (FNV-1a).
pub fn partition_of(node: &str) -> u32 {
    let hash =
        node.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash % PARTITIONS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_spread_over_all_partitions_and_stay_there() {
        let mut counts = [0; PARTITIONS as usize];
        (0..2000).for_each(|node| counts[partition_of(&format!("node{node}")) as usize] += 1);
        assert!(counts.iter().all(|count| (10..60).contains(count)), "{counts:?}");
        assert_eq!(partition_of("hall"), 50, "another release finds the same");
        let direction = Direction::new(7, "a place", "b");
        assert_eq!(direction.subject("hall"), "kws.link.0000000000000007.a_place.b.50.hall");
    }
}
