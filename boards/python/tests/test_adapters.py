import importlib.util
from pathlib import Path

import kws
import kws.openwakeword
import kws.pymicro_wakeword
import numpy as np
import pytest
from conftest import ROOT


def test_the_calls_of_openwakeword(samples, lines):
    model = kws.openwakeword.Model(wakeword_models=[ROOT / "pipelines/yes_no.toml"])
    events, scores = [], []
    for at in range(0, len(samples), 1280):
        scores.append(model.predict(samples[at : at + 1280]))
        events += model.events
    assert set(scores[0]) == {"yes", "no"}
    # What comes with the end of the stream is missing.
    assert [event.json for event in events] == lines[: len(events)] and len(events) >= len(lines) - 1
    for event in events:
        assert scores[(event.tick - 1) // 1280][event.label] >= event.score - 1e-6
    model.reset()
    assert len(model.predict_clip(samples[:16000])) == 37
    with pytest.raises(kws.Error, match="wakeword_models"):
        kws.openwakeword.Model([])


@pytest.mark.skipif(not importlib.util.find_spec("pymicro_wakeword"), reason="pymicro-wakeword is not installed")
def test_the_calls_of_pymicro_wakeword(samples):
    import pymicro_wakeword as theirs

    manifest = Path(theirs.__file__).parent / "models/alexa.json"
    ours = kws.pymicro_wakeword
    their_features, our_features = theirs.MicroWakeWordFeatures(), ours.MicroWakeWordFeatures()
    their_word, our_word = theirs.MicroWakeWord.from_config(manifest), ours.MicroWakeWord.from_config(manifest)
    audio = samples.tobytes()
    pieces = [audio[at : at + 1001] for at in range(0, len(audio), 1001)]
    found = [frame for piece in pieces for frame in our_features.process_streaming(piece)]
    expected = list(their_features.process_streaming(audio))
    assert np.allclose(np.array(found), np.array(expected[: len(found)]), rtol=0, atol=1e-6)
    assert 0 <= len(expected) - len(found) <= 1
    # Its runtime, LiteRT with XNNPACK, rounds some products otherwise than TFLite Micro, which kws equals: now and then the
    # probability is a step of 1/256 off.
    off = [abs(our_word.process_streaming_prob(frame) - their_word.process_streaming_prob(frame)) for frame in found]
    assert max(off) <= 2 / 256 and np.mean(np.array(off) > 1e-6) < 0.05
    assert our_word.wake_word == their_word.wake_word
