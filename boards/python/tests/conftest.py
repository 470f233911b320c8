"""What the tests compare with, in the folder that KWS_HOST names: `kws-run`'s events of `yes_no.toml`, `host.jsonl`, and its
recording `take/`; see `.ci/bindings`."""

import os
import wave
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def take() -> Path:
    return Path(os.environ["KWS_HOST"]) / "take"


@pytest.fixture(scope="session")
def samples(take: Path) -> np.ndarray:
    with wave.open(str(take / "mic.wav")) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


@pytest.fixture(scope="session")
def lines(take: Path) -> list[str]:
    return (take.parent / "host.jsonl").read_text().splitlines()
