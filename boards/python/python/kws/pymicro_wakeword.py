"""The calls of pymicro-wakeword: the same models and manifests, the same features, `process_streaming`."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np

from ._kws import Model, Pipeline

__all__ = ["MicroWakeWord", "MicroWakeWordFeatures"]

_FRONT_END = """
[[stage]]
kind = "mic"

[[stage]]
kind = "micro_frontend"
hop_ms = 10
encoding = "raw"
"""

# What microWakeWord's models were trained on: `micro_frontend`'s integers by this.
_SCALE = 0.0390625


class MicroWakeWordFeatures:
    """Takes the place of `pymicro_wakeword.MicroWakeWordFeatures`."""

    def __init__(self) -> None:
        self._session = Pipeline.from_text(_FRONT_END).session(taps=["micro_frontend"])
        self._odd = b""

    def process_streaming(self, audio_bytes: bytes) -> Iterator[np.ndarray]:
        """Features, of shape (1, 1, 40) each, of 16-bit audio at 16 kHz in portions of any length."""
        audio_bytes = self._odd + audio_bytes
        even = len(audio_bytes) & ~1
        self._odd = audio_bytes[even:]
        self._session.push(np.frombuffer(audio_bytes[:even], np.dtype("<i2")))
        for frame in self._session.blocks():
            yield (frame.astype(np.float64) * _SCALE).reshape(1, 1, -1)

    def reset(self) -> None:
        """Begins a new stream."""
        self._session.reset()
        self._odd = b""


class MicroWakeWord:
    """Takes the place of `pymicro_wakeword.MicroWakeWord`."""

    def __init__(
        self,
        id: str,  # noqa: A002, as pymicro-wakeword names it
        *,
        wake_word: str,
        tflite_model: Union[str, os.PathLike[str]],
        probability_cutoff: float,
        sliding_window_size: int,
        trained_languages: Optional[list[str]] = None,
        **_: Any,
    ) -> None:
        self.id, self.wake_word, self.tflite_model = id, wake_word, tflite_model
        self.probability_cutoff, self.sliding_window_size = probability_cutoff, sliding_window_size
        self.trained_languages = trained_languages or []
        self._model = Model(tflite_model)
        (self._input,), (self._output,) = self._model.inputs, self._model.outputs
        self._type = np.dtype(self._input.dtype)
        self.stride = self._input.shape[1]
        self._features: list[np.ndarray] = []
        self._probabilities: deque[float] = deque(maxlen=sliding_window_size)

    @staticmethod
    def from_config(config_path: Union[str, os.PathLike[str]], **_: Any) -> "MicroWakeWord":
        """From a manifest of microWakeWord, beside which its model lies."""
        path = Path(config_path)
        config = json.loads(path.read_text(encoding="utf-8"))
        return MicroWakeWord(
            id=Path(config["model"]).stem,
            wake_word=config["wake_word"],
            tflite_model=path.parent / config["model"],
            probability_cutoff=config["micro"]["probability_cutoff"],
            sliding_window_size=config["micro"]["sliding_window_size"],
            trained_languages=config.get("trained_languages", []),
        )

    def process_streaming(self, features: np.ndarray) -> bool:
        """Whether the wake word is heard now."""
        return self.process_streaming_prob(features) > self.probability_cutoff

    def process_streaming_prob(self, features: np.ndarray) -> float:
        """The mean of the last probabilities; 0 until there are enough of them."""
        self._features.append(features)
        if len(self._features) < self.stride:
            return 0.0
        real = np.concatenate(self._features, axis=1)
        self._features.clear()
        limits = np.iinfo(self._type)
        stored = np.round(real / self._input.scale + self._input.zero_point)
        stored = self._model.run(np.clip(stored, limits.min, limits.max).astype(self._type))
        self._probabilities.append((int(stored.item()) - self._output.zero_point) * self._output.scale)
        if len(self._probabilities) < self.sliding_window_size:
            return 0.0
        return sum(self._probabilities) / len(self._probabilities)

    def reset(self) -> None:
        """Begins a new stream."""
        self._model.reset()
        self._features.clear()
        self._probabilities.clear()

    def close(self) -> None:
        """For those who call it: nothing is held."""
