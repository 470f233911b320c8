//! Which worker has which partition.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use async_nats::jetstream::{Context, kv};
use futures_util::StreamExt;
use futures_util::future::join_all;
use kws_carrier::stream::{Direction, PARTITIONS, bucket};

/// How long a lease lasts without its worker: from its death to another one in its place.
const TERM: Duration = Duration::from_secs(5);

/// Buckets: of workers that are there, and of their leases.
const WORKERS: &str = "kws-workers";
const LEASES: &str = "kws-leases";

/// Which worker has which partition, as this one sees it.
pub(super) struct Leases {
    name: String,
    /// What stands before names and partitions in keys.
    scope: String,
    workers: kv::Store,
    leases: kv::Store,
    /// The partitions that this worker has, each with the revision of its lease.
    held: HashMap<u32, u64>,
}

/// What has changed.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// Partitions that this worker has from now on.
    pub(super) gained: Vec<u32>,
    /// Partitions that somebody else has taken.
    pub(super) lost: Vec<u32>,
    /// Partitions that belong to a worker that has come: this one is to finish what it does there, and
    /// [release](Leases::release) them.
    pub(super) due: Vec<u32>,
}

impl Leases {
    pub(super) async fn new(context: &Context, direction: &Direction, name: &str) -> io::Result<Self> {
        Ok(Leases {
            name: name.to_owned(),
            scope: direction.stream(),
            workers: bucket(context, WORKERS, TERM).await?,
            leases: bucket(context, LEASES, TERM).await?,
            held: HashMap::new(),
        })
    }

    /// Says that this worker is there, renews its leases and takes what is its own: to be called every second.
    pub(super) async fn renew(&mut self) -> io::Result<Change> {
        let own = format!("{}.{}", self.scope, self.name);
        self.workers.put(&own, "".into()).await.map_err(io::Error::other)?;
        let workers = self.there().await?;
        let mut change = Change::default();
        let renewed = join_all(self.held.iter().map(async |(partition, revision)| {
            let name = self.name.clone().into();
            (*partition, self.leases.update(self.key(*partition), name, *revision).await)
        }));
        for (partition, renewed) in renewed.await {
            match renewed {
                Ok(revision) => drop(self.held.insert(partition, revision)),
                Err(_) => {
                    self.held.remove(&partition);
                    change.lost.push(partition);
                }
            }
        }
        for partition in 0..PARTITIONS {
            let is_own = owner(partition, &workers) == Some(&self.name);
            match (is_own, self.held.contains_key(&partition)) {
                (true, false) => {
                    // Whoever has it releases it, or dies.
                    let created = self.leases.create(self.key(partition), self.name.clone().into()).await;
                    if let Ok(revision) = created {
                        self.held.insert(partition, revision);
                        change.gained.push(partition);
                    }
                }
                (false, true) => change.due.push(partition),
                _ => {}
            }
        }
        Ok(change)
    }

    /// Gives a partition up.
    pub(super) async fn release(&mut self, partition: u32) -> io::Result<()> {
        if let Some(revision) = self.held.remove(&partition) {
            let key = self.key(partition);
            self.leases.delete_expect_revision(key, Some(revision)).await.map_err(io::Error::other)?;
        }
        Ok(())
    }

    /// Leaves in order: others need not wait until it counts as dead.
    pub(super) async fn leave(&mut self) -> io::Result<()> {
        for partition in self.held.keys().copied().collect::<Vec<_>>() {
            self.release(partition).await?;
        }
        let own = format!("{}.{}", self.scope, self.name);
        self.workers.delete(own).await.map_err(io::Error::other)
    }

    fn key(&self, partition: u32) -> String {
        format!("{}.{partition}", self.scope)
    }

    /// The workers that are there.
    async fn there(&self) -> io::Result<Vec<String>> {
        let mut keys = self.workers.keys().await.map_err(io::Error::other)?;
        let mut names = Vec::new();
        while let Some(key) = keys.next().await {
            let key = key.map_err(io::Error::other)?;
            let name = key.strip_prefix(&self.scope).and_then(|rest| rest.strip_prefix('.'));
            names.extend(name.map(str::to_owned));
        }
        Ok(names)
    }
}

/// The worker that a partition belongs to: when one comes or goes, only its own partitions move.
fn owner(partition: u32, workers: &[String]) -> Option<&String> {
    let weight = |name: &String| {
        let bytes = name.bytes().chain(partition.to_le_bytes());
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        // The last bytes are hardly mixed.
        (hash ^ (hash >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    };
    workers.iter().max_by_key(|name| (weight(name), *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_shared_out_and_stay_when_others_come_and_go() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let (two, three) = (names(&["a1", "b2"]), names(&["a1", "b2", "c3"]));
        let mut counts = HashMap::<&str, u32>::new();
        for partition in 0..PARTITIONS {
            let (before, after) = (owner(partition, &two).unwrap(), owner(partition, &three).unwrap());
            assert!(after == before || after == "c3", "{partition} moved from {before} to {after}");
            *counts.entry(after).or_default() += 1;
        }
        assert!(counts.values().all(|count| (8..40).contains(count)), "{counts:?}");
        assert_eq!(owner(0, &[]), None);
    }
}
