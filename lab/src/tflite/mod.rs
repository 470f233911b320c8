//! Writing `.tflite` files, the model format of LiteRT and TensorFlow Lite for Microcontrollers.

mod flat;
mod judge;
mod read;
mod write;

pub use judge::{Judge, write_judge};
pub use read::read;
pub use write::write;
