//! Enrolment: a word or a voice from a few clips, without training a network.
//!
//! Both compare a clip with a *bank* of clips by many speakers, which lies beside the embedding's model. A word is a direction
//! among the embeddings, for the stage `match`; a voice is a logistic regression on the mean and the largest value of each band
//! of the features, written as a small `.tflite` file that an ordinary `classifier` runs behind `capture`.

mod alarms;
mod bank;
mod ear;
mod figures;
mod study;
mod takes;
mod voice;
mod word;

pub use alarms::Alarms;
pub use bank::{Bank, Made};
pub use ear::{Ear, Heard};
pub use figures::{AlarmRate, Curve, Group, Point, Study};
pub use kws_stages::enrol::Enrolled;
pub use study::{Trial, voices as study_voices, words as study_words};
pub use takes::{Clip, takes};
pub use voice::{Voice, VoiceCard};
pub use word::{Word, WordCard};
