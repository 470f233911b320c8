//! The first serial port of Arm's MPS2 boards (CMSDK APB UART), which QEMU connects with a socket or a pseudoterminal.
//!
//! The `unsafe` of this file: the registers of the port.

use core::ptr::{read_volatile, write_volatile};

/// The port's registers: data, state, control, and the divider of its clock four words on.
const DATA: *mut u32 = 0x4000_4000 as *mut u32;
const STATE: *mut u32 = 0x4000_4004 as *mut u32;
const CONTROL: *mut u32 = 0x4000_4008 as *mut u32;
const DIVIDER: *mut u32 = 0x4000_4010 as *mut u32;

/// Bits of the state: what is to be sent is still there, something has come.
const FULL: u32 = 1;
const CAME: u32 = 2;

/// The serial port of this machine.
pub struct Uart(());

impl Uart {
    /// Switches the port on. To be called once, on a machine that has one: `serial` in boards.toml.
    pub fn open() -> Self {
        // SAFETY: registers of this machine, which nobody else touches; the smallest divider, both directions on.
        unsafe {
            write_volatile(DIVIDER, 16);
            write_volatile(CONTROL, 3);
        }
        Uart(())
    }

    /// A byte that has come.
    pub fn read(&mut self) -> Option<u8> {
        // SAFETY: registers of this machine, which this value alone reads.
        unsafe { (read_volatile(STATE) & CAME != 0).then(|| read_volatile(DATA) as u8) }
    }

    /// Writes bytes, and waits until all are on their way.
    pub fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            // SAFETY: registers of this machine, which this value alone writes.
            unsafe {
                while read_volatile(STATE) & FULL != 0 {}
                write_volatile(DATA, u32::from(*byte));
            }
        }
    }
}
