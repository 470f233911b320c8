//! Stages that read audio.

pub mod micro_frontend;
