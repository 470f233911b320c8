"""How fast openWakeWord's models run a recording, in seconds of audio per second of processor time:

    openwakeword_speed.py FILE.wav

In an environment of its own with `pip install wyoming-openwakeword==1.8.2 "numpy<2"`, which brings the models and TensorFlow Lite. As that
service does, 80 ms at a time on one thread: spectrogram, embedding, word; nothing besides is measured.
"""

import statistics
import sys
import time
import wave
from pathlib import Path

import numpy as np
import tflite_runtime.interpreter as tflite
import wyoming_openwakeword

RUNS = 5
WORD = "alexa_v0.1"
# What the service reads at a time, and how far it then goes on: samples, frames of the spectrogram.
SAMPLES, STEP = 1760, 1280
FRAMES, FRAME_STEP = 76, 8


class Model:
    def __init__(self, name):
        path = Path(wyoming_openwakeword.__file__).parent / "models" / f"{name}.tflite"
        self.model = tflite.Interpreter(model_path=str(path), num_threads=1)
        self.input = self.model.get_input_details()[0]
        self.output = self.model.get_output_details()[0]["index"]

    def fix(self, *shape):
        self.model.resize_tensor_input(self.input["index"], shape, strict=True)
        self.model.allocate_tensors()
        return self

    def __call__(self, values):
        self.model.set_tensor(self.input["index"], values)
        self.model.invoke()
        return self.model.get_tensor(self.output)


with wave.open(sys.argv[1]) as file:
    samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32)
spectrogram = Model("melspectrogram").fix(1, SAMPLES)
embedding = Model("embedding_model").fix(1, FRAMES, 32, 1)
word = Model(WORD)
windows = int(word.input["shape"][1])
word.fix(1, windows, 96)


def run():
    frames, embeddings, best = np.zeros((0, 32), np.float32), np.zeros((0, 96), np.float32), 0.0
    for at in range(0, len(samples) - SAMPLES + 1, STEP):
        frames = np.concatenate([frames, spectrogram(samples[None, at : at + SAMPLES])[0, 0] / 10 + 2])
        while len(frames) >= FRAMES:
            embeddings = np.concatenate([embeddings, embedding(frames[None, :FRAMES, :, None]).reshape(-1, 96)])
            frames = frames[FRAME_STEP:]
            if len(embeddings) >= windows:
                best = max(best, float(word(embeddings[None, -windows:]).max()))
                embeddings = embeddings[-windows:]
    return best


times = []
for _ in range(RUNS):
    begun = time.process_time()
    best = run()
    times.append(time.process_time() - begun)
print(f"{len(samples) / 16_000 / statistics.median(times):8.0f} x real time  openWakeWord, {WORD}, 80 ms at a time; highest score {best:.2f}")
