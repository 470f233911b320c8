#!/usr/bin/env python3
"""Times this runtime beside LiteRT and the C micro frontend: in one run, on one core, on one thread, in turns.

    speed.py DATA [--core N] [--rounds N] [--networks FOLDER [--kernels SET]]

Each line is a comparison: our median time, theirs, and the median of the ratios of single rounds. In a round both sides
run for a few milliseconds, the one right after the other, and the fastest of several bursts counts: a shared machine only
ever adds time. The cost of a call from Python is subtracted from theirs. Ends with 1 where a ratio is above its bound.

With --networks it times every `.tflite` of a folder beside XNNPACK instead (`tests/vectors/nn/published.py` writes forty),
prints the worst ratio first, and ends with their geometric mean. XNNPACK takes the best kernels that the processor has; for
`--kernels avx2`, run the script by `avx2_only.py`, so that it too takes those for AVX2.
Needs numpy, ai-edge-litert, pymicro-features, cargo.
"""

import argparse
import contextlib
import ctypes
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import micro_frontend as oracle
import numpy as np
from ai_edge_litert import interpreter as litert

ROOT = pathlib.Path(__file__).resolve().parents[2]
BURST_NS = 1.5e6
BURSTS = 3
XNNPACK, BUILT_IN = litert.OpResolverType.AUTO, litert.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
VWW, DS_CNN, MICRO_SPEECH = "mlperf_vww_96_int8", "mlperf_kws_ref_int8", "micro_speech_quantized"
WAKEWORD, MICRO_WAKE_WORD = "mlperf_streaming_wakeword_int8", "alexa"


