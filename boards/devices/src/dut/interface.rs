//! The interface board that the runner wants beside a device for the streaming wakeword, where both are one program.
//!
//! On hardware the board plays a file of its card over I2S, and takes the time of pulses on two pins: one for each detection, and before
//! them one for the first frame; and one that is high while a frame is worked on. Here it plays to the device in the same program,
//! and takes the times itself. The dialogue is that of `InterfaceMenu.cpp` of MLPerf Tiny v1.4.

use core::fmt::{self, Display, Write};

use super::command::Command;
use super::listener::Listener;

/// The longest command, which names a file.
const COMMAND: usize = 256;
/// Microseconds of a unit in which the board tells when frames were worked on.
const UNIT_US: u64 = 10;

/// A card with sound, and the pipeline that hears it.
pub trait Ears {
    /// Why a file cannot be played.
    type Error: Display;

    /// The pipeline forgets what it has heard.
    fn begin(&mut self);

    /// Opens a file of the card.
    ///
    /// # Errors
    /// Says what is wrong with it.
    fn open(&mut self, name: &str) -> Result<(), Self::Error>;

    /// Waits until the next [`BLOCK`](super::BLOCK) of samples has come, counted from when the file was opened. False at its end.
    fn wait(&mut self) -> bool;

    /// Works on that block, and tells what the model said of the wakeword, if it ran. Whether the word was found.
    fn work(&mut self, activation: &mut dyn FnMut(i8)) -> bool;

    /// Microseconds since the file was opened.
    fn microseconds(&mut self) -> u64;
}

/// When the device worked on a frame: units of 10 µs since the beginning of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worked {
    start: u32,
    stop: u32,
}

impl Worked {
    /// Not yet.
    pub const NONE: Worked = Worked { start: 0, stop: 0 };
}

/// The interface board. `W` is memory for the frames that it takes the times of, `D` for detections, in milliseconds.
#[derive(Clone, Debug)]
pub struct Interface<W, D> {
    command: Command<COMMAND>,
    is_recording: bool,
    worked: W,
    frames: usize,
    detections: D,
    pulses: usize,
    is_full: bool,
}

impl<W: AsMut<[Worked]>, D: AsMut<[u32]>> Interface<W, D> {
    /// A board with this memory.
    pub fn new(worked: W, detections: D) -> Self {
        let command = Command::new();
        Interface { command, is_recording: false, worked, frames: 0, detections, pulses: 0, is_full: false }
    }

    /// Takes a byte from the runner, and does what the one says that ends a command: what it plays, the device hears.
    ///
    /// # Errors
    /// Only those of `out`.
    pub fn hear<A: AsMut<[i8]>>(
        &mut self,
        byte: u8,
        ears: &mut impl Ears,
        device: &mut Listener<A>,
        out: &mut impl Write,
    ) -> fmt::Result {
        let Some(command) = self.command.take(byte) else { return Ok(()) };
        let command = command.text();
        let (word, argument) = command.split_once(' ').unwrap_or((command, ""));
        match word {
            "name" => out.write_str("m-name-dut-[kws]\r\n")?,
            "setbaud" => write!(out, "set baud to: {argument}\r\n")?,
            "record_detections" => {
                (self.is_recording, self.frames, self.pulses, self.is_full) = (true, 0, 0, false);
                out.write_str("Now recording detections\r\n")?;
            }
            "play" => {
                write!(out, "Attempting to play {argument}\r\n")?;
                match ears.open(argument) {
                    Ok(()) => {
                        self.play(ears, device);
                        match self.is_recording && self.is_full {
                            false => out.write_str("succeeded.\r\n")?,
                            true => {
                                write!(out, "e-[Only the first {} frames are recorded]\r\n", self.frames)?
                            }
                        }
                    }
                    Err(reason) => write!(out, "e-[{reason}]\r\n")?,
                }
            }
            "print_detections" => {
                self.is_recording = false;
                out.write_str("Detection Timestamps (ms)\r\n")?;
                lines(self.detections.as_mut()[..self.pulses].iter().copied(), out)?;
            }
            "print_dutycycle" => self.print_work(out)?,
            _ => write!(out, "e-[Unknown command: {command}]\r\n")?,
        }
        out.write_str("m-ready\r\n")
    }

    /// Plays the open file to the device.
    fn play<A: AsMut<[i8]>>(&mut self, ears: &mut impl Ears, device: &mut Listener<A>) {
        let mut is_first = true;
        while ears.wait() {
            if !device.is_listening() {
                continue;
            }
            let start = ears.microseconds();
            let found = ears.work(&mut |activation| device.note(activation));
            let stop = ears.microseconds();
            if !self.is_recording {
                continue;
            }
            if core::mem::take(&mut is_first) {
                self.pulse(start);
            }
            if found {
                self.pulse(stop);
            }
            let units = |time: u64| (time / UNIT_US) as u32;
            match self.worked.as_mut().get_mut(self.frames) {
                Some(place) => *place = Worked { start: units(start), stop: units(stop) },
                None => {
                    self.is_full = true;
                    continue;
                }
            }
            self.frames += 1;
        }
    }

    /// Notes a pulse at a time in microseconds.
    fn pulse(&mut self, time: u64) {
        match self.detections.as_mut().get_mut(self.pulses) {
            Some(place) => (*place, self.pulses) = ((time / 1000) as u32, self.pulses + 1),
            None => self.is_full = true,
        }
    }

    fn print_work(&mut self, out: &mut impl Write) -> fmt::Result {
        let worked = &self.worked.as_mut()[..self.frames];
        out.write_str("Duty cycle start times (s)\r\n")?;
        lines(worked.iter().map(|frame| frame.start), out)?;
        out.write_str("Duty cycle stop times (s)\r\n")?;
        lines(worked.iter().map(|frame| frame.stop), out)
    }
}

fn lines(numbers: impl Iterator<Item = u32>, out: &mut impl Write) -> fmt::Result {
    for number in numbers {
        write!(out, "{number},\r\n")?;
    }
    Ok(())
}
