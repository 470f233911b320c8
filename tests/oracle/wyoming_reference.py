#!/usr/bin/env python3
"""kws-serve beside wyoming-openwakeword: the same recording, the same word, and how many satellites each holds.

    wyoming_reference.py KWS_SERVE MODELS [--satellites 1,4,16,64] [--seconds 40]

MODELS is a folder with microWakeWord's alexa.json and vad.json (`kws-lab model fetch alexa`, `vad`). "Alexa" is spoken by every voice
of espeak-ng and flite that is here, in quiet. Each service is asked by the independent client of PyPI `wyoming`, and then loaded by
`kws-serve load` with more and more satellites in real time, until it loses detections or tells them a second late. Needs
wyoming, wyoming-openwakeword (whose package brings its models) and 'numpy<2'; wyoming-microwakeword is on no package index.
"""

import argparse
import asyncio
import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import wave

import numpy as np
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.wake import Detect, Detection, NotDetected

RATE = 16_000
PAUSE = 3 * RATE
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
    """Every voice after three seconds of quiet; the file, its samples, and when each word ends."""
    random = np.random.default_rng(1)
    parts, ends = [], []
    for program, voice in VOICES:
        word = spoken(program, voice, folder)
        if word is not None:
            parts += [random.normal(0, 20, PAUSE), word]
            ends.append(sum(map(len, parts)) / RATE)
    parts.append(random.normal(0, 20, PAUSE))
    samples = np.clip(np.concatenate(parts), -32768, 32767).astype("<i2")
    path = folder / "alexa.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path, samples, ends


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
        yield uri, process.pid
    finally:
        process.terminate()
        process.wait(10)


async def heard(uri, name, samples):
    """Times at which a service detects, in seconds of the stream, which is sent in real time."""
    found, began = [], time.monotonic()
    async with AsyncTcpClient("127.0.0.1", int(uri.rsplit(":", 1)[1])) as client:
        await client.write_event(Detect(names=[name]).event())
        await client.write_event(AudioStart(rate=RATE, width=2, channels=1).event())
        for place in range(0, len(samples), 1280):
            chunk = samples[place : place + 1280].tobytes()
            at = 1000 * place // RATE
            await client.write_event(AudioChunk(rate=RATE, width=2, channels=1, audio=chunk, timestamp=at).event())
            await asyncio.sleep(max(0, began + (place + 1280) / RATE - time.monotonic()))
        await client.write_event(AudioStop().event())
        with contextlib.suppress(asyncio.TimeoutError):
            while event := await asyncio.wait_for(client.read_event(), 5):
                if Detection.is_type(event.type):
                    found.append(Detection.from_event(event).timestamp / 1000)
                elif NotDetected.is_type(event.type):
                    break
    return found


def held(kws_serve, uri, pid, name, wav, satellites, seconds):
    command = [kws_serve, "load", uri, "--wav", wav, "--satellites", str(satellites), "--seconds", str(seconds)]
    done = subprocess.run(command + ["--names", name, "--chunk-ms", "80", "--pid", str(pid), "--json", "--log", "error"], capture_output=True, text=True)
    return json.loads(done.stdout) if done.stdout.strip() else {"error": done.stderr.strip()[-200:]}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("kws_serve")
    arguments.add_argument("models", type=pathlib.Path)
    arguments.add_argument("--satellites", default="1,4,16,64")
    arguments.add_argument("--seconds", type=float, default=40)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copytree(given.models, folder / "wake_words")
        pipeline = (ROOT / "pipelines/wake_word.toml").read_text().replace('fallback = "recordings/yes_no.flac"', "fallback = false")
        (folder / "wake_word.toml").write_text(pipeline)
        wav, samples, ends = recording(folder)
        print(f"recording: {len(ends)} voices say the word in {len(samples) / RATE:.0f} s")
        beside = pathlib.Path(sys.executable).with_name("wyoming-openwakeword")
        services = [
            ("kws-serve", "wake_word", [given.kws_serve, str(folder / "wake_word.toml"), "--wyoming", "URI"]),
            ("wyoming-openwakeword", "alexa", [str(beside), "--uri", "URI", "--preload-model", "alexa"]),
        ]
        for service, name, command in services:
            with served(command) as (uri, pid):
                times = asyncio.run(heard(uri, name, samples))
                hits = sum(any(-1 < time - end < 1.5 for time in times) for end in ends)
                strays = sum(not any(-1 < time - end < 1.5 for end in ends) for time in times)
                print(f"{service}: heard {hits} of {len(ends)}, {strays} beside them")
                assert hits > 0, f"{service} hears nothing"
                for satellites in map(int, given.satellites.split(",")):
                    print(f"  {satellites} satellites: {json.dumps(held(given.kws_serve, uri, pid, name, wav, satellites, given.seconds))}", flush=True)


main()
