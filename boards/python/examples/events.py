"""Prints the events of a WAV file of 16 kHz, mono, 16 bits: python events.py PIPELINE.toml FILE.wav"""

import sys
import wave

import kws
import numpy as np

_, pipeline, path = sys.argv
with wave.open(path) as file:
    samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)

session = kws.Pipeline(pipeline).session()
for event in session.push(samples) + session.finish():
    print(f"{event.time:7.3f} s  {event.label}  {event.score:.2f}")
