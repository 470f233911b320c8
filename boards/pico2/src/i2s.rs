//! The I2S clocks and the data of one microphone, made by a PIO state machine.

use hal::gpio::bank0::{Gpio18, Gpio19, Gpio20};
use hal::gpio::{FunctionPio0, Pin, PullDown};
use hal::pac;
use hal::pio::{Buffers, PIO0SM0, PIOBuilder, PIOExt, PinDir, Running, Rx, ShiftDirection, StateMachine};
use pio::pio_asm;

use crate::chip::DIVISOR;

/// Bits of a sample that are taken; the least of them comes last, and the sign is not spread.
pub(crate) const BITS: u32 = 24;

/// Where the microphone is connected.
#[expect(dead_code, reason = "held, so that nobody else drives the pins")]
pub(crate) struct Wiring {
    /// BCLK or SCK: 64 clocks to a frame.
    pub(crate) clock: Pin<Gpio18, FunctionPio0, PullDown>,
    /// LRCL or WS: low during the left half of a frame.
    pub(crate) word: Pin<Gpio19, FunctionPio0, PullDown>,
    /// DOUT or SD.
    pub(crate) data: Pin<Gpio20, FunctionPio0, PullDown>,
}

/// Starts the clocks; what the microphone says in the left half of each frame comes out, a frame being a sample.
///
/// `None` when the state machine has no room for the program, which nothing else uses.
pub(crate) fn start(
    pio: pac::PIO0,
    resets: &mut pac::RESETS,
    _wiring: &Wiring,
) -> Option<(StateMachine<PIO0SM0, Running>, Rx<PIO0SM0>)> {
    // Two instructions to a clock, low and high. Data change when the clock falls, one clock after the word, and are
    // taken when it rises.
    let program = pio_asm!(
        ".side_set 2", // The clock, and above it the word.
        ".wrap_target",
        "    set x, 23        side 0b00", // Left, clock 0: the last bit of the right half, which nobody needs.
        "    nop              side 0b01",
        "    nop              side 0b00",
        "left:",
        "    in pins, 1       side 0b01", // Clocks 1 to 24.
        "    jmp x-- left     side 0b00",
        "    set x, 5         side 0b01", // Clock 25.
        "rest:",
        "    nop              side 0b00", // Clocks 26 to 31.
        "    jmp x-- rest     side 0b01",
        "    set x, 30        side 0b10", // Right, clock 0.
        "    nop              side 0b11",
        "right:",
        "    nop              side 0b10", // Clocks 1 to 31.
        "    jmp x-- right    side 0b11",
        ".wrap",
    );
    let (mut pio, machine, _, _, _) = pio.split(resets);
    let installed = pio.install(&program.program).ok()?;
    let (mut machine, heard, _) = PIOBuilder::from_installed_program(installed)
        .side_set_pin_base(18)
        .in_pin_base(20)
        .in_shift_direction(ShiftDirection::Left)
        .autopush(true)
        .push_threshold(BITS as u8)
        .buffers(Buffers::OnlyRx)
        .clock_divisor_fixed_point(DIVISOR.0, DIVISOR.1)
        .build(machine);
    machine.set_pindirs([(18, PinDir::Output), (19, PinDir::Output), (20, PinDir::Input)]);
    Some((machine.start(), heard))
}
