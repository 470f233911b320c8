#!/usr/bin/env python3
"""Oracle of TFLite Micro's integer front end: the C code inside PyPI `pymicro-features`.

    micro_frontend.py DATA OUT [--minutes N]

writes, for each stream of real and synthetic audio (`streams` below), OUT/NAME.samples (i16) and its features at both
hops, OUT/NAME.hop10 and OUT/NAME.hop20 (u16, 40 to a frame), all little-endian. Of the first 30 s, it also writes what
TFLite Micro's own operators make of them, OUT/NAME.tflm10 and OUT/NAME.tflm20 (int8). DATA is the folder that holds
`continuous_speech/`, `noise/` and `models/`; N limits the speech, for a quick look.

The package's Python interface knows only the 10 ms hop and divides the features by 25.6. Its extension module exports
the C functions that it calls, so both hops come from them, after a check that the 10 ms hop gives what the public
interface gives. `models/audio_preprocessor_int8.tflite`, the same front end as TFLite Micro operators, runs the
same steps on slightly other tables: its filter weights are truncated where the C code rounds them, and one coefficient
of its window differs by one. Needs numpy, soundfile, pymicro-features, tflite-micro.
"""

import argparse
import ctypes
import pathlib
import sys

import micro_features_cpp
import numpy as np
import soundfile
from pymicro_features import MicroFrontend

RATE = 16_000
WINDOW = 480
HOPS_MS = (10, 20)
CHANNELS = 40


class Config(ctypes.Structure):
    """`struct FrontendConfig`; the fields not set below keep the defaults that the library fills in."""

    _fields_ = [
        ("window_ms", ctypes.c_size_t),
        ("hop_ms", ctypes.c_size_t),
        ("channels", ctypes.c_int),
        ("upper_hz", ctypes.c_float),
        ("lower_hz", ctypes.c_float),
        ("output_scale_shift", ctypes.c_int),
        ("smoothing_bits", ctypes.c_int),
        ("even_smoothing", ctypes.c_float),
        ("odd_smoothing", ctypes.c_float),
        ("min_signal_remaining", ctypes.c_float),
        ("enable_pcan", ctypes.c_int),
        ("strength", ctypes.c_float),
        ("offset", ctypes.c_float),
        ("gain_bits", ctypes.c_int),
        ("enable_log", ctypes.c_int),
        ("scale_shift", ctypes.c_int),
    ]


class Output(ctypes.Structure):
    _fields_ = [("values", ctypes.POINTER(ctypes.c_uint16)), ("size", ctypes.c_size_t)]


LIBRARY = ctypes.CDLL(micro_features_cpp.__file__)
LIBRARY.FrontendProcessSamples.restype = Output
LIBRARY.FrontendProcessSamples.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]


def features(samples, hop_ms):
    """u16 [frames, 40]: one continuous stream through a fresh front end."""
    config = Config()
    LIBRARY.FrontendFillConfigWithDefaults(ctypes.byref(config))
    config.window_ms, config.hop_ms, config.channels, config.enable_pcan = 30, hop_ms, CHANNELS, 1
    state = ctypes.create_string_buffer(4096)
    if not LIBRARY.FrontendPopulateState(ctypes.byref(config), state, RATE):
        sys.exit("`FrontendPopulateState` refused the configuration")
    samples = np.ascontiguousarray(samples, dtype=np.int16)
    address, left = samples.ctypes.data, len(samples)
    frames, read = [], ctypes.c_size_t()
    while left:
        output = LIBRARY.FrontendProcessSamples(state, address, left, ctypes.byref(read))
        address, left = address + 2 * read.value, left - read.value
        if output.size:
            frames.append(output.values[: output.size])
    LIBRARY.FrontendFreeStateContents(state)
    return np.array(frames, dtype=np.uint16).reshape(-1, CHANNELS)


def features_of_the_public_interface(samples):
    """u16 [frames, 40] at 10 ms, as `pymicro_features.MicroFrontend` gives them."""
    frontend, frames = MicroFrontend(), []
    for start in range(0, len(samples) - 159, 160):
        output = frontend.process_samples(samples[start : start + 160].tobytes())
        if output.features:
            frames.append(np.rint(np.array(output.features) * 25.6))
    return np.array(frames, dtype=np.uint16).reshape(-1, CHANNELS)


