#!/usr/bin/env python3
"""Oracle of MLPerf Tiny's Visual Wake Words reference: TFLite Micro's answers to the images that our stages make.

    kws-run tests/pipelines/mlperf_vww.toml --record target/vectors/vww/take --edges resize,classifier
    vww.py DATA target/vectors/vww

DATA is the folder that holds `person/labels.csv` and `models/`. Reads `take/resize.npy`, u8 [images, 96, 96, 3], and
`take/classifier.npy`, int8 [images, 2], in the order of the files' names; writes `tflite_micro.npy`, int8
[images, 2], which `tests/tests/reference_images.rs` compares with. States top-1 of both, and fails where a byte
differs. Needs numpy and tflite-micro.
"""

import argparse
import csv
import pathlib
import sys

import numpy as np


def answers(model, images):
    """[images, 2] of int8, on TFLite Micro."""
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_file(str(model))
    outputs = np.zeros((len(images), 2), dtype=np.int8)
    for row, image in enumerate(images):
        # Scale 1/255, zero point -128.
        interpreter.set_input((image.astype(np.int16) - 128).astype(np.int8)[None], 0)
        interpreter.invoke()
        outputs[row] = interpreter.get_output(0).reshape(-1)
    return outputs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    options = parser.parse_args()

    images = np.load(next(options.out.glob("take/**/resize.npy")))
    ours = np.load(next(options.out.glob("take/**/classifier.npy")))
    with open(options.data / "person" / "labels.csv", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["file"])
    labels = np.array([int(row["person"]) for row in rows])
    if len(images) != len(labels):
        sys.exit(f"found {len(images)} images, expected {len(labels)}")

    theirs = answers(options.data / "models" / "mlperf_vww_96_int8.tflite", images)
    np.save(options.out / "tflite_micro.npy", theirs)
    for name, outputs in [("kws", ours), ("TFLite Micro", theirs)]:
        right = int(((outputs[:, 1] > outputs[:, 0]) == labels).sum())
        print(f"{name:13} top-1 {right} of {len(labels)} = {100 * right / len(labels):.2f} %")
    differ = int((ours != theirs).any(axis=1).sum())
    print(f"{differ} of {len(labels)} answers differ")
    sys.exit(differ > 0)


if __name__ == "__main__":
    main()
