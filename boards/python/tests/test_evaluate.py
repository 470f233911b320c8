import kws
import numpy as np
import pytest
from conftest import ROOT

YES_NO = ROOT / "pipelines/yes_no.toml"


def test_words_are_found_missed_or_made_up(samples, lines):
    pipeline = kws.Pipeline(YES_NO)
    session = pipeline.session()
    events = session.push(samples) + session.finish()
    assert [event.json for event in events] == lines
    # All words where they were found but the first, whose detection is false then; and one that is nowhere.
    words = [(event.label, event.start - 0.5, event.time - 0.1) for event in events[1:]] + [("yes", 0.0, 0.1)]
    rest = [event for event in events[1:]]
    found = kws.evaluate(pipeline, [(samples, words), (np.zeros(16000, np.int16), None)], late=0.2)
    assert [event.json for _, event in found.hits] == [event.json for event in rest]
    assert [(index, event.json) for index, event in found.false_accepts] == [(0, lines[0])]
    assert found.misses == [(0, ("yes", 0.0, 0.1))]
    assert found.seconds == len(samples) / 16000 + 1
    assert found.miss_rate == pytest.approx(1 / len(words))
    assert found.false_accepts_per_hour == pytest.approx(3600 / found.seconds)
    table = str(found).splitlines()
    assert table[0].split()[:2] == ["words", "found"] and table[1].split()[0] in ("yes", "no")


def test_a_clip_has_a_label_that_there_is(samples):
    pipeline = kws.Pipeline(YES_NO)
    first = pipeline.session().push(samples)[0]
    clip = samples[int((first.start - 1) * 16000) : int((first.time + 0.2) * 16000)]
    found = kws.evaluate(pipeline, [(clip, first.label)])
    assert (len(found.hits), found.misses, found.false_accepts) == (1, [], [])
    with pytest.raises(ValueError, match="recording 0 holds `maybe`"):
        kws.evaluate(pipeline, [(clip, "maybe")])
