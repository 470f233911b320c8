//! The serial ports of Arm's MPS2 boards (CMSDK APB UART), which QEMU connects with sockets or pseudoterminals.
//!
//! The `unsafe` of this file: the registers of the ports.

use core::fmt;
use core::ptr::{read_volatile, write_volatile};

/// The first two ports of these boards.
const PORTS: [usize; 2] = [0x4000_4000, 0x4000_5000];
/// The registers of a port, in words: data, state, control, and the divider of its clock.
const DATA: usize = 0;
const STATE: usize = 1;
const CONTROL: usize = 2;
const DIVIDER: usize = 4;

/// Bits of the state: what is to be sent is still there, something has come.
const FULL: u32 = 1;
const CAME: u32 = 2;

/// A serial port of this machine.
pub struct Uart(*mut u32);

impl Uart {
    /// Switches the first port on. To be called once, on a machine that has one: `serial` in boards.toml.
    pub fn open() -> Self {
        Uart::at(PORTS[0])
    }

    /// Switches the second port on. To be called once, on an MPS2 board.
    pub fn open_second() -> Self {
        Uart::at(PORTS[1])
    }

    fn at(port: usize) -> Self {
        let port = port as *mut u32;
        // SAFETY: registers of this machine, which nobody else touches; the smallest divider, both directions on.
        unsafe {
            write_volatile(port.add(DIVIDER), 16);
            write_volatile(port.add(CONTROL), 3);
        }
        Uart(port)
    }

    /// A byte that has come.
    pub fn read(&mut self) -> Option<u8> {
        let Uart(port) = *self;
        // SAFETY: registers of this machine, which this value alone reads.
        unsafe { (read_volatile(port.add(STATE)) & CAME != 0).then(|| read_volatile(port.add(DATA)) as u8) }
    }

    /// Writes bytes, and waits until all are on their way.
    pub fn write(&mut self, bytes: &[u8]) {
        let Uart(port) = *self;
        for byte in bytes {
            // SAFETY: registers of this machine, which this value alone writes.
            unsafe {
                while read_volatile(port.add(STATE)) & FULL != 0 {}
                write_volatile(port.add(DATA), u32::from(*byte));
            }
        }
    }
}

impl fmt::Write for Uart {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write(text.as_bytes());
        Ok(())
    }
}
