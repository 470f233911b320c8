#!/usr/bin/env python3
"""The Pico 2's I2S program, under an emulator of the PIO, against a microphone as the I2S specification has it.

    i2s_program.py        # silent and 0 where all is well

Assembles the program that stands in boards/pico2/src/i2s.rs, lets it run, and answers its clocks as a microphone does:
data change when the clock falls, the first bit one clock after the word has fallen. Needs the packages
adafruit-circuitpython-pioasm and rp2040-pio-emulator.
"""

import itertools
import pathlib
import random
import re

import adafruit_pioasm
from pioemu import State, emulate

SOURCE = pathlib.Path(__file__).parents[2] / "boards/pico2/src/i2s.rs"
CLOCK, WORD = 1 << 18, 1 << 19
FRAMES = 20


def program():
    lines = re.findall(r'^\s+"(.*)",', SOURCE.read_text(), re.M)
    decimal = [re.sub(r"side 0b(\d+)", lambda bits: f"side {int(bits[1], 2)}", line) for line in lines]
    return adafruit_pioasm.Program("\n".join([".program i2s", *decimal])).assembled


class Microphone:
    """Says 24 bits of each sample in the left half of a frame."""

    def __init__(self, samples):
        self.samples = iter(samples)
        self.pins = CLOCK | WORD
        self.bits = iter(())
        self.data = 0

    def say(self, _: State) -> int:
        return self.data

    def see(self, pins):
        if self.pins & CLOCK and not pins & CLOCK:
            # The first bit follows one clock after the word has changed.
            self.data = next(self.bits, 0)
            if self.pins & WORD and not pins & WORD:
                sample = next(self.samples, 0)
                self.bits = iter([sample >> place & 1 for place in range(23, -1, -1)])
        self.pins = pins


def main():
    rng = random.Random(7)
    samples = [0x800000, 0x7FFFFF, 1, 0xFFFFFF] + [rng.getrandbits(24) for _ in range(FRAMES - 4)]
    microphone, heard, pins = Microphone(samples), [], []
    opcodes = program()
    run = emulate(
        opcodes,
        stop_when=lambda _, state: state.clock >= FRAMES * 128,
        initial_state=State(),
        input_source=microphone.say,
        shift_isr_right=False,
        auto_push=True,
        push_threshold=24,
        side_set_base=18,
        side_set_count=2,
        wrap_top=len(opcodes) - 1,
    )
    for _, after in run:
        pins.append(after.pin_values & (CLOCK | WORD))
        microphone.see(pins[-1])
        while after.receive_fifo:
            heard.append(after.receive_fifo.popleft())
    assert heard == samples, f"heard {heard}, expected {samples}"
    assert all((a ^ b) & CLOCK for a, b in zip(pins, pins[1:])), "the clock does not change with every instruction"
    halves = [len(list(half)) for _, half in itertools.groupby(pins, key=lambda pins: pins & WORD)]
    assert set(halves) == {64}, f"halves of a frame take {halves} instructions, expected 32 clocks of 2"


if __name__ == "__main__":
    main()
