"""The calls of openWakeWord, for pipelines of kws: `Model([...]).predict(frame) -> {label: score}`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np

from ._kws import Error, Event, Pipeline, Stage

__all__ = ["Model"]


class _Word:
    """One pipeline, and the posterior that its events are decided on."""

    def __init__(self, path: Union[str, os.PathLike[str]]) -> None:
        pipeline = Pipeline(path)
        stages = {stage.name: stage for stage in pipeline.stages}
        decision = next((stage for stage in stages.values() if stage.dtype == "event"), None)
        posterior = None if decision is None else stages[decision.inputs[0]]
        if decision is None or posterior is None or posterior.role != "posterior":
            raise Error(f"`{os.fspath(path)}` has no stage that decides on a posterior, such as `trigger`")
        self._posterior: Stage = posterior
        # A model without labels tells one word from all else.
        self._columns = (
            {label: posterior.labels.index(label) for label in posterior.words}
            if posterior.labels
            else {decision.labels[0]: -1}
        )
        self._session = pipeline.session(taps=[posterior.name])
        self.scores = dict.fromkeys(self._columns, 0.0)
        self.name = Path(path).stem

    def push(self, frame: np.ndarray) -> list[Event]:
        events = self._session.push(frame)
        blocks = self._session.blocks()
        if len(blocks):
            # A frame may hold several blocks: none of their peaks is lost.
            real = self._posterior.scale * (blocks.reshape(len(blocks), -1).astype(np.float32) - self._posterior.zero_point)
            self.scores = {label: float(real[:, column].max()) for label, column in self._columns.items()}
        return events

    def reset(self) -> None:
        self._session.reset()
        self.scores = dict.fromkeys(self._columns, 0.0)


class Model:
    """Takes the place of `openwakeword.model.Model`. The paths are pipelines of kws; its other arguments are not needed.

    `predict` also keeps the events of the pipelines, decided by their own thresholds, in `events`.
    """

    def __init__(self, wakeword_models: Optional[list[Union[str, os.PathLike[str]]]] = None) -> None:
        if not wakeword_models:
            raise Error("found no `wakeword_models`, expected paths of pipelines")
        self.models = {word.name: word for word in map(_Word, wakeword_models)}
        self.events: list[Event] = []

    def predict(self, x: np.ndarray) -> dict[str, float]:
        """Scores from 0 to 1 after this frame of 16 kHz int16 audio, of any length, for each label."""
        self.events = []
        for word in self.models.values():
            self.events += word.push(x)
        return {label: score for word in self.models.values() for label, score in word.scores.items()}

    def predict_clip(self, clip: np.ndarray, padding: int = 1, chunk_size: int = 1280) -> list[dict[str, Any]]:
        """The predictions over a recording, with so many seconds of silence around it."""
        silence = np.zeros(16_000 * padding, np.int16)
        clip = np.concatenate([silence, clip, silence])
        return [self.predict(clip[at : at + chunk_size]) for at in range(0, len(clip) - chunk_size, chunk_size)]

    def reset(self) -> None:
        """Begins a new stream."""
        for word in self.models.values():
            word.reset()
        self.events = []
