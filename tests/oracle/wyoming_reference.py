#!/usr/bin/env python3
"""kws-serve beside wyoming-openwakeword: the same recording, the same word, and how many satellites each holds.

    wyoming_reference.py KWS_SERVE MODELS [--satellites 1,8,32]

MODELS is a folder with microWakeWord's alexa.json and vad.json (`kws-lab model fetch alexa`, `vad`). "Alexa" is spoken by every voice
of espeak-ng and flite that is here, in quiet. Satellites, of the independent client of PyPI `wyoming`, stream it in real time to one service
after the other: what they hear, when they hear of it, and the processor time that it takes. Needs wyoming, wyoming-openwakeword (whose package brings its models) and 'numpy<2'; wyoming-microwakeword is on no package index.
"""

import argparse
import asyncio
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import wave

import numpy as np
from wyoming.audio import AudioChunk, AudioStart
from wyoming.client import AsyncTcpClient
from wyoming.wake import Detect, Detection

RATE = 16_000
PAUSE = 3 * RATE
# 80 ms, as satellites and openWakeWord have it.
CHUNK = 1280
# Seconds that late detections have.
GRACE = 3
VOICES = [("espeak-ng", voice) for voice in ("en-us", "en-gb", "en-gb-x-rp", "en-us+f3", "en-us+f4", "en-us+m3")]
VOICES += [("flite", voice) for voice in ("kal", "slt", "awb", "rms")]
ROOT = pathlib.Path(__file__).resolve().parents[2]


def spoken(program, voice, folder):
    """The word as samples of 16 kHz, or nothing where there is no such voice."""
    path = folder / "word.wav"
    command = {
        "espeak-ng": ["espeak-ng", "-v", voice, "-s", "150", "-w", path, "Alexa"],
        "flite": ["flite", "-voice", voice, "-t", "Alexa", "-o", path],
    }[program]
    if not shutil.which(program) or subprocess.run(command, capture_output=True).returncode != 0:
        return None
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        found = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)
    at = np.arange(int(len(found) * RATE / rate)) * rate / RATE
    return np.interp(at, np.arange(len(found)), found)


def recording(folder):
    """Every voice after three seconds of quiet: the samples, and when each word ends."""
    random = np.random.default_rng(1)
    parts, ends = [], []
    for program, voice in VOICES:
        word = spoken(program, voice, folder)
        if word is not None:
            parts += [random.normal(0, 20, PAUSE), word]
            ends.append(sum(map(len, parts)) / RATE)
    parts.append(random.normal(0, 20, PAUSE))
    samples = np.clip(np.concatenate(parts), -32768, 32767).astype("<i2")
    return samples, ends


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def served(command):
    """A service on a port of its own, once it listens."""
    port = free_port()
    uri = f"tcp://127.0.0.1:{port}"
    process = subprocess.Popen([part.replace("URI", uri) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None, f"{command[0]} has ended"
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(10)


async def heard(port, name, samples, begin):
    """Times at which a service detects, in seconds of the stream, and when that is heard of. The stream begins at a moment of the
    event loop's clock and is sent in real time."""
    clock = asyncio.get_running_loop().time
    found = []

    async def listen(client):
        while event := await client.read_event():
            if Detection.is_type(event.type):
                found.append((Detection.from_event(event).timestamp / 1000, clock() - begin))

    async with AsyncTcpClient("127.0.0.1", port) as client:
        listener = asyncio.create_task(listen(client))
        await client.write_event(Detect(names=[name]).event())
        await client.write_event(AudioStart(rate=RATE, width=2, channels=1).event())
        for place in range(0, len(samples), CHUNK):
            chunk = samples[place : place + CHUNK].tobytes()
            await asyncio.sleep(max(0, begin + (place + CHUNK) / RATE - clock()))
            at = 1000 * place // RATE
            await client.write_event(AudioChunk(rate=RATE, width=2, channels=1, audio=chunk, timestamp=at).event())
        await asyncio.sleep(GRACE)
        listener.cancel()
    return found


async def satellites(port, name, samples, count):
    """What each of so many satellites hears, which begin one after the other within three seconds."""
    now = asyncio.get_running_loop().time() + 0.5
    return await asyncio.gather(*(heard(port, name, samples, now + 3 * index / count) for index in range(count)))


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(service, port, pid, name, samples, ends, count):
    """Lets satellites stream, and prints what came of it; whether every one heard what the first did, within a second."""
    before, began = processor_seconds(pid), time.monotonic()
    found = asyncio.run(satellites(port, name, samples, count))
    cores = (processor_seconds(pid) - before) / (time.monotonic() - began)
    late, hits, strays = [], [], 0
    for one in found:
        hit = [min((reported - end for at, reported in one if -1 < at - end < 1.5), default=None) for end in ends]
        hits.append(sum(delay is not None for delay in hit))
        late += [1000 * delay for delay in hit if delay is not None]
        strays += sum(not any(-1 < at - end < 1.5 for end in ends) for at, _ in one)
    late.sort()
    reported = f"reported {late[len(late) // 2]:.0f} ms after the word's end in the median, {late[-1]:.0f} ms at most" if late else "nothing reported"
    print(
        f"{service}: {count} satellites heard {min(hits)} to {max(hits)} of {len(ends)}, {strays} beside them; {reported}; "
        f"{cores:.3f} cores, {megabytes(pid):.0f} MB",
        flush=True,
    )
    return max(hits)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("kws_serve")
    arguments.add_argument("models", type=pathlib.Path)
    arguments.add_argument("--satellites", default="1,8,32")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copytree(given.models, folder / "wake_words")
        pipeline = (ROOT / "pipelines/wake_word.toml").read_text().replace('fallback = "recordings/yes_no.flac"', "fallback = false")
        (folder / "wake_word.toml").write_text(pipeline)
        samples, ends = recording(folder)
        print(f"recording: {len(ends)} voices say the word in {len(samples) / RATE:.0f} s")
        beside = pathlib.Path(sys.executable).with_name("wyoming-openwakeword")
        services = [
            ("kws-serve", "wake_word", [given.kws_serve, str(folder / "wake_word.toml"), "--wyoming", "URI"]),
            ("wyoming-openwakeword", "alexa", [str(beside), "--uri", "URI", "--preload-model", "alexa"]),
        ]
        for service, name, command in services:
            with served(command) as (port, pid):
                for count in map(int, given.satellites.split(",")):
                    hits = measure(service, port, pid, name, samples, ends, count)
                    assert count > 1 or hits > 0, f"{service} hears nothing"


main()
