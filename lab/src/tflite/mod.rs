//! Writing `.tflite` files, the model format of LiteRT and TensorFlow Lite for Microcontrollers.

mod flat;
mod read;
mod write;

pub use read::read;
pub use write::write;
