//! The offline half of kws: corpora, training with burn, quantisation to `.tflite`, and evaluation.

pub mod audio;
pub mod augment;
pub mod bundle;
pub mod corpus;
pub mod device;
pub mod download;
pub mod enrol;
pub mod evaluate;
pub mod features;
pub mod images;
pub mod medium;
pub mod mine;
mod native;
pub mod nets;
pub mod npy;
pub mod page;
pub mod published;
pub mod quantise;
pub mod statistics;
pub mod tflite;
pub mod train;
pub mod tune;