def quantised(values):
    """u16 features as the int8 that micro_speech and microWakeWord read."""
    return np.clip((values.astype(np.int32) * 256 + 333) // 666 - 128, -128, 127).astype(np.int8)


def features_of_tflite_micro(samples, hop_ms, model):
    """int8 [frames, 40]: TFLite Micro's audio preprocessor, window by window."""
    from tflite_micro.python.tflite_micro import runtime

    interpreter, hop, frames = runtime.Interpreter.from_file(str(model)), hop_ms * RATE // 1000, []
    for start in range(0, len(samples) - WINDOW + 1, hop):
        interpreter.set_input(samples[None, start : start + WINDOW], 0)
        interpreter.invoke()
        frames.append(interpreter.get_output(0).copy())
    return np.array(frames, dtype=np.int8).reshape(-1, CHANNELS)


def noise(seconds, amplitude, seed):
    generator = np.random.default_rng(seed)
    return generator.integers(-amplitude, amplitude + 1, int(seconds * RATE)).clip(-32768, 32767).astype(np.int16)


def square(seconds, hertz):
    phase = np.arange(int(seconds * RATE)) * hertz % RATE
    return np.where(phase < RATE / 2, 32767, -32768).astype(np.int16)


def sweep(seconds, amplitude):
    time = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * (20 * time + (7_980 / (2 * seconds)) * time**2)
    return np.rint(amplitude * np.sin(phase)).astype(np.int16)


def impulses(seconds, every):
    samples = np.zeros(int(seconds * RATE), dtype=np.int16)
    samples[::every] = 32767
    samples[every // 2 :: every] = -32768
    return samples


def lowest_impulses(seconds):
    """Faint noise with -32768 in the middle of every third window of either hop, where its weight is one."""
    samples = noise(seconds, 60, 4)
    samples[WINDOW // 2 - 1 :: WINDOW] = -32768
    return samples


def read(files):
    return np.concatenate([soundfile.read(file, dtype="int16")[0] for file in files])


def streams(data, minutes):
    """Pairs of name and i16 samples."""
    speech = read(sorted((data / "continuous_speech").glob("*.flac")))
    if minutes is not None:
        speech = speech[: int(minutes * 60 * RATE)]
    loud = (speech[: 60 * RATE].astype(np.int32) * 30).clip(-32768, 32767).astype(np.int16)
    yield "speech", speech
    yield "clipped_speech", loud
    yield "faint_speech", speech[: 60 * RATE] // 256
    yield "everyday_noise", read(sorted((data / "noise").glob("*.flac")))
    yield "silence", np.zeros(10 * RATE, dtype=np.int16)
    yield "full_scale_noise", noise(60, 32768, 1)
    yield "sign_noise", np.where(noise(20, 1000, 2) < 0, -32768, 32767).astype(np.int16)
    yield "constant_minimum", np.full(3 * RATE, -32768, dtype=np.int16)
    yield "square", np.concatenate([square(3, hertz) for hertz in (50, 440, 1000, 3999, 7777)])
    yield "sweep", sweep(10, 32767)
    yield "impulses", impulses(5, 997)
    yield "lowest_impulses", lowest_impulses(5)
    yield "bursts", np.concatenate([noise(0.7, 32768, k) // 4**k for k in range(8)] * 3)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--minutes", type=float, help="of speech, at most")
    options = parser.parse_args()

    options.out.mkdir(parents=True, exist_ok=True)
    preprocessor = options.data / "models" / "audio_preprocessor_int8.tflite"
    for name, samples in streams(options.data, options.minutes):
        samples.astype("<i2").tofile(options.out / f"{name}.samples")
        for hop_ms in HOPS_MS:
            values = features(samples, hop_ms)
            values.astype("<u2").tofile(options.out / f"{name}.hop{hop_ms}")
            start = samples[: 30 * RATE]
            other = features_of_tflite_micro(start, hop_ms, preprocessor)
            other.tofile(options.out / f"{name}.tflm{hop_ms}")
            differ = int((quantised(values[: len(other)]) != other).sum())
            print(f"{name}: {len(values)} frames at {hop_ms} ms; TFLite Micro differs in {differ} of {other.size}")
            if hop_ms == 10 and not np.array_equal(values, features_of_the_public_interface(samples)):
                sys.exit(f"`{name}`: the C functions and the package's interface disagree")


if __name__ == "__main__":
    main()
