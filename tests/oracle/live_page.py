"""Drives the page of `kws-run --view` in headless Chromium, as a person would.

    python live_page.py KWS_RUN KWS_SERVE CHROMIUM SCREENSHOTS

Checks that events appear, that a dragged threshold changes what is found next, that pause holds the image, that the
downloaded sound replays to the same events, and that ten viewers change nothing; that a speaker enrols; and that the page of `kws-serve
--view` shows the satellite that is chosen. Writes screenshots in light, dark and narrow
to the folder SCREENSHOTS.
"""

import array
import json
import math
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import wave

from chromium import Page, chromium

RUN, SERVE, CHROMIUM, SHOTS = sys.argv[1], sys.argv[2], sys.argv[3], pathlib.Path(sys.argv[4])
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
    assert held == page.value("document.querySelector('.plot.wave canvas').toDataURL()"), "pause does not hold the image"
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


def hum(seconds, amplitude):
    return array.array("h", (int(max(-32768, min(32767, amplitude * math.sin(0.3 * n)))) for n in range(int(16000 * seconds)))).tobytes()


def enrolment(port):
    """A speaker enrols: a clipped take is asked for again, and all is written in the end."""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.Popen([RUN, PIPELINE, "--source", "raw:-", "--view", "0", "--view-enrol", folder],
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=False)
        url = re.search(r"http://\S+", run.stderr.readline().decode())[0]
        page = Page(port, url, "document.body.innerText", 400, 800, "dark")
        page.until("!document.getElementById('enrol').hidden")
        page.value("document.getElementById('enrol').click()")
        page.value("document.getElementById('enrol-name').value = 'anna'")
        page.value("document.getElementById('enrol-consent').value = ' '")
        page.value("document.querySelector('#enrol-form button').click()")
        page.until("/no consent/.test(document.getElementById('enrol-prompt').textContent)")
        page.shot(SHOTS / "enrolment_form.png")
        page.value("document.getElementById('enrol-consent').value = 'yes, for this house'")
        page.value("document.querySelector('#enrol-form button').click()")
        page.until("document.getElementById('enrolment').dataset.step === 'recording'")
        run.stdin.write(hum(1.5, 3))
        # A pipe that nobody writes to is a microphone that nobody speaks into, so each step can be awaited.
        for number, amplitude in enumerate([5000, 40000, 5000, 5000, 5000, 5000]):
            run.stdin.write(hum(0.6, amplitude) + hum(1.6, 3))
            run.stdin.flush()
            if amplitude == 40000:
                page.until("/Again, please: clipped/.test(document.getElementById('enrol-prompt').textContent)")
                page.shot(SHOTS / "enrolment_again.png")
                page.dress(1200, 900, "light")
                page.shot(SHOTS / "enrolment_light.png")
            run.stdin.write(hum(0.8, 3))
            run.stdin.flush()
            good = number + 1 if number < 1 else number
            page.until(f"document.querySelectorAll('#enrol-takes .good').length === {good}")
        run.stdin.write(hum(11, 3000))
        run.stdin.flush()
        page.until("/Wrote/.test(document.getElementById('enrol-prompt').textContent)")
        assert "kws-lab enrol --speaker anna" in page.value("document.getElementById('enrol-next').textContent")
        page.shot(SHOTS / "enrolment_done.png")
        files = sorted(str(path.relative_to(folder)) for path in pathlib.Path(folder).rglob("*.wav"))
        assert files == ["anna/others.wav"] + [f"anna/takes/{take}.wav" for take in range(1, 6)], files
        # The refused consent is the one complaint.
        assert all("400" in json.dumps(complaint) for complaint in page.complaints), page.complaints
        run.stdin.close()
        run.send_signal(signal.SIGINT)
        run.wait()
    print("enrolment: five takes and others from a page, a clipped one asked for again, no consent refused")


class Satellite:
    """A client of the wake service."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        self.say("audio-start")

    def say(self, kind, payload=b""):
        header = {"type": kind, "data": {"rate": 16000, "width": 2, "channels": 1}, "payload_length": len(payload)}
        self.socket.sendall(json.dumps(header).encode() + b"\n" + payload)


def service(port):
    """The page of a service: a satellite is chosen and seen."""
    with tempfile.TemporaryDirectory() as folder:
        expected = events(RECORDING, "--record", folder + "/take", "--edges", "mic")
        with wave.open(folder + "/take/mic.wav") as sound:
            samples = sound.readframes(sound.getnframes())
    serve = subprocess.Popen([SERVE, PIPELINE, "--wyoming", "tcp://127.0.0.1:0", "--view", "0"], stderr=subprocess.PIPE, text=True)
    log = ""
    while "view: " not in log:
        log += serve.stderr.readline()
    threading.Thread(target=serve.stderr.read, daemon=True).start()
    address, url = re.search(r"at tcp://(\S+)", log)[1], re.search(r"view: (\S+)", log)[1]
    page = Page(port, url, "document.body.innerText", 1200, 1000)
    page.until("/waiting for a satellite/.test(document.getElementById('state').textContent)")
    others, satellite = [Satellite(address) for _ in range(2)], Satellite(address)
    page.until("document.getElementById('session').options.length === 4")
    page.shot(SHOTS / "service_choice.png")
    # Connections are counted as they come; which is listed first depends on the threads that serve them.
    page.value("""const choice = document.getElementById('session');
        choice.value = [...choice.options].find(option => option.text.startsWith('client 3 ')).value;
        choice.dispatchEvent(new Event('change'))""")
    page.until("document.getElementById('state').textContent === 'live'")
    columns = "Number(document.querySelector('.key small')?.textContent.match(/last (\\d+) s/)?.[1] ?? 0)"
    # The rings hold five seconds: what comes next waits until the page has seen what came before.
    for at in range(0, len(samples), 32000):
        satellite.say("audio-chunk", samples[at:at + 32000])
        page.until(f"{columns} >= {at // 32000 - 2}")
        if at == 10 * 32000:
            page.shot(SHOTS / "service.png")
            page.dress(400, 800, "dark")
            page.shot(SHOTS / "service_narrow_dark.png")
            page.dress(1200, 1000, "light")
    satellite.say("audio-stop")
    page.until(OVER)
    assert page.value(EVENTS) == len(expected), (page.value(EVENTS), len(expected))
    page.until("/\\(over\\)/.test(document.getElementById('session').selectedOptions[0].text)")
    assert 1 < page.value(PLAYED) < 3, "the clip of a detection is not that long"
    assert not page.complaints, page.complaints
    serve.send_signal(signal.SIGINT)
    serve.wait()
    print(f"kws-serve: {len(expected)} events of the satellite that was chosen, of {1 + len(others)}")


with chromium(CHROMIUM) as port:
    main(port)
    whole(port)
    enrolment(port)
    service(port)
