"""How well a pipeline finds what recordings hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Optional, Union

import numpy as np
from numpy.typing import NDArray

from ._kws import Event, Pipeline

Samples = Union[NDArray[np.int16], NDArray[np.float32]]
Word = tuple[str, float, float]
"""A label, and where it is said: begin and end in seconds."""


@dataclass
class Label:
    """How one label did."""

    words: int = 0
    hits: int = 0
    false_accepts: int = 0

    @property
    def misses(self) -> int:
        return self.words - self.hits

    @property
    def miss_rate(self) -> float:
        """Share of the words that were not found; NaN without words."""
        return self.misses / self.words if self.words else float("nan")


@dataclass
class Evaluation:
    """What `evaluate` counted. `print` it for a table."""

    labels: dict[str, Label]
    seconds: float = 0.0
    hits: list[tuple[int, Event]] = field(default_factory=list)
    """Events that found a word, each with the index of its recording."""
    false_accepts: list[tuple[int, Event]] = field(default_factory=list)
    misses: list[tuple[int, Word]] = field(default_factory=list)

    @property
    def miss_rate(self) -> float:
        """Over all labels."""
        words = sum(label.words for label in self.labels.values())
        return len(self.misses) / words if words else float("nan")

    @property
    def false_accepts_per_hour(self) -> float:
        return len(self.false_accepts) * 3600 / self.seconds if self.seconds else float("nan")

    def __str__(self) -> str:
        width = max([len("all"), *map(len, self.labels)])
        lines = [f"{'':{width}}  words  found  missed  false accepts"]
        for name, label in self.labels.items():
            missed = f"{100 * label.miss_rate:.1f} %" if label.words else "-"
            lines.append(f"{name:{width}}  {label.words:5}  {label.hits:5}  {missed:>6}  {label.false_accepts:13}")
        hours = self.seconds / 3600
        lines.append(f"{len(self.false_accepts)} false accepts in {hours:.2f} h: {self.false_accepts_per_hour:.2f} an hour")
        return "\n".join(lines)


def evaluate(
    pipeline: Pipeline,
    recordings: Iterable[tuple[Samples, Union[str, None, Sequence[Word]]]],
    *,
    late: float = 1.0,
) -> Evaluation:
    """Runs a pipeline over recordings and counts hits, misses and false accepts, label by label.

    Each recording is its samples, at the pipeline's rate, and what it holds: a label, for a clip of one word; None, for speech or
    noise without any; or a list of (label, begin, end) in seconds. A detection counts for a word of its label from the word's
    beginning to `late` seconds after its end, and each word once; all other detections are false accepts. Every recording is a
    stream of its own, with `late` seconds of silence after it.
    """
    source = next(stage for stage in pipeline.stages if not stage.inputs)
    found = [stage for stage in pipeline.stages if stage.dtype == "event"]
    names = {word: None for stage in found for word in stage.words}
    result = Evaluation({name: Label() for name in names})
    session = pipeline.session()
    for index, (samples, holds) in enumerate(recordings):
        length = len(samples) / source.clock
        words = [(holds, 0.0, length)] if isinstance(holds, str) else list(holds or [])
        unknown = [label for label, _, _ in words if label not in result.labels]
        if unknown:
            raise ValueError(f"recording {index} holds `{unknown[0]}`, which is none of the labels `{'`, `'.join(names)}`")
        session.reset()
        silence = np.zeros(round(late * source.clock), samples.dtype)
        events = session.push(samples) + session.push(silence) + session.finish()
        result.seconds += length
        for label, _, _ in words:
            result.labels[label].words += 1
        for event in events:
            hit = next((w for w in words if w[0] == event.label and w[1] <= event.time <= w[2] + late), None)
            if hit:
                words.remove(hit)
                result.labels[event.label].hits += 1
                result.hits.append((index, event))
            else:
                result.labels[event.label].false_accepts += 1
                result.false_accepts.append((index, event))
        result.misses += [(index, word) for word in words]
    return result
