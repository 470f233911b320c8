//! What is written down at the server: with a checksum, and with a few values before the last one.

use std::io;

use async_nats::jetstream::kv::{Entry, Operation, Store};
use futures_util::TryStreamExt;

use super::bus::ATTEMPTS;
use super::seal::{seal, unseal};
use crate::nats::other;

/// What is written down under a key.
#[derive(Debug)]
pub struct Kept {
    /// The newest value that is as it was written.
    pub text: Option<Vec<u8>>,
    /// The revision of the newest value of all; 0 where there is none.
    pub revision: u64,
    /// Whether that is another value: the newest is damaged.
    pub is_damaged: bool,
}

impl Kept {
    /// Reads what is written down under a key.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn read(bucket: &Store, key: &str) -> io::Result<Self> {
        let mut revision = 0;
        // Changed on its way here, perhaps: it is read again.
        for _ in 0..ATTEMPTS {
            let entry = bucket.entry(key).await.map_err(other)?;
            let Some(entry) = entry else { return Ok(Kept { text: None, revision: 0, is_damaged: false }) };
            revision = entry.revision;
            if entry.operation != Operation::Put {
                return Ok(Kept { text: None, revision, is_damaged: false });
            }
            if let Some(text) = unseal(&entry.value) {
                return Ok(Kept { text: Some(text.to_vec()), revision, is_damaged: false });
            }
        }
        let entries: Vec<Entry> =
            bucket.history(key).await.map_err(other)?.try_collect().await.map_err(other)?;
        let text = entries.iter().rev().find_map(|entry| unseal(&entry.value));
        Ok(Kept { text: text.map(<[u8]>::to_vec), revision, is_damaged: true })
    }

    /// What is written down for this.
    pub fn written(text: &str) -> Vec<u8> {
        seal(text.as_bytes())
    }
}
