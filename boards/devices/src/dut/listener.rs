//! The streaming wakeword, `sww01`: the device's half of the dialogue, byte by byte and without an allocator.
//!
//! The device listens between `start` and `stop`, and raises a pin when it has found the word; with `stop` it tells what its model
//! made of each frame. The dialogue is that of `sww_ref_util.c` of MLPerf Tiny v1.4.

use core::fmt::{self, Write};

use super::command::Command;

/// Samples that come at once, 32 ms of 16 kHz: the hop of the reference's features, and what its DMA brings.
pub const BLOCK: usize = 512;

/// Activations in a line.
const PRINTED: usize = 16;
/// The longest command.
const COMMAND: usize = 80;

/// A device that listens.
///
/// ```
/// use kws_devices::dut::Listener;
///
/// let (mut device, mut said) = (Listener::new([0; 100]), String::new());
/// for byte in b"start%" {
///     device.hear(*byte, &mut said)?;
/// }
/// // While sound comes:
/// assert!(device.is_listening());
/// device.note(-128);
/// # Ok::<(), core::fmt::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Listener<A> {
    command: Command<COMMAND>,
    is_listening: bool,
    /// What the model said of the wakeword, each time; how many of them there are, and whether there were more.
    activations: A,
    count: usize,
    is_full: bool,
}

impl<A: AsMut<[i8]>> Listener<A> {
    /// A device with memory for so many activations.
    pub fn new(activations: A) -> Self {
        Listener { command: Command::new(), is_listening: false, activations, count: 0, is_full: false }
    }

    /// Whether what the microphone brings is to be worked on.
    pub const fn is_listening(&self) -> bool {
        self.is_listening
    }

    /// The model has said this of the wakeword.
    pub fn note(&mut self, activation: i8) {
        match self.activations.as_mut().get_mut(self.count) {
            Some(place) => (*place, self.count) = (activation, self.count + 1),
            None => self.is_full = true,
        }
    }

    /// Takes a byte from the runner, and answers the one that ends a command. Whether the device begins to listen now, so that all of
    /// its stages begin anew.
    ///
    /// # Errors
    /// Only those of `out`.
    pub fn hear(&mut self, byte: u8, out: &mut impl Write) -> Result<bool, fmt::Error> {
        let Some(command) = self.command.take(byte) else { return Ok(false) };
        let command = command.text();
        write!(out, "Received command: {command}\r\n")?;
        let mut starts = false;
        match command.split(' ').next().unwrap_or_default() {
            "name" => out.write_str("m-name-dut-[kws]\r\n")?,
            "profile" => out.write_str("m-profile-[MLPerf Tiny Firmware V0.1.0]\r\nm-model-[sww01]\r\n")?,
            // In energy mode alone a pulse; nothing waits for text.
            "timestamp" => {}
            "start" if self.is_listening => {
                out.write_str("I2S Rx currently in progress. Ignoring request\r\n")?;
            }
            "start" => {
                (self.is_listening, self.count, self.is_full, starts) = (true, 0, false, true);
                out.write_str("Listening for I2S data ... \r\nDMA receive initiated.\r\n")?;
            }
            "stop" if !self.is_listening => {
                out.write_str("I2S is already idle.  Ignoring stop request\r\n")?
            }
            "stop" => {
                self.is_listening = false;
                self.tell(out)?;
            }
            _ => write!(out, "Unrecognized command {command}\r\n")?,
        }
        out.write_str("m-ready\r\n")?;
        Ok(starts)
    }

    fn tell(&mut self, out: &mut impl Write) -> fmt::Result {
        let activations = &self.activations.as_mut()[..self.count];
        if self.is_full {
            write!(out, "e-[Only the first {} activations are kept]\r\n", activations.len())?;
        }
        out.write_str("Streaming stopped.\r\ntarget activations: \r\n[")?;
        for (number, activation) in activations.iter().enumerate() {
            let comma = if number + 1 < activations.len() { ", " } else { " " };
            let ends = if (number + 1) % PRINTED == 0 { "\r\n" } else { "" };
            write!(out, "{activation}{comma}{ends}")?;
        }
        out.write_str("\r\n]\r\n")
    }
}
