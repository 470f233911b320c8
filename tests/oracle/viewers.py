"""What ten viewers of `kws-run --view` cost the lanes: viewers.py KWS_RUN [ROUNDS]

One run hears the recording of the project again and again in real time. In every round it is looked at by nobody for four seconds and by
ten browsers, which read the page's stream, for four; which comes first alternates. The time that all firings of all stages took for a
second of sound is compared within each round: a busy machine, whose load changes slowly, takes both alike. Fails where the median round
with ten viewers takes more than 2 % more than with none.
"""

import json
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import wave

RUN, ROUNDS = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
PIPELINE, RECORDING = "pipelines/yes_no.toml", "pipelines/recordings/yes_no.flac"
VIEWERS, SECONDS, MOST = 10, 4, 0.02


def samples():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([RUN, PIPELINE, "--source", f"file:{RECORDING}", "--record", folder + "/take", "--edges", "mic"],
                       check=True, capture_output=True)
        with wave.open(folder + "/take/mic.wav") as sound:
            return sound.readframes(sound.getnframes())


def feed(pipe, sound):
    """Gives the run sound without an end; the run takes it in real time."""
    try:
        while True:
            pipe.write(sound)
    except (BrokenPipeError, ValueError):
        pass


def figures(url):
    """Seconds that the stages took, and seconds of the stream, so far."""
    with urllib.request.urlopen(url + "stream") as stream:
        for line in stream:
            if line.startswith(b'data: {"missed"') or line.startswith(b'data: {"stats"'):
                stats = json.loads(line[6:])["stats"]
                # The source waits for the sound: its time says nothing.
                return sum(stage["busy"] for stage in stats["stages"][1:]) * stats["elapsed"], stats["stream"]


def read(url, until):
    """Looks until then."""
    with urllib.request.urlopen(url + "stream") as stream:
        for _ in stream:
            if until.is_set():
                return


def measure(url, viewers):
    """Seconds that the stages took for a second of sound, while so many look."""
    end = threading.Event()
    threads = [threading.Thread(target=read, args=(url, end)) for _ in range(viewers)]
    for thread in threads:
        thread.start()
    # What viewers get first is all that is kept, once.
    time.sleep(1.2)
    taken, heard = figures(url)
    time.sleep(SECONDS)
    taken, heard = (after - before for after, before in zip(figures(url), (taken, heard)))
    end.set()
    for thread in threads:
        thread.join()
    return taken / heard


sound = samples()
process = subprocess.Popen([RUN, PIPELINE, "--source", "raw:-", "--view", "0"],
                           stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
url = re.search(r"http://\S+", process.stderr.readline().decode())[0]
threading.Thread(target=feed, args=(process.stdin, sound), daemon=True).start()
time.sleep(3)
times, ratios = {0: [], VIEWERS: []}, []
for number in range(ROUNDS):
    for viewers in (0, VIEWERS) if number % 2 == 0 else (VIEWERS, 0):
        times[viewers].append(measure(url, viewers))
    ratios.append(times[VIEWERS][-1] / times[0][-1])
process.send_signal(signal.SIGINT)
process.kill()
process.wait()
for viewers, measured in times.items():
    print(f"{viewers:2} viewers: {1000 * statistics.median(measured):.2f} ms of the stages for a second of sound, at least {1000 * min(measured):.2f}")
more = statistics.median(ratios) - 1
quartiles = statistics.quantiles(ratios, n=4)
print(f"ten viewers take {100 * more:+.1f} %: the median of {ROUNDS} rounds, half of which lie from {100 * (quartiles[0] - 1):+.1f} to {100 * (quartiles[2] - 1):+.1f} %")
sys.exit(more > MOST)
