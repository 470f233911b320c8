"""How fast Python pushes a recording, in seconds of audio per second of processor time: speed.py FILE.wav

pymicro-wakeword is measured beside it, where it is installed, with the same model by three ways: a pipeline of kws, kws by
pymicro-wakeword's calls, and itself. Medians of alternating runs, 10 ms of audio a call unless said otherwise.
"""

import importlib.util
import statistics
import sys
import time
import wave
from pathlib import Path

import kws
import kws.pymicro_wakeword
import numpy as np

RUNS = 5
PIPELINES = Path(__file__).resolve().parents[3] / "pipelines"

with wave.open(sys.argv[1]) as file:
    samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
seconds = len(samples) / 16_000


def pushed(pipeline, block):
    session = pipeline.session()

    def run():
        session.reset()
        for at in range(0, len(samples), block):
            session.push(samples[at : at + block])
        session.finish()

    return run


def streamed(features, word):
    audio = samples.tobytes()

    def run():
        features.reset()
        word.reset()
        for at in range(0, len(audio), 320):
            for frame in features.process_streaming(audio[at : at + 320]):
                word.process_streaming(frame)

    return run


yes_no = kws.Pipeline(PIPELINES / "yes_no.toml")
runs = {
    "kws, yes_no.toml, the whole recording at once": pushed(yes_no, len(samples)),
    "kws, yes_no.toml": pushed(yes_no, 160),
}
if importlib.util.find_spec("pymicro_wakeword"):
    import pymicro_wakeword

    models = Path(pymicro_wakeword.__file__).parent / "models"
    toml = f"""
[[stage]]
kind = "mic"
[[stage]]
kind = "micro_frontend"
hop_ms = 10
[[stage]]
kind = "classifier"
model = "{models}/alexa.json"
[[stage]]
kind = "wake_word"
[[stage]]
kind = "print"
"""
    runs["kws, alexa as a pipeline"] = pushed(kws.Pipeline.from_text(toml), 160)
    for name, module in [("kws.pymicro_wakeword", kws.pymicro_wakeword), ("pymicro-wakeword", pymicro_wakeword)]:
        word = module.MicroWakeWord.from_config(models / "alexa.json")
        runs[f"{name}, alexa"] = streamed(module.MicroWakeWordFeatures(), word)

times = {name: [] for name in runs}
for _ in range(RUNS):
    for name, run in runs.items():
        begun = time.process_time()
        run()
        times[name].append(time.process_time() - begun)
for name, measured in times.items():
    print(f"{seconds / statistics.median(measured):8.0f} x real time  {name}")
