"""What ten viewers of `kws-run --view` cost the lanes: viewers.py KWS_RUN [PAIRS]

Runs the recording of the project in real time, by turns with nobody and with ten browsers that read the page's stream, and compares
the time that all firings of all stages took, as the page tells it in the end. The lowest of all runs of a kind counts: other work on
the machine only adds. Fails where ten viewers take more than 2 % more than none.
"""

import json
import re
import signal
import subprocess
import sys
import threading
import urllib.request

RUN, PAIRS = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
VIEWERS, MOST = 10, 0.02


def read(url, seen):
    """Reads to the end of the stream; leaves the last numbers."""
    for line in urllib.request.urlopen(url + "stream"):
        if line.startswith(b"data: "):
            message = json.loads(line[6:])
            seen.update(message.get("stats") or {})
            if "over" in message:
                return


def run(viewers):
    """Seconds that the lanes took."""
    process = subprocess.Popen([RUN, "pipelines/yes_no.toml", "--source", "file:pipelines/recordings/yes_no.flac", "--view", "0"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    url = re.search(r"http://\S+", process.stderr.readline())[0]
    threads = [threading.Thread(target=read, args=(url, {})) for _ in range(viewers)]
    for thread in threads:
        thread.start()
    while "the stream is over" not in process.stderr.readline():
        pass
    seen = {}
    read(url, seen)
    for thread in threads:
        thread.join()
    process.send_signal(signal.SIGINT)
    process.wait()
    return sum(stage["busy"] for stage in seen["stages"]) * seen["elapsed"]


times = {0: [], VIEWERS: []}
for _ in range(PAIRS):
    for viewers, measured in times.items():
        measured.append(run(viewers))
for viewers, measured in times.items():
    print(f"{viewers:2} viewers: {1000 * min(measured):.1f} ms in the lanes, of {', '.join(f'{1000 * t:.1f}' for t in sorted(measured))}")
more = min(times[VIEWERS]) / min(times[0]) - 1
print(f"ten viewers take {100 * more:+.1f} %")
sys.exit(more > MOST)
