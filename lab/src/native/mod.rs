//! A step of training on a processor, in loops of its own: forward, backward, gradients.
//!
//! burn trains the same networks, and far slower: it computes the gradient of a depthwise convolution one channel after
//! the other, each as a convolution whose kernel is a whole image, and makes several passes over every activation where
//! one does. Here activations lie as in the integer runtime, `[example, row, column, channel]`, so that a pointwise
//! convolution is one matrix product and a depthwise one runs over neighbouring channels.
//! Everything runs on the caller's thread. The arithmetic is that of [`Network::forward`](crate::nets::Network::forward)
//! and of burn's derivatives, which the tests hold it to; rounded networks ([`Fake`](crate::quantise::Fake)) give the
//! very same integers.

mod cosine;
mod depthwise;
mod norm;
mod pass;
mod patches;
mod product;
mod step;

pub(crate) use pass::{Auxiliary, Gradients, Pass, Wanted};
