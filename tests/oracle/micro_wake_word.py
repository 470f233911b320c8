#!/usr/bin/env python3
"""Oracle of microWakeWord: the probabilities of PyPI `pymicro-wakeword` and of TFLite Micro, step by step.

    micro_wake_word.py DATA OUT

runs every microWakeWord model of DATA/models over DATA/continuous_speech and some of DATA/tts, each recording as one
stream, and writes OUT/index.csv (`recording,model,name`) and, for each line of it, the model's bytes (u8, one for each
step): OUT/NAME.pymicro as the package feeds it, with features divided by 25.6 and rounded to the model's input, and
OUT/NAME.esphome with features as ESPHome's integer arithmetic makes them, (256 · feature + 333) / 666 − 128. They differ
by one step of the input here and there. OUT/NAME.pymicro.exact and OUT/NAME.esphome.exact are what TFLite Micro makes of
the same bytes: the package runs LiteRT with XNNPACK, which differs from it by a few steps of the output now and then, so
that nobody can equal both. Needs numpy, soundfile, tflite-micro, pymicro-features, pymicro-wakeword.
"""

import argparse
import json
import pathlib

import numpy as np
import soundfile
from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures
from tflite_micro import runtime

CLIPS = 12


def features(samples):
    """f64 [frames, 40], natural logarithms times 2.5, as the package computes them."""
    source = MicroWakeWordFeatures()
    return [frame for frame in source.process_streaming(samples.astype("<i2").tobytes())]


def esphome(frame, model):
    """The frame such that the package's rounding gives ESPHome's integers."""
    raw = np.round(frame * 25.6).astype(np.int64)
    integers = np.clip((raw * 256 + 333) // 666 - 128, -128, 127)
    return (integers - model.input_zero_point) * model.input_scale


def probabilities(config, frames):
    """The bytes that the model writes, one for each step."""
    model = MicroWakeWord.from_config(config)
    found = {"pymicro": [], "esphome": []}
    for name, steps in found.items():
        model.reset()
        for frame in frames:
            model.process_streaming_prob(frame if name == "pymicro" else esphome(frame, model))
            if not model._features:
                steps.append(round(model._probabilities[-1] / model.output_scale + model.output_zero_point))
    return found


def exact(config, frames, name):
    """The bytes that TFLite Micro writes for the integers that the package feeds its model with."""
    model = MicroWakeWord.from_config(config)
    file = config.with_name(json.loads(config.read_text())["model"])
    interpreter = runtime.Interpreter.from_file(str(file))
    shape = interpreter.get_input_details(0)["shape"]
    fed = np.array([frame if name == "pymicro" else esphome(frame, model) for frame in frames]).reshape(len(frames), -1)
    integers = np.round(fed / model.input_scale + model.input_zero_point).astype(np.int64).astype(np.int8)
    stride, steps = shape[1], []
    for step in range(len(integers) // stride):
        interpreter.set_input(integers[step * stride : (step + 1) * stride].reshape(shape), 0)
        interpreter.invoke()
        steps.append(int(interpreter.get_output(0).reshape(-1)[0]))
    return steps


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    clips = sorted((args.data / "tts").glob("*/*.flac"))
    recordings = sorted((args.data / "continuous_speech").glob("*.flac")) + clips[:: max(1, len(clips) // CLIPS)]
    manifests = [path for path in sorted((args.data / "models").glob("*.json"))
                 if json.loads(path.read_text()).get("type") == "micro"]
    lines, steps = ["recording,model,name"], 0
    for recording in recordings:
        samples, rate = soundfile.read(recording, dtype="int16")
        assert rate == 16_000 and samples.ndim == 1, recording
        frames = features(samples)
        for manifest in manifests:
            name = f"{recording.parent.name}-{recording.stem}-{manifest.stem}"
            for kind, bytes_ in probabilities(manifest, frames).items():
                (args.out / f"{name}.{kind}").write_bytes(bytes(bytes_))
                (args.out / f"{name}.{kind}.exact").write_bytes(bytes(exact(manifest, frames, kind)))
                steps += len(bytes_)
            lines.append(f"{recording.relative_to(args.data)},{manifest.relative_to(args.data)},{name}")
    (args.out / "index.csv").write_text("\n".join(lines) + "\n")
    print(f"{steps} steps of {len(manifests)} models over {len(recordings)} recordings")


if __name__ == "__main__":
    main()
