"""Runs .tflite models with TFLite Micro and writes inputs and outputs for `stages/nn/tests/parity.rs`.

    python tests/vectors/nn/live.py OUT MODEL.tflite [MODEL.tflite ...] [--runs 200]

Needs PyPI `tflite-micro`, `tflite` and `numpy`, and `ai-edge-litert` for what TFLite Micro refuses. For each model a folder OUT/NAME is written: model.tflite, input<i>.npy and
output<i>.npy, whose first dimension counts the runs. Half of the inputs are uniform over the element's whole range,
a quarter are smooth walks (as features are), the rest are extreme: constant, alternating, one single spike. The
interpreter is made once, so that a model with variables is compared as a stream.
"""

import argparse
import pathlib
import shutil

import numpy as np
import tflite
from tflite_micro import runtime


def inputs(shape, dtype, runs, rng):
    """Random inputs of one tensor, one per run."""
    if dtype == np.float32:
        low, high = -20.0, 20.0
    else:
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    count = int(np.prod(shape))
    for run in range(runs):
        if run % 4 < 2:
            values = rng.uniform(low, high + 1, count)
        elif run % 4 == 2:
            values = np.cumsum(rng.normal(0, (high - low) / 40, count)) + rng.uniform(low, high)
        else:
            kind = rng.integers(4)
            values = np.full(count, [low, high, 0, low][kind], dtype=np.float64)
            if kind == 2:
                values = np.where(np.arange(count) % 2 == 0, low, high)
            if kind == 3:
                values[rng.integers(count)] = high
        if dtype != np.float32:
            values = np.floor(values)
        yield np.clip(values, low, high).astype(dtype).reshape(shape)


class Micro:
    """TFLite Micro."""

    name = "TFLite Micro"

    def __init__(self, model):
        self.interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 24)
        self.graph = tflite.Model.GetRootAsModel(model, 0).Subgraphs(0)

    def inputs(self):
        """Shape and element of each input."""
        details = [self.interpreter.get_input_details(i) for i in range(self.graph.InputsLength())]
        return [(d["shape"], np.dtype(d["dtype"])) for d in details]

    def run(self, values):
        """Outputs for these inputs."""
        for i, value in enumerate(values):
            self.interpreter.set_input(value, i)
        self.interpreter.invoke()
        return [np.array(self.interpreter.get_output(i)) for i in range(self.graph.OutputsLength())]


class LiteRt:
    """LiteRT's built-in kernels without its default delegate, for what TFLite Micro refuses."""

    name = "LiteRT"

    def __init__(self, model):
        from ai_edge_litert import interpreter as litert

        self.open(model, litert.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
        # Its optimised kernels for uint8 round otherwise than the reference, whose arithmetic is int8's.
        if self.interpreter.get_input_details()[0]["dtype"] == np.uint8:
            self.open(model, litert.OpResolverType.BUILTIN_REF)

    def open(self, model, resolver):
        """Makes the interpreter, with kernels of the resolver's."""
        from ai_edge_litert import interpreter as litert

        self.interpreter = litert.Interpreter(model_content=model, experimental_op_resolver_type=resolver)
        self.interpreter.allocate_tensors()

    def inputs(self):
        """Shape and element of each input."""
        return [(d["shape"], np.dtype(d["dtype"])) for d in self.interpreter.get_input_details()]

    def run(self, values):
        """Outputs for these inputs."""
        for detail, value in zip(self.interpreter.get_input_details(), values):
            self.interpreter.set_tensor(detail["index"], value)
        self.interpreter.invoke()
        return [self.interpreter.get_tensor(d["index"]) for d in self.interpreter.get_output_details()]


def play(oracle, runs, seed):
    """Random inputs, and what an interpreter makes of them, run after run."""
    rng = np.random.default_rng(seed)
    streams = [list(inputs(shape, element, runs, rng)) for shape, element in oracle.inputs()]
    return streams, [oracle.run([stream[run] for stream in streams]) for run in range(runs)]


def record(model, out, runs, seed=1):
    """Runs one model, writes what went in and came out, and returns the oracle's name."""
    # Some operators refuse a type when they are made, some when they first run.
    try:
        oracle = Micro(model)
        streams, results = play(oracle, runs, seed)
    except Exception:
        oracle = LiteRt(model)
        streams, results = play(oracle, runs, seed)
    out.mkdir(parents=True, exist_ok=True)
    (out / "model.tflite").write_bytes(model)
    for i, stream in enumerate(streams):
        np.save(out / f"input{i}.npy", np.stack(stream))
    for i in range(len(results[0])):
        np.save(out / f"output{i}.npy", np.stack([result[i] for result in results]))
    return oracle.name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path, nargs="+")
    parser.add_argument("--runs", type=int, default=200)
    args = parser.parse_args()
    for path in args.models:
        # Shipped models are all called `model`; their folder names them.
        name = path.parent.name if path.stem == "model" else path.stem
        out = args.out / name
        shutil.rmtree(out, ignore_errors=True)
        oracle = record(path.read_bytes(), out, args.runs)
        print(f"{name}: {args.runs} runs, {oracle}")


if __name__ == "__main__":
    main()
