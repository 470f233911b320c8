#!/usr/bin/env python3
"""The Wyoming service, asked by an independent client: PyPI `wyoming`, which Home Assistant uses.

    wyoming_client.py KWS_SERVE KWS_RUN ROOT

starts KWS_SERVE with ROOT/pipelines/{yes_no,computer}.toml on a port of its own, and compares what the client hears of
their recordings with the events of KWS_RUN: by names, in chunks of 10 ms and of 1024 samples, as 16, 24 and 32 bits, one and
two channels; then `info`, `not-detected`, `ping`, and how long `describe` takes while the service is at work. Needs wyoming, numpy, soundfile.
"""

import argparse
import asyncio
import json
import pathlib
import re
import subprocess
import threading
import time

import numpy as np
import soundfile
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.wake import Detect, Detection, NotDetected


def samples(path):
    found, rate = soundfile.read(path, dtype="int16")
    assert rate == 16_000 and found.ndim == 1, path
    return found


def events(kws_run, pipeline, recording):
    """Label and millisecond of every event."""
    done = subprocess.run([kws_run, pipeline, "--source", f"file:{recording}", "--json"], check=True, capture_output=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [(line["label"], round(1000 * line["time"])) for line in lines]


def encoded(found, width, channels):
    wide = found.astype("<i4") << 16
    octets = wide.view(np.uint8).reshape(-1, 4)[:, 4 - width :]
    return np.repeat(octets[:, None], channels, axis=1).tobytes()


async def heard(client, found, names, chunk=1024, width=2, channels=1, clock=0):
    """All events of a stream, up to the answer to a last question."""
    if names is not False:
        await client.write_event(Detect(names=names).event())
    await client.write_event(AudioStart(rate=16_000, width=width, channels=channels, timestamp=clock).event())
    data, frame = encoded(found, width, channels), width * channels
    for at in range(0, len(found), chunk):
        piece = data[at * frame : (at + chunk) * frame]
        stamp = clock + at * 1000 // 16_000
        await client.write_event(AudioChunk(16_000, width, channels, piece, timestamp=stamp).event())
    await client.write_event(AudioStop(timestamp=None).event())
    await client.write_event(Describe().event())
    all_events = []
    while not Info.is_type((event := await client.read_event()).type):
        all_events.append(event)
    return all_events


def detections(all_events):
    found = [Detection.from_event(event) for event in all_events if Detection.is_type(event.type)]
    return [(detection.name, detection.timestamp) for detection in found]


async def describe(uri):
    async with AsyncClient.from_uri(uri) as client:
        await client.write_event(Describe().event())
        return Info.from_event(await client.read_event())


async def compare(uri, args):
    info = await describe(uri)
    (program,) = info.wake
    names = [model.name for model in program.models]
    assert names == ["yes_no", "yes", "no", "computer"] and info.satellite is None, names
    compared = 0
    for pipeline, asked in [("yes_no", ["yes", "no"]), ("computer", ["computer"])]:
        recording = args.root / f"pipelines/recordings/{pipeline}.flac"
        expected = events(args.kws_run, args.root / f"pipelines/{pipeline}.toml", recording)
        found = samples(recording)
        assert len(expected) > 3, expected
        async with AsyncClient.from_uri(uri) as client:
            for chunk, width, channels in [(160, 2, 1), (1024, 2, 1), (160, 3, 2), (4096, 4, 1)]:
                reported = detections(await heard(client, found, asked, chunk, width, channels, clock=1_000_000))
                assert [name for name, _ in reported] == [label for label, _ in expected], (reported, expected)
                late = max(abs(at - 1_000_000 - when) for (_, at), (_, when) in zip(reported, expected))
                assert late <= 1, (reported, expected)
                compared += len(reported)
    async with AsyncClient.from_uri(uri) as client:
        (event,) = await heard(client, np.zeros(16_000, "int16"), None)
        assert NotDetected.is_type(event.type), event
        await client.write_event(Ping(text="x").event())
        assert Pong.from_event(await client.read_event()).text == "x"

    # Twenty clients at once, as fast as possible; meanwhile a new one asks what there is.
    async def busy():
        async with AsyncClient.from_uri(uri) as client:
            return detections(await heard(client, samples(args.root / "pipelines/recordings/yes_no.flac"), ["yes_no"]))

    work = [asyncio.create_task(busy()) for _ in range(20)]
    slowest = 0.0
    while not all(task.done() for task in work):
        began = time.monotonic()
        await describe(uri)
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.1)
    first = work[0].result()
    assert first and all(task.result() == first for task in work)
    # Printed and not judged: the clients are one thread, and most of this time is their own.
    print(f"wyoming: {compared} detections as kws-run has them; describe took at most {slowest * 1000:.0f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kws_serve", type=pathlib.Path)
    parser.add_argument("kws_run", type=pathlib.Path)
    parser.add_argument("root", type=pathlib.Path)
    args = parser.parse_args()
    pipelines = [args.root / f"pipelines/{name}.toml" for name in ["yes_no", "computer"]]
    service = subprocess.Popen([args.kws_serve, *pipelines, "--wyoming", "tcp://127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
    try:
        for line in service.stderr:
            if found := re.search(r" at (tcp://\S+)", line):
                break
        else:
            raise SystemExit("the service does not start")
        # Whoever writes a log waits for its reader.
        threading.Thread(target=service.stderr.read, daemon=True).start()
        asyncio.run(compare(found[1], args))
    finally:
        service.terminate()
        service.wait()


if __name__ == "__main__":
    main()
