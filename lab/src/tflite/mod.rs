//! Writing `.tflite` files, the model format of LiteRT and TensorFlow Lite for Microcontrollers.

mod flat;
mod write;

pub use write::write;
