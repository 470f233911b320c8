#!/usr/bin/env python3
"""MLPerf Tiny's own runner, as it is, against kws as a device under test: on this computer or on an emulated board.

    mlperf_tiny.py CHECKOUT DATA OUT [--only kws01 ...] [--modes a p] [--limit N] [--board]
    mlperf_tiny.py CHECKOUT DATA OUT --streaming [--board] [--sound FOLDER]

CHECKOUT is a checkout of github.com/mlcommons/tiny, whose `benchmark/runner` runs unchanged; it looks for its devices by
their USB numbers, so a few lines before it tell it of a pseudoterminal. DATA is the folder with `models/`,
`speech_commands/` and `person/`. Inputs are made from DATA, since MLPerf's own are not in the checkout:

    kws01   the features of the test clips of our own split, by `mlperf_kws.py`: not MLPerf's 1,000 files
    vww01   the photographs of `person/`, by OUT/../vww/take (see `vww.py`): not MLPerf's 1,000 files
    ic01    those photographs, 32 x 32, for timing alone: there is no CIFAR-10 here
    ad01    the one spectrogram of the checkout, for timing alone

With --streaming it is sww01, with the interface board that it needs at a second pseudoterminal: one pass over the ten seconds of sound
that are in the checkout itself, or over the 20 minutes that `mlperf_sound.py` has made in FOLDER. The rules' own 20 minutes are not in a
plain clone. Mode `a` (accuracy) needs labels, so ic01 and ad01 have none. In mode `p` (performance) the number of runs is set so that
each of the five windows lasts more than ten seconds, as the rules want; the emulated board is faster than its own clock, and the
runner looks at ours as well. The runner's files are in
OUT/BENCHMARK-MODE/sessions; a line for each is printed. With --board the device is `boards/qemu`, whose time is the
emulated machine's. Needs numpy, soundfile, tflite-micro, pyserial, pyusb, scikit-learn, matplotlib, pyyaml.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np

import mlperf_kws

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRAINED = "benchmark/training"
BENCHMARKS = ("kws01", "vww01", "ic01", "ad01")
# The numbers of the boards that the runner expects: an ST-Link, and the interface board of sww01.
SHIM = """
import runpy, sys, types
import serial.tools.list_ports as ports, usb.core
runner, given = sys.argv.pop(1), zip(sys.argv.pop(1).split(","), (0x374B, 0x374E))
found = [types.SimpleNamespace(device=port, vid=0x0483, pid=number, description="") for port, number in given]
ports.comports = lambda *_: found
usb.core.find = lambda **_: []
sys.path.insert(0, runner)
sys.argv[0] = runner + "/main.py"
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def model_of(benchmark, checkout, data):
    return {
        "kws01": data / "models/mlperf_kws_ref_int8.tflite",
        "vww01": data / "models/mlperf_vww_96_int8.tflite",
        "ic01": checkout / TRAINED / "image_classification/trained_models/pretrainedResnet_quant.tflite",
        "ad01": checkout / TRAINED / "anomaly_detection/trained_models/ad01_int8.tflite",
    }[benchmark]


