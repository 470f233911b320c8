#!/usr/bin/env python3
"""Times `micro_frontend` beside the C library inside `pymicro-features`, in one run on one core.

    micro_frontend_speed.py [--core N] [--rounds N]

The C functions are called through ctypes; the time of calling one that does nothing is subtracted. The two take turns;
each round shows the fastest of its repetitions, since a shared machine only ever adds time. Prints microseconds for a
frame (30 ms window, 10 ms hop) and the ratio. Needs numpy, pymicro-features, cargo.
"""

import argparse
import ctypes
import os
import pathlib
import re
import subprocess
import time

import micro_frontend as oracle
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 10


def seconds_per_call(call, count):
    start = time.perf_counter()
    for index in range(count):
        call(index)
    return (time.perf_counter() - start) / count


class CLibrary:
    """The C front end on the samples that the crate's bench makes: noise that swells and fades."""

    def __init__(self):
        generator = np.random.default_rng(1)
        self.samples = generator.integers(-32768, 32768, SECONDS * oracle.RATE).astype(np.int16)
        self.samples >>= (np.arange(len(self.samples)) // 4000 % 12).astype(np.int16)
        config = oracle.Config()
        oracle.LIBRARY.FrontendFillConfigWithDefaults(ctypes.byref(config))
        config.window_ms, config.hop_ms, config.channels, config.enable_pcan = 30, 10, oracle.CHANNELS, 1
        self.state = ctypes.create_string_buffer(4096)
        oracle.LIBRARY.FrontendPopulateState(ctypes.byref(config), self.state, oracle.RATE)

    def seconds(self, hop):
        """Seconds of one call with so many new samples, the fastest of several rounds."""
        process, base, read = oracle.LIBRARY.FrontendProcessSamples, self.samples.ctypes.data, ctypes.c_size_t()
        pointer, frames = ctypes.byref(read), len(self.samples) // 160
        return min(
            seconds_per_call(lambda index: process(self.state, base + 320 * index, hop, pointer), frames)
            for _ in range(20)
        )

    def microseconds(self):
        """For a frame. A call without samples does no work and has the same arguments: what ctypes costs."""
        return (self.seconds(160) - self.seconds(0)) * 1e6


def of_ours():
    """Microseconds for a frame in the fastest round of the crate's own bench."""
    command = ["cargo", "bench", "--quiet", "-p", "kws-stages", "--bench", "micro_frontend"]
    text = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return float(re.search(r"minimum ([\d.]+) us", text).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    os.sched_setaffinity(0, {options.core})
    library = CLibrary()
    pairs = [(of_ours(), library.microseconds()) for _ in range(options.rounds)]
    for ours, theirs in pairs:
        print(f"micro_frontend {ours:.2f} us, C library {theirs:.2f} us a frame, ratio {ours / theirs:.3f}")
    ours, theirs = (min(column) for column in zip(*pairs))
    print(f"fastest: micro_frontend {ours:.2f} us, C library {theirs:.2f} us a frame, ratio {ours / theirs:.3f}")


if __name__ == "__main__":
    main()
