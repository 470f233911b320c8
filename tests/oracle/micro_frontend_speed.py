#!/usr/bin/env python3
"""Times `micro_frontend` beside the C library inside `pymicro-features`, in one run on one core.

    micro_frontend_speed.py [--core N]

The C functions are called through ctypes; the time of calling one that does nothing is subtracted. Prints microseconds
for a frame (30 ms window, 10 ms hop) and the ratio. Needs numpy, pymicro-features, cargo.
"""

import argparse
import ctypes
import os
import pathlib
import re
import statistics
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


def of_the_c_library():
    """Median microseconds for a frame, calls through ctypes not counted."""
    generator = np.random.default_rng(1)
    samples = generator.integers(-32768, 32768, SECONDS * oracle.RATE).astype(np.int16)
    samples >>= (np.arange(len(samples)) // 4000 % 12).astype(np.int16)
    config = oracle.Config()
    oracle.LIBRARY.FrontendFillConfigWithDefaults(ctypes.byref(config))
    config.window_ms, config.hop_ms, config.channels, config.enable_pcan = 30, 10, oracle.CHANNELS, 1
    state = ctypes.create_string_buffer(4096)
    oracle.LIBRARY.FrontendPopulateState(ctypes.byref(config), state, oracle.RATE)
    process, read, base = oracle.LIBRARY.FrontendProcessSamples, ctypes.c_size_t(), samples.ctypes.data
    pointer, frames = ctypes.byref(read), len(samples) // 160
    # No samples, no work: the same call with the same arguments.
    overhead = statistics.median(
        seconds_per_call(lambda index: process(state, base + 320 * index, 0, pointer), frames) for _ in range(20)
    )
    total = statistics.median(
        seconds_per_call(lambda index: process(state, base + 320 * index, 160, pointer), frames) for _ in range(20)
    )
    return (total - overhead) * 1e6


def of_ours():
    """Median microseconds for a frame, by the crate's own bench."""
    command = ["cargo", "bench", "--quiet", "-p", "kws-stages", "--bench", "micro_frontend"]
    text = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return float(re.search(r"median ([\d.]+) us", text).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--core", type=int, default=0)
    os.sched_setaffinity(0, {parser.parse_args().core})
    ours, theirs = of_ours(), of_the_c_library()
    print(f"micro_frontend {ours:.2f} us, C library {theirs:.2f} us a frame, ratio {ours / theirs:.3f}")


if __name__ == "__main__":
    main()