class Bench:
    """Our side: the bench `turns`, which answers how long one of so many runs took."""

    binary = None

    def __init__(self, *arguments):
        if Bench.binary is None:
            command = ["cargo", "bench", "-q", "-p", "kws-stages", "--bench", "turns", "--no-run", "--message-format=json"]
            lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
            Bench.binary = next(path for line in lines if (path := json.loads(line).get("executable")))
        command = [Bench.binary, *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.kernels, macs = self.process.stdout.readline().split()
        self.macs = int(macs)

    def nanoseconds(self, runs):
        self.process.stdin.write(f"{runs}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Calls:
    """The other side: calls from Python; `idle` is a call that does nothing."""

    def __init__(self, call, idle):
        self.call, self.idle = call, idle

    def nanoseconds(self, runs):
        return self.time(self.call, runs) - self.time(self.idle, min(runs, 200))

    @staticmethod
    def time(call, runs):
        start = time.perf_counter_ns()
        for _ in range(runs):
            call()
        return (time.perf_counter_ns() - start) / runs

    def close(self):
        pass


def lite_rt(model, resolver):
    interpreter = litert.Interpreter(str(model), num_threads=1, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    # What `invoke` wraps, and as cheap a function of the same object.
    inner = interpreter._interpreter
    calls = Calls(lambda: inner.Invoke(0), lambda: inner.NumTensors(0))
    calls.owner = interpreter
    return calls


def c_frontend():
    """The C front end on samples such as the bench makes, 10 ms in a call."""
    generator = np.random.default_rng(1)
    samples = generator.integers(-32768, 32768, 160_000).astype(np.int16)
    samples >>= (np.arange(len(samples)) // 4000 % 12).astype(np.int16)
    config = oracle.Config()
    oracle.LIBRARY.FrontendFillConfigWithDefaults(ctypes.byref(config))
    config.window_ms, config.hop_ms, config.channels, config.enable_pcan = 30, 10, oracle.CHANNELS, 1
    state = ctypes.create_string_buffer(4096)
    oracle.LIBRARY.FrontendPopulateState(ctypes.byref(config), state, oracle.RATE)
    process, base, read = oracle.LIBRARY.FrontendProcessSamples, samples.ctypes.data, ctypes.c_size_t()
    pointer, position = ctypes.byref(read), iter(())

    def frame(count):
        nonlocal position
        index = next(position, None)
        if index is None:
            position = iter(range(len(samples) // 160))
            index = next(position)
        process(state, base + 320 * index, count, pointer)

    calls = Calls(lambda: frame(160), lambda: frame(0))
    calls.owner = samples, state, config, read
    return calls


def burst(side, runs):
    return min(side.nanoseconds(runs) for _ in range(BURSTS))


def runs_of(side):
    """Runs that fill a burst."""
    return max(1, round(BURST_NS / max(side.nanoseconds(20), 1.0)))


def compare(ours, theirs, rounds):
    """Median nanoseconds of both sides and the median ratio."""
    with contextlib.closing(ours), contextlib.closing(theirs):
        counts = runs_of(ours), runs_of(theirs)
        pairs = [(burst(ours, counts[0]), burst(theirs, counts[1])) for _ in range(rounds)]
    return *(statistics.median(column) for column in zip(*pairs)), statistics.median(a / b for a, b in pairs)


def networks(folder, kernels, peaks, rounds):
    """Every model of a folder beside XNNPACK: a table, the worst first, and the geometric mean."""
    rows = []
    for path in sorted(folder.glob("*.tflite")):
        ours = Bench("infer", path, kernels)
        name, macs = ours.kernels, ours.macs
        mine, other, ratio = compare(ours, lite_rt(path, XNNPACK), rounds)
        share = f"{100 * macs / mine / peaks[name]:4.0f} % of the peak" if name in peaks else ""
        rows.append((ratio, f"{path.stem:<24} {mine / 1e3:9.2f} us, XNNPACK {other / 1e3:9.2f} us, ratio {ratio:.3f}, {share}"))
    print(f"{len(rows)} networks with {name}")
    for _, text in sorted(rows, reverse=True):
        print(text)
    above = sum(ratio > 1 for ratio, _ in rows)
    print(f"geometric mean {statistics.geometric_mean(ratio for ratio, _ in rows):.3f}, {above} above 1", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--networks", type=pathlib.Path)
    parser.add_argument("--kernels", default="best", choices=["best", "avx2"])
    args = parser.parse_args()
    Bench("micro_frontend").close()  # builds it, on all cores
    os.sched_setaffinity(0, {args.core})
    model = lambda name: args.data / "models" / f"{name}.tflite"
    peaks, missed = {}, False
    for kernels in ("best", "avx2"):
        with contextlib.closing(Bench("peak", kernels)) as peak:
            runs = runs_of(peak)
            peaks[peak.kernels] = peak.macs / min(burst(peak, runs) for _ in range(args.rounds))
            print(f"peak of int8 with {peak.kernels}: {peaks[peak.kernels]:.0f} G MAC/s")

    if args.networks:
        networks(args.networks, args.kernels, peaks, args.rounds)
        return

    def row(name, ours, theirs, peer, bound, unit=1e3):
        nonlocal missed
        kernels, macs = ours.kernels, ours.macs
        mine, other, ratio = compare(ours, theirs, args.rounds)
        share = f", {100 * macs / mine / peaks[kernels]:.0f} % of the peak" if macs and kernels in peaks else ""
        verdict = "" if bound is None else f" (bound {bound})" if ratio <= bound else f" (MISSED {bound})"
        missed |= bound is not None and ratio > bound
        print(f"{name:<32} {mine / unit:8.2f} us, {peer} {other / unit:8.2f} us, ratio {ratio:.3f}{verdict}{share}", flush=True)

    for name, bound in ((DS_CNN, 0.9), (VWW, 0.9), (MICRO_SPEECH, 0.6), (MICRO_WAKE_WORD, 0.6), (WAKEWORD, None)):
        row(name, Bench("infer", model(name), "best"), lite_rt(model(name), XNNPACK), "XNNPACK", bound)
    for name in (DS_CNN, VWW, MICRO_SPEECH, MICRO_WAKE_WORD, WAKEWORD):
        row(f"{name}, AVX2", Bench("infer", model(name), "avx2"), lite_rt(model(name), BUILT_IN), "LiteRT's kernels", 0.5)
    recomputed = Bench("infer", model(WAKEWORD), "best")
    row("streaming wakeword, one hop", Bench("stream", model(WAKEWORD), "best", 40), recomputed, "its window", 0.1)
    row("micro_frontend, one frame", Bench("micro_frontend"), c_frontend(), "the C library", 0.4)
    for transform in ("portable", "fast"):
        with contextlib.closing(Bench("mfcc", transform)) as mfcc:
            runs = runs_of(mfcc)
            time_ = statistics.median(burst(mfcc, runs) for _ in range(args.rounds)) / 1e3
            print(f"mfcc, one frame, {transform:<15} {time_:8.2f} us (bound 1.2)")
    sys.exit(missed)


if __name__ == "__main__":
    main()
