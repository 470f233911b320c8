//! The plan's two pools of constants, while they are filled.

use std::collections::HashMap;

use crate::error::{ModelError, ModelErrorKind};
use crate::op::Span;

/// Most items of one pool: a file may name one buffer many times, and each use may pack it anew.
const MOST: usize = 1 << 26;

/// Bytes and words that operations refer to.
#[derive(Debug, Default)]
pub(crate) struct Pools {
    pub(crate) bytes: Vec<i8>,
    pub(crate) words: Vec<i32>,
    /// Where contents of the file already lie, by their address and length.
    known: HashMap<(usize, usize), Span>,
}

impl Pools {
    /// Puts contents of the file into the pool of bytes, once however often they are used.
    pub(crate) fn contents(&mut self, data: &[u8]) -> Result<Span, ModelError> {
        let key = (data.as_ptr() as usize, data.len());
        if let Some(span) = self.known.get(&key) {
            return Ok(*span);
        }
        let span = add(&mut self.bytes, data.iter().map(|byte| *byte as i8))?;
        self.known.insert(key, span);
        Ok(span)
    }

    /// Puts a table of bytes into their pool.
    pub(crate) fn table(&mut self, table: &[u8]) -> Result<Span, ModelError> {
        add(&mut self.bytes, table.iter().map(|byte| *byte as i8))
    }

    /// Puts packed weights into the pool of bytes, from the beginning of a cache line on.
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
    pub(crate) fn bytes(&mut self, bytes: impl ExactSizeIterator<Item = i8>) -> Result<Span, ModelError> {
        self.bytes.resize(self.bytes.len().next_multiple_of(crate::aligned::LINE), 0);
        add(&mut self.bytes, bytes)
    }

    /// Puts words into their pool.
    pub(crate) fn words(&mut self, words: impl ExactSizeIterator<Item = i32>) -> Result<Span, ModelError> {
        add(&mut self.words, words)
    }
}

fn add<T>(pool: &mut Vec<T>, items: impl ExactSizeIterator<Item = T>) -> Result<Span, ModelError> {
    let span = Span { at: pool.len() as u32, len: items.len() as u32 };
    if pool.len() + items.len() > MOST {
        let found = format!("more than {} constants after packing", pool.len() + items.len());
        return Err(ModelError::new(ModelErrorKind::Limit, "model", found, format!("at most {MOST}")));
    }
    pool.extend(items);
    Ok(span)
}
