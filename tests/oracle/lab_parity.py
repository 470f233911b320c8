"""Shipped models on all test clips, or images: our runtime against TFLite Micro and LiteRT, and against burn.

    python tests/oracle/lab_parity.py KWS_LAB CORPUS OUT FOLDER/model.tflite [FOLDER/model.tflite ...]

KWS_LAB is the command, built in release. For each model it writes what our runtime read and wrote on the clips of the
split `test` to OUT/NAME and checks that

- TFLite Micro writes the same int8 outputs,
- so does LiteRT (built-in kernels, without a delegate), save for clips where it differs from TFLite Micro: it exponentiates
  with a table of floats and rounds some products once where TFLite Micro rounds twice, so nobody can agree with both. Such
  clips are counted; they may be one in a hundred, must keep their top-1 and stay within three steps,
- so does every kernel set of this computer,
- the fake-quantised network in burn comes within one step of the output scale on every clip for the shipped form; of forms
  that are rounded after training one clip in five hundred may be further off, as yes_no has one of 888 two steps off,
- integers cost at most 0.5 points against float where the model was trained with its rounding, and 1.0 where it was
  rounded after training; or a single clip, where there are so few that one is more than that.

Needs PyPI `tflite-micro`, `ai-edge-litert` and `numpy`. Exits with 1 when something differs.
"""

import json
import pathlib
import subprocess
import sys

import numpy as np
from ai_edge_litert import interpreter as litert
from tflite_micro import runtime

KERNELS = ["plain", "avx2", "vnni", "neon"]
LIMITS = {"PTQ": 1.0, "shipped": 0.5}


def micro(model, inputs):
    """Outputs by TFLite Micro."""
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 24)
    shape = interpreter.get_input_details(0)["shape"]
    outputs = []
    for clip in inputs:
        interpreter.set_input(clip.reshape(shape), 0)
        interpreter.invoke()
        outputs.append(np.array(interpreter.get_output(0)))
    return np.concatenate(outputs)


def lite_rt(model, inputs):
    """Outputs by LiteRT's built-in kernels without its default delegate."""
    resolver = litert.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = litert.Interpreter(model_content=model, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    outputs = []
    for clip in inputs:
        interpreter.set_tensor(taken["index"], clip.reshape(taken["shape"]))
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(given["index"]))
    return np.concatenate(outputs)


def same(name, found, expected):
    """Whether outputs are the same, said aloud."""
    differ = int(np.any(found.reshape(expected.shape) != expected, axis=1).sum())
    print(f"    {name}: {len(expected) - differ} of {len(expected)} clips alike")
    return differ == 0


def nearly(name, found, expected):
    """Whether outputs that may differ in a last step do so rarely and little, said aloud."""
    found = found.reshape(expected.shape)
    differ = np.any(found != expected, axis=1)
    apart = int(np.abs(found.astype(int) - expected).max())
    print(f"    {name}: {int((~differ).sum())} of {len(expected)} clips alike; it and TFLite Micro are at most {apart} steps apart")
    turned = int((found[differ].argmax(axis=1) != expected[differ].argmax(axis=1)).sum())
    return turned == 0 and apart <= 3 and differ.mean() <= 0.01


def kernels(lab, folder, out, expected):
    """Whether every kernel set that this computer can run gives the same."""
    good = True
    for name in KERNELS:
        written = out / f"{name}.npy"
        command = [lab, "infer", "--model", folder / "model.tflite", "--input", out / "inputs.npy"]
        done = subprocess.run([*command, "--output", written, "--kernels", name], capture_output=True, text=True)
        if done.returncode == 0:
            good &= same(f"our kernels `{name}`", np.load(written), expected)
        elif "does not support the kernels" not in done.stderr:
            print(done.stderr)
            good = False
    return good


def forms(lab, folder, out, clips):
    """Whether burn agrees with the runtime, and integers cost no more than they may."""
    report = out / "forms.json"
    subprocess.run([lab, "compare", "--variants", folder, *clips, "--json", report], check=True, stdout=subprocess.DEVNULL)
    good = True
    lost = {}
    found = json.loads(report.read_text())
    clip = 100 / found["clips"]
    for form in found["forms"]:
        kind = form["name"].split(",")[0]
        lost[kind] = min(lost.get(kind, np.inf), form["lost_points"])
        if agreement := form["agreement"]:
            beyond, of = agreement["beyond"], agreement["clips"]
            print(f"    burn, {form['name']}: at most {agreement['largest']:.0f} steps apart, beyond one on {beyond} of {of} clips")
            good &= beyond == 0 if kind == "shipped" else beyond * 500 <= of
    for kind, limit in LIMITS.items():
        limit = max(limit, clip)
        print(f"    {kind} loses {lost[kind]:.2f} points against float, at most {limit:.2f}")
        good &= lost[kind] < limit + 1e-9
    return good


def check(lab, corpus, out, folder):
    """Whether one model keeps everything."""
    print(folder.name)
    clips = ["--corpus", corpus, "--split", "test"]
    subprocess.run([lab, "evaluate", "--model", folder, *clips, "--dump", out], check=True, stdout=subprocess.DEVNULL)
    inputs, outputs = np.load(out / "inputs.npy"), np.load(out / "outputs.npy")
    model = (folder / "model.tflite").read_bytes()
    good = same("TFLite Micro", micro(model, inputs), outputs)
    good &= nearly("LiteRT", lite_rt(model, inputs), outputs)
    good &= kernels(lab, folder, out, outputs)
    return forms(lab, folder, out, clips) and good


def main():
    """Checks all models, and fails when one does not agree."""
    lab, corpus, out, *models = map(pathlib.Path, sys.argv[1:])
    folders = [model.parent for model in models]
    out.mkdir(parents=True, exist_ok=True)
    results = {folder.name: check(lab.resolve(), corpus, out / folder.name, folder) for folder in folders}
    failed = [name for name, good in results.items() if not good]
    if failed:
        sys.exit(f"FAILED: {', '.join(failed)}")
    print(f"{len(results)} models agree")


if __name__ == "__main__":
    main()
