"""Drives the page of `kws-run --view` in headless Chromium, as a person would.

    python live_page.py KWS_RUN CHROMIUM SCREENSHOTS

Checks that events appear, that a dragged threshold changes what is found next, that pause holds the picture, that the
downloaded sound replays to the same events, and that ten viewers change nothing. Writes screenshots in light, dark and narrow
to the folder SCREENSHOTS.
"""

import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from chromium import Page, chromium

RUN, CHROMIUM, SHOTS = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
PIPELINE = "pipelines/yes_no.toml"
RECORDING = "pipelines/recordings/yes_no.flac"


MOVES = "document.getElementById('load').textContent"


class Reader(threading.Thread):
    """Counts the events of the page's stream."""

    def __init__(self, url):
        super().__init__()
        self.url, self.events = url, 0
        self.start()

    def run(self):
        for line in urllib.request.urlopen(self.url + "stream"):
            if line.startswith(b"data: "):
                message = json.loads(line[6:])
                if "over" in message:
                    return
                self.events += sum(len(news.get("events", [])) for news in message.get("news", []) if news)


def view(*more, source=RECORDING):
    """Starts a run with a page; the process and the page's address."""
    process = subprocess.Popen([RUN, PIPELINE, "--source", f"file:{source}", "--json", "--view", "0", *more],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = process.stderr.readline()
    return process, re.search(r"http://\S+", line)[0]


def end(process):
    process.send_signal(signal.SIGINT)
    lines = process.stdout.read().splitlines()
    process.wait()
    return [json.loads(line) for line in lines]


def events(source, *more):
    output = subprocess.run([RUN, PIPELINE, "--source", f"file:{source}", "--json", *more], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in output.stdout.splitlines()]


EVENTS = "document.querySelectorAll('#events li').length"
OVER = "document.getElementById('state').textContent === 'over'"


def drag_threshold(page, score_from, score_to):
    """Drags the threshold that stands at a score to another, with the mouse."""
    page.value("document.querySelector('.plot.scores').scrollIntoView({block: 'center'})")
    box = json.loads(page.value("JSON.stringify(document.querySelector('.plot.scores canvas').getBoundingClientRect())"))
    y = lambda score: box["top"] + 4 + (1 - score) * (box["height"] - 8)
    x = box["left"] + box["width"] / 2
    page.mouse("mousePressed", x, y(score_from), 1)
    for step in range(1, 11):
        page.mouse("mouseMoved", x, y(score_from + (score_to - score_from) * step / 10), 1)
    page.mouse("mouseReleased", x, y(score_to), 0)


def thresholds(page):
    return [float(score) for score in re.findall(r"from (\d\.\d\d):", page.value("document.querySelector('.key').textContent"))]


def main(port):
    expected = events(RECORDING)

    # One that is left alone, but for ten viewers, pause and download.
    run, url = view()
    page = Page(port, url, MOVES)
    narrow = Page(port, url, MOVES, 400, 800, "dark")
    # A browser opens six connections to a host at most, so most viewers are none.
    others = [Reader(url) for _ in range(8)]
    page.until(f"{EVENTS} >= 2")
    page.shot(SHOTS / "light.png")
    page.value("document.getElementById('pause').click()")
    held = page.value("document.getElementById('where').textContent; new Promise(done => setTimeout(() => done(document.querySelector('.plot.wave canvas').toDataURL()), 300))")
    time.sleep(1)
    assert held == page.value("document.querySelector('.plot.wave canvas').toDataURL()"), "pause does not hold the picture"
    page.value("document.getElementById('pause').click()")
    page.until(OVER)
    assert page.value(EVENTS) == len(expected), (page.value(EVENTS), len(expected))
    narrow.until(OVER)
    assert narrow.value(EVENTS) == len(expected), "a viewer saw other events"
    narrow.shot(SHOTS / "narrow_dark.png")
    for other in others:
        other.join()
        assert other.events == len(expected), "a viewer saw other events"
    late = Page(port, url, MOVES, 1200, 1000, "dark")
    late.until(OVER)
    late.until(f"{EVENTS} === {len(expected)}")
    late.shot(SHOTS / "dark.png")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "last.wav")
        href = page.value("document.getElementById('download').href")
        path.write_bytes(urllib.request.urlopen(href).read())
        assert events(path) == expected, "the downloaded sound gives other events"
    for one in [page, narrow, late]:
        assert not one.complaints, one.complaints
    assert end(run) == expected, "being looked at changes the events"

    # One whose thresholds are dragged to the top before the first word.
    run, url = view()
    page = Page(port, url, MOVES)
    page.until("document.querySelectorAll('.key span').length > 0")
    before = thresholds(page)
    for score in before:
        drag_threshold(page, score, 0.99)
    page.until("/from 0\\.9/.test(document.querySelector('.key').textContent)")
    after = thresholds(page)
    page.until(OVER)
    found = end(run)
    assert all(now > then for now, then in zip(after, before)), (before, after)
    assert len(found) < len(expected), (len(found), len(expected))
    assert not page.complaints, page.complaints
    print(f"live page: {len(expected)} events with ten viewers and more and the same from the download; thresholds {before} dragged to {after}: {len(found)} events")


PLAYED = """new Promise(done => {
  const player = document.getElementById('player');
  player.onloadedmetadata = () => done(player.duration);
  document.querySelector('#events nav button').click();
})"""


def whole(port):
    """A take as a whole, and a report of it: the same events, and their sound."""
    with tempfile.TemporaryDirectory() as folder:
        take, report = pathlib.Path(folder, "take"), pathlib.Path(folder, "report.html")
        expected = events(RECORDING, "--record", str(take), "--edges", "mic", "--report", str(report))
        assert expected
        run = subprocess.Popen([RUN, str(take), "--json", "--view", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        url = re.search(r"http://\S+", run.stderr.readline())[0]
        for name, address in [("take", url), ("report", report.as_uri())]:
            page = Page(port, address, "document.getElementById('where').textContent", 1200, 1300)
            page.until(f"{EVENTS} === {len(expected)}")
            page.until("/^0.0 to 3\\d/.test(document.getElementById('where').textContent)")
            page.value("document.getElementById('span').value = '10'; document.getElementById('span').dispatchEvent(new Event('change'))")
            page.value("document.querySelector('#events li:last-child div').click()")
            page.until("/^0.0 to 10.0/.test(document.getElementById('where').textContent)")
            first = page.value("document.querySelector('#events li small').textContent")
            assert f"at {expected[-1]['time']:.2f} s" in first, first
            assert 1 < page.value(PLAYED) < 3, "the clip of a detection is not that long"
            assert not page.complaints, page.complaints
            page.shot(SHOTS / f"{name}.png")
        end(run)
    print(f"take and report: {len(expected)} events, each with its sound")


with chromium(CHROMIUM) as port:
    main(port)
    whole(port)
