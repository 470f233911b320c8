"""A day of audio through kws-run and kws-serve, as fast as possible: the same events in every turn of the recording, memory and
descriptors constant.

    day.py KWS_RUN KWS_SERVE [HOURS]
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import wave
from collections import Counter

PIPELINE = "pipelines/yes_no.toml"
RECORDING = "pipelines/recordings/yes_no.flac"
RATE = 16_000
# Ticks after which the pipeline is where it was: an inference every 40 ms.
STEP = 640
# Looks at memory and descriptors.
LOOKS = 48


def fail(text):
    sys.exit(f"day: {text}")


def look(pid):
    with open(f"/proc/{pid}/status") as file:
        memory = next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))
    return memory, len(os.listdir(f"/proc/{pid}/fd"))


def turn(kws_run, folder):
    """The recording as samples, with silence up to a whole number of steps."""
    take = f"{folder}/take"
    run = [kws_run, PIPELINE, "--source", f"file:{RECORDING}", "--record", take, "--edges", "mic"]
    subprocess.run(run, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with wave.open(f"{take}/mic.wav") as file:
        samples = file.readframes(file.getnframes())
    return samples + bytes(-len(samples) % (2 * STEP))


def same_in_every_turn(what, events, length, turns):
    """Events, pairs of label and seconds, must be those of the second turn in all that follow."""
    by_turn = [[] for _ in range(turns + 1)]
    for label, at in events:
        number = int(at // length)
        by_turn[number].append((label, round(at - number * length, 2)))
    expected = by_turn[1]
    odd = [number for number in range(1, turns - 1) if by_turn[number] != expected]
    if not expected or odd:
        fail(f"{what}: {len(odd)} of {turns} turns differ, the first is {odd[:1]}; expected {expected}")


def level(what, looks):
    """Memory and descriptors must be at the end what they were early on."""
    (early, descriptors), (late, last) = looks[len(looks) // 10], looks[-1]
    if late > early + 1024 or last != descriptors:
        fail(f"{what}: memory from {early} to {late} kB, descriptors from {descriptors} to {last}")
    return f"memory {early} to {late} kB, {last} descriptors"


def report(what, events, seconds, took, constant):
    counts = ", ".join(f"{count} {label}" for label, count in sorted(Counter(label for label, _ in events).items()))
    print(f"{what}: {seconds / 3600:.1f} h in {took:.0f} s, {seconds / took:.0f} x real time; {counts}; {constant}")


def by_run(kws_run, samples, turns):
    run = subprocess.Popen(
        [kws_run, PIPELINE, "--source", "raw:-", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    events = []

    def read():
        for line in run.stdout:
            event = json.loads(line)
            events.append((event["label"], event["time"]))

    reader = threading.Thread(target=read)
    reader.start()
    began, looks = time.time(), []
    for number in range(turns):
        run.stdin.write(samples)
        if number % max(1, turns // LOOKS) == 0:
            looks.append(look(run.pid))
    run.stdin.close()
    reader.join()
    if run.wait() != 0:
        fail("kws-run failed")
    return events, looks, time.time() - began


def by_serve(kws_serve, samples, turns):
    server = subprocess.Popen(
        [kws_serve, PIPELINE, "--wyoming", "tcp://127.0.0.1:0"], stderr=subprocess.PIPE, text=True
    )
    port = next(found for line in server.stderr if (found := re.search(r" at tcp://127\.0\.0\.1:(\d+)", line)))
    threading.Thread(target=server.stderr.read, daemon=True).start()
    connection = socket.create_connection(("127.0.0.1", int(port[1])))
    events, closed = [], threading.Event()

    def read():
        lines = connection.makefile("rb")
        while line := lines.readline():
            header = json.loads(line)
            data = {**header.get("data", {}), **json.loads(lines.read(header.get("data_length", 0)) or b"{}")}
            lines.read(header.get("payload_length", 0))
            if header["type"] == "detection":
                events.append((data["name"], data["timestamp"] / 1000))
            if header["type"] == "pong":
                closed.set()

    threading.Thread(target=read, daemon=True).start()
    form = {"rate": RATE, "width": 2, "channels": 1}

    def send(kind, data, payload=b""):
        header = {"type": kind, "data": data}
        if payload:
            header["payload_length"] = len(payload)
        connection.sendall(json.dumps(header).encode() + b"\n" + payload)

    send("detect", {})
    send("audio-start", form)
    began, looks = time.time(), []
    for number in range(turns):
        for begin in range(0, len(samples), RATE):
            send("audio-chunk", form, samples[begin : begin + RATE])
        if number % max(1, turns // LOOKS) == 0:
            looks.append(look(server.pid))
    send("ping", {})
    if not closed.wait(600):
        fail("kws-serve does not come to the end")
    took = time.time() - began
    server.terminate()
    server.wait()
    return events, looks, took


def main(kws_run, kws_serve, hours):
    with tempfile.TemporaryDirectory() as folder:
        samples = turn(kws_run, folder)
    length = len(samples) / 2 / RATE
    turns = int(hours * 3600 / length)
    for what, program, through in [("kws-run", kws_run, by_run), ("kws-serve", kws_serve, by_serve)]:
        events, looks, took = through(program, samples, turns)
        same_in_every_turn(what, events, length, turns)
        report(what, events, turns * length, took, level(what, looks))


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), float((sys.argv[3:] or ["24"])[0]))
