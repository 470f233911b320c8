from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Optional, Union

import numpy as np
from numpy.typing import NDArray

Samples = Union[NDArray[np.int16], NDArray[np.float32], NDArray[np.uint8]]

class Error(Exception):
    """What kws refuses, with the whole message: the line of a pipeline file too."""

class Waiting(Error):
    """A push that was not taken whole, since the pipeline waits for what its other sources bring.

    `args[1]` says how many items were taken: push to the other sources, then push the rest. No event is lost.
    """

class Event:
    """A detection."""

    @property
    def label(self) -> str: ...
    @property
    def point(self) -> str:
        """The operating point."""
    @property
    def stage(self) -> str:
        """The stage that found it."""
    @property
    def score(self) -> float:
        """0 to 1."""
    @property
    def tick(self) -> int:
        """Tick of the stream at which it was certain; of audio, the sample."""
    @property
    def time(self) -> float:
        """That tick in seconds."""
    @property
    def start(self) -> float:
        """Seconds at which the evidence began."""
    @property
    def end(self) -> float:
        """Seconds at which it ended."""
    @property
    def json(self) -> str:
        """The line that `kws-run --json` writes."""

class Stage:
    """A stage of a pipeline, and what its blocks are."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def inputs(self) -> list[str]:
        """Names of the stages that it reads."""
    @property
    def dtype(self) -> Optional[str]:
        """As NumPy names it; "event" of events, None of a sink."""
    @property
    def shape(self) -> list[int]:
        """Of one block."""
    @property
    def role(self) -> Optional[str]:
        """What the items mean: "samples", "log_mel", "posterior", ..."""
    @property
    def labels(self) -> list[str]:
        """Of posteriors and events."""
    @property
    def words(self) -> list[str]:
        """The labels that are a find: not "silence", "unknown" and their like."""
    @property
    def clock(self) -> int:
        """Ticks in a second."""
    @property
    def period(self) -> int:
        """Ticks from one block to the next."""
    @property
    def scale(self) -> float:
        """`real = scale * (stored - zero_point)`; 1 where items are the real values."""
    @property
    def zero_point(self) -> int: ...

class Session:
    """A stream that runs a pipeline. Threads may share one: they take turns. Each stream needs its own."""

    @property
    def sources(self) -> list[str]: ...
    def push(self, samples: Samples, source: Optional[str] = None) -> list[Event]:
        """Pushes any number of samples, runs the pipeline on them, and returns the events.

        Audio is int16, or float32 from -1 to 1; pixels are uint8. Other threads run meanwhile: the interpreter's lock is
        released. `source` may be left out where the pipeline has one.
        """
    def lose(self, ticks: int, source: Optional[str] = None) -> None:
        """Says that part of the stream was lost: stages with memory reset at the gap. Of audio, a tick is a sample."""
    def finish(self) -> list[Event]:
        """Ends the stream, and returns the events that were left."""
    def reset(self) -> None:
        """Begins a new stream at tick 0."""
    def blocks(self, stage: Optional[str] = None) -> NDArray[Any]:
        """Blocks of a tapped stage since the last call, along the first axis. They are kept until taken."""

class Pipeline:
    """A pipeline, read and checked. Threads may share one; so do its sessions its models."""

    def __init__(self, path: Union[str, PathLike[str]]) -> None: ...
    @staticmethod
    def from_text(
        toml: str,
        files: Optional[Mapping[str, bytes]] = None,
        *,
        folder: Optional[Union[str, PathLike[str]]] = None,
    ) -> Pipeline:
        """From the text of a pipeline file. With `files`, by the paths that it names, nothing is read from disk; otherwise
        its paths start from `folder`."""
    @property
    def name(self) -> str: ...
    @property
    def stages(self) -> list[Stage]: ...
    def session(self, taps: Sequence[str] = ()) -> Session:
        """Makes a session, one for each stream. `Session.blocks` returns the blocks of the stages in `taps`."""
    def features(
        self, samples: Samples, stage: Optional[str] = None, source: Optional[str] = None
    ) -> NDArray[Any]:
        """The blocks of a stage over a whole recording, along the first axis: by default what the first classifier reads."""

class Tensor:
    """A model's input or output."""

    @property
    def name(self) -> str: ...
    @property
    def dtype(self) -> str: ...
    @property
    def shape(self) -> list[int]: ...
    @property
    def scale(self) -> float:
        """`real = scale * (stored - zero_point)`; 0 where it is not quantised."""
    @property
    def zero_point(self) -> int: ...

class Model:
    """A `.tflite` model on its own: a path, or the contents as bytes. Outputs equal TFLite Micro's bit for bit."""

    def __init__(self, model: Union[str, PathLike[str], bytes]) -> None: ...
    @property
    def inputs(self) -> list[Tensor]: ...
    @property
    def outputs(self) -> list[Tensor]: ...
    def run(self, *inputs: NDArray[Any]) -> Any:
        """Runs it once; returns the output, or a tuple where there are several.

        Arrays of the model's own type give outputs of the model's own type. float32 given to a quantised model is quantised,
        and the outputs are real numbers. uint8 models are read as int8 (less 128), and take both. Variables keep their values
        from run to run.
        """
    def reset(self) -> None:
        """Sets the variables to their first values."""
