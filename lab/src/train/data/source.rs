//! What a run draws its examples from: clips or images.

use std::ops::Range;

use anyhow::Result;

use super::batches::{Batch, Reader};
use crate::features::FrontEnd;

/// Examples of a corpus. What is drawn for example `index` of an epoch depends on nothing but the configuration and
/// these two, so that a resumed run draws what an uninterrupted one would have.
pub(crate) trait Source: Sync {
    /// Draws the features of some examples of an epoch, distorted.
    fn batch(&self, epoch: usize, examples: Range<usize>, reader: &mut Reader) -> Result<Batch>;

    /// The features of every example of the validation split, as it is.
    fn validation(&self, front_end: &mut FrontEnd) -> Result<Batch>;

    /// How many words the training examples say, for the second aim of [`Fit::words`](crate::train::Fit::words).
    fn words(&self) -> usize;
}
