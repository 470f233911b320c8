#!/usr/bin/env python3
"""Oracle of MLPerf Tiny's keyword-spotting front end, in NumPy, with the model's answers by TFLite Micro.

    mlperf_kws.py DATA OUT [--limit N] [--model FILE]

DATA is the folder that holds `speech_commands/manifest.csv` and `models/`. Every clip whose `split` is `test`
(with --limit, N of them, spread evenly over the twelve labels) goes through the front end that
`benchmark/training/keyword_spotting` of MLPerf Tiny describes and through its int8 reference model. In OUT:

    features.npy   int8 [clips, 49, 10]   what the model reads
    outputs.npy    int8 [clips, 12]       what the model answers, scale 1/256, zero point -128
    index.csv      row,path,word,label,predicted

The signal path is float64 throughout; TensorFlow's is float32, so a coefficient that lies on an integer boundary
may differ by one step from a TensorFlow run. Needs numpy, soundfile, tflite-micro.
"""

import argparse
import csv
import pathlib
import sys

import numpy as np
import soundfile

# The order of the model's outputs.
LABELS = ["down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes", "silence", "unknown"]

RATE = 16_000
CLIP = 16_000
FRAME = 480
HOP = 320
FFT = 512
MELS = 40
MEL_LOW_HZ = 20.0
MEL_HIGH_HZ = 4_000.0
COEFFICIENTS = 10
INPUT_SCALE = 0.5847029
INPUT_ZERO_POINT = 83


def hertz_to_mel(hertz):
    """The HTK mel scale, as `tf.signal.linear_to_mel_weight_matrix` uses it."""
    return 1127.0 * np.log1p(np.asarray(hertz, dtype=np.float64) / 700.0)


def mel_weights():
    """[257, 40] triangles, linear in mel, the DC bin without weight."""
    bins = hertz_to_mel(np.linspace(0.0, RATE / 2, FFT // 2 + 1)[1:])[:, None]
    edges = np.linspace(hertz_to_mel(MEL_LOW_HZ), hertz_to_mel(MEL_HIGH_HZ), MELS + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins - lower) / (centre - lower)
    falling = (upper - bins) / (upper - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling))
    return np.vstack([np.zeros(MELS), weights])


def dct_matrix():
    """[40, 10] `mfccs_from_log_mel_spectrograms`: DCT-II times 2 / sqrt(2 * 40), c0 scaled like the others."""
    n = np.arange(MELS)[:, None]
    k = np.arange(COEFFICIENTS)[None, :]
    return np.cos(np.pi * k * (2 * n + 1) / (2 * MELS)) * np.sqrt(2.0 / MELS)


WINDOW = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)
MEL = mel_weights()
DCT = dct_matrix()


def normalise(samples):
    """i16 samples to one second of floats, divided by the *signed* maximum; a clip of zeros stays as it is."""
    wave = samples.astype(np.float64)
    peak = wave.max() if wave.size else 0.0
    if peak != 0.0:
        wave = wave / peak
    return np.pad(wave[:CLIP], (0, max(0, CLIP - wave.size)))


def mfcc(samples):
    """[49, 10] coefficients of one clip."""
    wave = normalise(samples)
    starts = np.arange(0, CLIP - FRAME + 1, HOP)
    frames = wave[starts[:, None] + np.arange(FRAME)] * WINDOW
    magnitude = np.abs(np.fft.rfft(frames, FFT))
    return np.log(magnitude @ MEL + 1e-6) @ DCT


def quantise(features):
    """As the reference's `.bin` writer: truncated towards zero, wrapped (not clipped) into int8."""
    return np.trunc(features / INPUT_SCALE + INPUT_ZERO_POINT).astype(np.int32).astype(np.int8)


def label_of(word):
    if word == "_silence_":
        return "silence"
    return word if word in LABELS else "unknown"


def test_clips(data):
    with open(data / "speech_commands" / "manifest.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
    return [(row["path"], row["label"], label_of(row["label"])) for row in rows]


def stratified(clips, limit):
    """`limit` clips, as equal a number of every label as there is, evenly spaced within it, in the given order."""
    by_label = {label: [i for i, clip in enumerate(clips) if clip[2] == label] for label in LABELS}
    quota = dict.fromkeys(LABELS, 0)
    left = min(limit, len(clips))
    while left:
        for label in LABELS:
            if left and quota[label] < len(by_label[label]):
                quota[label] += 1
                left -= 1
    chosen = []
    for label, rows in by_label.items():
        chosen += [rows[k * len(rows) // quota[label]] for k in range(quota[label])]
    return [clips[i] for i in sorted(chosen)]


def read_clip(path):
    samples, rate = soundfile.read(path, dtype="int16")
    if rate != RATE or samples.ndim != 1:
        sys.exit(f"`{path}` has {rate} Hz and shape {samples.shape}, expected {RATE} Hz mono")
    return samples


class Model:
    """The int8 reference model on TFLite Micro."""

    def __init__(self, path):
        from tflite_micro.python.tflite_micro import runtime

        self.interpreter = runtime.Interpreter.from_file(str(path))

    def answer(self, features):
        self.interpreter.set_input(features.reshape(1, 49, 10, 1), 0)
        self.interpreter.invoke()
        return self.interpreter.get_output(0).reshape(-1).copy()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--limit", type=int, help="number of clips, spread over the labels")
    parser.add_argument("--model", type=pathlib.Path, help="default: DATA/models/mlperf_kws_ref_int8.tflite")
    options = parser.parse_args()

    clips = test_clips(options.data)
    if options.limit is not None:
        clips = stratified(clips, options.limit)
    model = Model(options.model or options.data / "models" / "mlperf_kws_ref_int8.tflite")

    features = np.zeros((len(clips), 49, COEFFICIENTS), dtype=np.int8)
    outputs = np.zeros((len(clips), len(LABELS)), dtype=np.int8)
    for row, (path, _, _) in enumerate(clips):
        features[row] = quantise(mfcc(read_clip(options.data / "speech_commands" / path)))
        outputs[row] = model.answer(features[row])
    predicted = [LABELS[k] for k in outputs.argmax(axis=1)]

    options.out.mkdir(parents=True, exist_ok=True)
    np.save(options.out / "features.npy", features)
    np.save(options.out / "outputs.npy", outputs)
    with open(options.out / "index.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["row", "path", "word", "label", "predicted"])
        for row, (clip, guess) in enumerate(zip(clips, predicted)):
            writer.writerow([row, *clip, guess])

    for label in LABELS:
        of_label = [guess for clip, guess in zip(clips, predicted) if clip[2] == label]
        if of_label:
            right = of_label.count(label)
            print(f"{label:8} {right:4} of {len(of_label):4}")
    right = sum(clip[2] == guess for clip, guess in zip(clips, predicted))
    print(f"top-1 {right} of {len(clips)} = {100 * right / max(1, len(clips)):.2f} %")


if __name__ == "__main__":
    main()