def spread(count, limit):
    """Numbers of `limit` of `count` things, evenly spaced."""
    limit = min(limit or count, count)
    return [i * count // limit for i in range(limit)]


def spotting(data, limit):
    clips = mlperf_kws.test_clips(data)
    clips = mlperf_kws.stratified(clips, limit) if limit else clips
    for number, (path, _, label) in enumerate(clips):
        samples = mlperf_kws.read_clip(data / "speech_commands" / path)
        yield f"{number}_{label}.bin", 12, mlperf_kws.LABELS.index(label), mlperf_kws.quantise(mlperf_kws.mfcc(samples))


def photographs(data, out):
    """[images, 96, 96, 3] and the labels, in the order of the files' names."""
    labels = sorted((data / "person/labels.csv").read_text().splitlines()[1:])
    return np.load(next((out.parent / "vww").glob("take/**/resize.npy"))), [int(line.split(",")[1]) for line in labels]


def inputs(benchmark, checkout, data, out, limit):
    """Names, classes, class and contents of the files of a benchmark."""
    if benchmark == "kws01":
        yield from spotting(data, limit)
    elif benchmark == "ad01":
        folder = checkout / "benchmark/reference_submissions/anomaly_detection/datasets/dcase01"
        for path in sorted(folder.glob("*.bin")):
            yield path.name, 2, 0, np.fromfile(path, np.uint8)
    else:
        images, labels = photographs(data, out)
        for i in spread(len(images), limit):
            image = images[i]
            if benchmark == "ic01":
                image = image.reshape(32, 3, 32, 3, 3).mean((1, 3)).astype(np.uint8)
            yield f"{i}.bin", 2 if benchmark == "vww01" else 10, labels[i], image


def write_inputs(benchmark, folder, files):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows = []
    for name, classes, label, contents in files:
        (folder / name).write_bytes(contents.tobytes())
        rows.append(f"{name},{classes},{label}" + (",2560,512" if benchmark == "ad01" else ""))
    # Five windows are timed, with the next file each.
    while len(rows) < 5:
        rows.append(rows[-1])
    (folder / "y_labels.csv").write_text("\n".join(rows) + "\n")


class Device:
    """The device under test, and the serial lines at which it is."""

    def __init__(self, benchmark, model, board, card=None):
        if board and card:
            command = [ROOT / "boards/qemu/run", "sww", f"card={card}"]
            settings = {"SERIAL": "pty", "INTERFACE": "pty", "PIPELINE": str(model)}
        elif board:
            command = [ROOT / "boards/qemu/run", "dut"]
            settings = {"SERIAL": "pty", "DUT": benchmark, "MODEL": str(model)}
        else:
            command, settings = [ROOT / "target/release/kws-run", "--dut", benchmark, model], {}
            if card:
                command += ["--card", card]
        self.process = subprocess.Popen(
            command, env=os.environ | settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )
        said = ""
        for line in self.process.stdout:
            said += line
            found = list(dict.fromkeys(re.findall(r"/dev/pts/\d+", said)))
            if len(found) == (2 if card else 1):
                self.port = ",".join(found)
                return
        sys.exit(f"{benchmark}: no device: {said}")

    def close(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()


def run(runner, device, mode, folder, datasets, script, devices="devices_kws_ic_vww.yaml"):
    """Runs the runner, and gives its result file's lines and its results."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "shim.py").write_text(SHIM)
    (folder / "script.yaml").write_text(script)
    command = [sys.executable, "shim.py", runner, device.port, "-d", runner / devices, "-s", datasets]
    with open(folder / "output.txt", "w") as output:
        ended = subprocess.run(
            [*command, "-m", mode, "-t", "script.yaml"], cwd=folder, env=os.environ | {"MPLBACKEND": "Agg"},
            stdout=output, stderr=subprocess.STDOUT, check=False,
        )
    session = next(folder.glob("sessions/*/results.txt"), None)
    if ended.returncode or session is None:
        sys.exit(f"the runner failed: {(folder / 'output.txt').read_text()[-2000:]}")
    return session.read_text().splitlines(), json.loads(session.with_suffix(".json").read_text())


def script_of(benchmark, loop, runs, warm_up):
    steps = f"      - download\n      - infer {runs} {warm_up}\n"
    return f"{benchmark}:\n  name: {benchmark}\n  model: {benchmark}\n  truth_file: y_labels.csv\n  script:\n    - {loop}:\n{steps}"


def stream(runner, out, board, sound):
    """One pass of sww01 over the sound of the checkout, or over that of the folder `sound`."""
    datasets = out / "datasets"
    (datasets / "sww01").mkdir(parents=True, exist_ok=True)
    sounds, truth = (sound, "kws_long_test.json") if sound else (runner / "sww_data_dir", "sww_short_test.json")
    shutil.copy(sounds / truth, datasets / "sww01")
    script = f"sww01:\n  name: sww01\n  model: sww01\n  truth_file: {truth}\n  script:\n    - stream\n"
    device = Device("sww01", ROOT / "tests/pipelines/mlperf_sww.toml", board, sounds)
    try:
        lines, results = run(runner, device, "p", out / "sww01-p", datasets, script, "devices_sww.yaml")
    finally:
        device.close()
    print("sww01 p:", "; ".join(lines), flush=True)
    # What the device has heard, frame by frame, is to be compared with what another one has.
    (out / "activations.json").write_text(json.dumps([result["activations"] for result in results if "activations" in result]))
    # Of the three words the reference finds the same two.
    if not sound and lines[0] != "Accuracy: 2 True positives, 1 False negatives, 0 False positives":
        sys.exit("sww01: not as the reference")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=pathlib.Path)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--only", nargs="*", choices=BENCHMARKS, default=BENCHMARKS)
    parser.add_argument("--modes", nargs="*", choices=("a", "p"), default=("a", "p"))
    parser.add_argument("--limit", type=int, help="so many inputs for accuracy")
    parser.add_argument("--seconds", type=float, help="how long a window lasts: 11 s, on the emulated board 40 s of its time")
    parser.add_argument("--board", action="store_true")
    parser.add_argument("--streaming", action="store_true")
    parser.add_argument("--sound", type=pathlib.Path, help="with --streaming: the folder of mlperf_sound.py's sound")
    args = parser.parse_args()
    checkout, out = args.checkout.resolve(), args.out.resolve()
    seconds = args.seconds or (40 if args.board else 11)
    runner, failed = checkout / "benchmark/runner", False
    if args.streaming:
        stream(runner, out, args.board, args.sound and args.sound.resolve())
        return
    for benchmark in args.only:
        write_inputs(benchmark, out / "datasets" / benchmark, inputs(benchmark, checkout, args.data, out, args.limit))
        device = Device(benchmark, model_of(benchmark, checkout, args.data).resolve(), args.board)
        try:
            for mode in args.modes:
                if mode == "a" and benchmark in ("ic01", "ad01"):
                    continue
                script, place = script_of(benchmark, "loop", 1, 0), out / f"{benchmark}-{mode}"
                if mode == "p":
                    # How many runs fill a window, by a short one.
                    _, tried = run(runner, device, mode, place, out / "datasets", script_of(benchmark, "loop 5", 3, 1))
                    each = max(tried[0]["infer"]["elapsed_time"] / 3, 1)
                    script = script_of(benchmark, "loop 5", max(5, round(seconds * 1e6 / each)), 5)
                began = time.monotonic()
                lines, results = run(runner, device, mode, place, out / "datasets", script)
                wanted = [line.partition("ulp-mlperf: ")[2] for line in lines if re.search("ERROR|Median|Top|AUC", line)]
                failed |= any("ERROR" in line for line in wanted) or not wanted
                windows = [result["infer"]["elapsed_time"] / 1e6 for result in results if "infer" in result]
                told = f"{len(windows)} files" if mode == "a" else f"windows of {min(windows):.1f} to {max(windows):.1f} s"
                print(f"{benchmark} {mode}: {'; '.join(wanted)} ({told}; {time.monotonic() - began:.0f} s)", flush=True)
        finally:
            device.close()
    sys.exit(failed)


if __name__ == "__main__":
    main()
