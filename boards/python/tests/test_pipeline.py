import sys
import threading
import time

import kws
import numpy as np
import pytest
from conftest import ROOT

YES_NO = ROOT / "pipelines/yes_no.toml"


def test_events_equal_the_hosts(samples, lines):
    assert len(lines) > 5
    session = kws.Pipeline(YES_NO).session()
    whole = session.push(samples) + session.finish()
    assert [event.json for event in whole] == lines

    session.reset()
    pieces = [event for at in range(0, len(samples), 777) for event in session.push(samples[at : at + 777])]
    assert pieces + session.finish() == whole

    session.reset()
    real = samples.astype(np.float32) / 32768
    assert session.push(real) + session.finish() == whole
    first = whole[0]
    assert (first.label, first.stage, first.point) == ("yes", "trigger", "default")
    assert first.time == first.tick / 16000 and 0 < first.score < 1 and first.end >= first.start


def test_features_equal_the_hosts(samples, take):
    pipeline = kws.Pipeline(YES_NO)
    for stage in ["log", "fft", "classifier", "smooth"]:
        expected = np.load(take / f"{stage}.npy")
        found = pipeline.features(samples, stage=stage)
        assert found.dtype == expected.dtype
        assert np.array_equal(found.reshape(expected.shape), expected), stage
    assert np.array_equal(pipeline.features(samples), pipeline.features(samples, stage="log"))


def test_blocks_of_several_taps(samples, take):
    session = kws.Pipeline(YES_NO).session(taps=["smooth", "log"])
    found = []
    for at in range(0, len(samples), 16000):
        session.push(samples[at : at + 16000])
        found.append(session.blocks("smooth"))
    assert np.array_equal(np.concatenate(found).ravel(), np.load(take / "smooth.npy").ravel())
    assert np.array_equal(session.blocks("log").ravel(), np.load(take / "log.npy").ravel())
    assert len(session.blocks("log")) == 0
    with pytest.raises(kws.Error, match="fft"):
        session.blocks("fft")


def test_from_memory(samples, lines):
    models = ROOT / "pipelines/models/yes_no"
    files = {f"models/yes_no/{name}": (models / name).read_bytes() for name in ["model.tflite", "model.toml"]}
    session = kws.Pipeline.from_text(YES_NO.read_text(), files).session()
    assert [event.json for event in session.push(samples) + session.finish()] == lines
    session = kws.Pipeline.from_text(YES_NO.read_text(), folder=YES_NO.parent).session()
    assert [event.json for event in session.push(samples) + session.finish()] == lines


def test_an_event_that_two_sinks_read_comes_once(samples, lines):
    toml = YES_NO.read_text() + '[[stage]]\nkind = "jsonl"\ninput = "trigger"\n'
    session = kws.Pipeline.from_text(toml, folder=YES_NO.parent).session()
    assert [event.json for event in session.push(samples) + session.finish()] == lines


def test_sessions_in_threads(samples, lines):
    pipeline = kws.Pipeline(YES_NO)
    found = {}

    def run(number):
        session = pipeline.session()
        events = [event for at in range(0, len(samples), 1600) for event in session.push(samples[at : at + 1600])]
        found[number] = [event.json for event in events + session.finish()]

    threads = [threading.Thread(target=run, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == dict.fromkeys(range(8), lines)


def test_push_releases_the_interpreter(samples):
    session = kws.Pipeline(YES_NO).session()
    long = np.tile(samples, 40)
    interval = sys.getswitchinterval()
    # Nobody takes the lock from a thread that keeps it: whoever runs meanwhile was given it.
    sys.setswitchinterval(1000)
    try:
        pushed = []
        thread = threading.Thread(target=lambda: pushed.append(session.push(long)))
        thread.start()
        seen = 0
        while not pushed:
            seen += 1
            time.sleep(0)
        thread.join()
        assert seen > 1 and pushed[0]
    finally:
        sys.setswitchinterval(interval)


def test_errors_say_all(tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_text(YES_NO.read_text().replace("hop_ms", "hop_sm"))
    with pytest.raises(kws.Error, match="hop_sm") as error:
        kws.Pipeline(broken)
    assert "-->" in str(error.value) and "did you mean `hop_ms`?" in str(error.value)
    pipeline = kws.Pipeline(YES_NO)
    with pytest.raises(kws.Error, match="`nope`"):
        pipeline.session(taps=["nope"])
    with pytest.raises(kws.Error, match="events"):
        pipeline.session(taps=["trigger"])
    session = pipeline.session()
    with pytest.raises(TypeError, match="float64"):
        session.push(np.zeros(10))
    with pytest.raises(ValueError, match="contiguous"):
        session.push(np.zeros(10, np.int16)[::2])
    with pytest.raises(kws.Error, match="u8"):
        session.push(np.zeros(10, np.uint8))
    session.finish()
    with pytest.raises(kws.Error, match="reset"):
        session.push(np.zeros(10, np.int16))


def test_sources_wait_for_each_other():
    pipeline = kws.Pipeline(ROOT / "pipelines/person_and_word.toml")
    session = pipeline.session()
    assert sorted(session.sources) == ["camera", "mic"]
    with pytest.raises(kws.Error, match="`camera`"):
        session.push(np.zeros(160, np.int16))
    with pytest.raises(kws.Waiting) as waiting:
        session.push(np.zeros(1_600_000, np.int16), "mic")
    taken = waiting.value.args[1]
    assert 0 < taken < 1_600_000 and str(taken) in waiting.value.args[0]


def test_stages_tell_what_their_blocks_are():
    stages = {stage.name: stage for stage in kws.Pipeline(YES_NO).stages}
    smooth = stages["smooth"]
    assert (smooth.kind, smooth.inputs, smooth.dtype, smooth.role) == ("smooth", ["classifier"], "float32", "posterior")
    assert {"yes", "no"} <= set(smooth.labels) and smooth.shape == [len(smooth.labels)]
    assert stages["trigger"].dtype == "event" and stages["print"].dtype is None
