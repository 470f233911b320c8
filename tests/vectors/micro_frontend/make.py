#!/usr/bin/env python3
"""Makes the vectors beside this script: one synthetic stream and its features, see `tests/oracle/micro_frontend.py`.

    make.py DATA

DATA is the folder that holds `models/audio_preprocessor_int8.tflite`. The stream passes through silence, a sweep over
all frequencies, full-scale noise, noise too soft to fill the sixteen bits, a clipped square and lone impulses.
"""

import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "oracle"))

import micro_frontend as oracle  # noqa: E402


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    preprocessor = pathlib.Path(sys.argv[1]) / "models" / "audio_preprocessor_int8.tflite"
    stream = np.concatenate(
        [
            np.zeros(oracle.WINDOW + 160, dtype=np.int16),
            oracle.sweep(0.4, 20_000),
            oracle.noise(0.3, 32768, 1),
            oracle.noise(0.3, 3, 2),
            oracle.square(0.1, 440),
            oracle.impulses(0.15, 397),
            np.full(800, -32768, dtype=np.int16),
        ]
    )
    stream.astype("<i2").tofile(HERE / "mixed.samples")
    for hop_ms in oracle.HOPS_MS:
        oracle.features(stream, hop_ms).astype("<u2").tofile(HERE / f"mixed.hop{hop_ms}")
        oracle.features_of_tflite_micro(stream, hop_ms, preprocessor).tofile(HERE / f"mixed.tflm{hop_ms}")


if __name__ == "__main__":
    main()
