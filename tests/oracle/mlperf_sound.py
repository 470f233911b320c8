#!/usr/bin/env python3
"""Twenty minutes of sound for MLPerf Tiny's streaming wakeword, where its own `long_wav.wav` is not at hand.

    mlperf_sound.py CHECKOUT DATA OUT

The recipe is that of `benchmark/training/streaming_wakeword/build_long_wav.py` of CHECKOUT, with what DATA has: 50 times "marvin" at the
times of `sww_long_test.json`, of the 17 clips of `speech_commands/`, trimmed and normalised, over readers of `read_speech/` far away, music,
music with a reader nearby, and readers again. Writes OUT/kws_long.wav and OUT/kws_long_test.json. Needs numpy, soundfile.
"""

import json
import pathlib
import sys

import numpy as np
import soundfile

RATE, SECONDS = 16000, 1200
# From second to second: what is heard, and how loud.
BACKGROUND = [
    ("read_speech", 100, 300, 0.05), ("read_speech", 100, 300, 0.05), ("read_speech", 100, 300, 0.05),
    ("noise/musan", 300, 600, 0.5), ("read_speech", 600, 900, 0.75), ("noise/musan", 750, 900, 0.5),
    ("read_speech", 900, 1200, 0.2), ("read_speech", 900, 1200, 0.2), ("read_speech", 900, 1200, 0.2),
]
# Up to where a clip is silent: this part of its loudest sample.
QUIET = 0.05


def background(files, samples, rng):
    """So many samples of these files, one after the other, as loud as one another."""
    parts, count = [], 0
    while count < samples:
        sound, rate = soundfile.read(files[rng.integers(len(files))], dtype="float32")
        assert rate == RATE
        parts.append(sound / np.std(sound))
        count += len(sound)
    return np.concatenate(parts)[:samples]


def word(path):
    sound, _ = soundfile.read(path, dtype="float32")
    loud = np.nonzero(sound > sound.max() * QUIET)[0]
    sound = sound[loud[0] : loud[-1]]
    return sound / np.std(sound)


def main():
    checkout, data, out = map(pathlib.Path, sys.argv[1:])
    rng = np.random.default_rng(1)
    out.mkdir(parents=True, exist_ok=True)
    mixed = np.zeros(SECONDS * RATE, np.float32)
    for folder, start, end, level in BACKGROUND:
        files = sorted(path for path in (data / folder).rglob("*.ogg") if "noise" not in path.name)
        mixed[start * RATE : end * RATE] += level * background(files, (end - start) * RATE, rng)
    clips = sorted((data / "speech_commands/marvin").glob("*.flac"))
    truth = json.loads((checkout / "benchmark/runner/sww_data_dir/sww_long_test.json").read_text())[0]
    windows = []
    for number, (start, _) in enumerate(truth["detection_windows"]):
        clip = word(clips[number % len(clips)])
        mixed[int(start * RATE) :][: len(clip)] += rng.uniform(0.5, 0.75) * clip
        windows.append([start, start + len(clip) / RATE])
    mixed /= np.abs(mixed).max()
    soundfile.write(out / "kws_long.wav", np.stack([mixed, mixed], 1), RATE, subtype="PCM_16")
    about = {"wav_file": "kws_long.wav", "sample_rate": RATE, "length_sec": float(SECONDS), "detection_windows": windows}
    (out / "kws_long_test.json").write_text(json.dumps([about]))


if __name__ == "__main__":
    main()
