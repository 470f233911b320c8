"""Drives the demonstration page of `boards/browser` in headless Chromium, whose microphone plays a recording.

    python browser_page.py SITE CHROMIUM WAV HOST.jsonl SCREENSHOTS

The file, opened in the page, must give the events that `kws-run` finds in it; the microphone, through the audio worklet, nearly
the same, since the browser resamples it. Writes screenshots in light, dark and narrow.
"""

import base64
import functools
import http.server
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import websocket

SITE, CHROMIUM, WAV, HOST, SHOTS = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), sys.argv[4], pathlib.Path(sys.argv[5])
EVENTS = "[...document.querySelectorAll('#events li b')].map((item) => item.textContent).reverse()"


class Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".wasm": "application/wasm"}

    def log_message(self, *_):
        pass


class Page:
    """A page of a browser, by its debugging protocol."""

    def __init__(self, port, url):
        request = urllib.request.Request(f"http://127.0.0.1:{port}/json/new?about:blank", method="PUT")
        address = json.load(urllib.request.urlopen(request))["webSocketDebuggerUrl"]
        self.socket = websocket.create_connection(address, suppress_origin=True, timeout=60)
        self.count, self.complaints = 0, []
        for domain in ("Runtime", "Log", "DOM"):
            self.call(f"{domain}.enable")
        self.dress(1000, 800, "light")
        self.call("Page.navigate", url=url)

    def dress(self, width, height, scheme):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def call(self, method, **params):
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.complaints.append(message["params"])
            if message.get("id") == self.count:
                return message.get("result", {})

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        return result["result"].get("value")

    def until(self, expression, seconds=60, but=False):
        """Waits for something to become true, as long as the page still changes; what then never was so is an error, but where
        `but` says that it need not be."""
        last, since = None, time.monotonic()
        while not self.value(expression):
            moved = self.value("document.body.innerText")
            if moved != last:
                last, since = moved, time.monotonic()
            if but and time.monotonic() - since > seconds:
                return
            assert time.monotonic() - since < seconds, f"the page stands still, and never: {expression}; {moved}"
            time.sleep(0.2)

    def shot(self, name):
        SHOTS.mkdir(parents=True, exist_ok=True)
        data = self.call("Page.captureScreenshot", format="png")["data"]
        (SHOTS / name).write_bytes(base64.b64decode(data))


def in_common(found, expected):
    """Length of the longest sequence that both hold, in order."""
    row = [0] * (len(expected) + 1)
    for label in found:
        before = row
        row = [0]
        for i, other in enumerate(expected):
            row.append(before[i] + 1 if label == other else max(before[i + 1], row[i]))
    return row[-1]


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    expected = [json.loads(line) for line in open(HOST)]
    labels = [event["label"] for event in expected]
    with tempfile.TemporaryDirectory() as profile:
        # After the recording the microphone is silent.
        chromium = subprocess.Popen(
            [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", f"--user-data-dir={profile}",
             "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
             f"--use-file-for-fake-audio-capture={WAV.resolve()}%noloop", "--autoplay-policy=no-user-gesture-required", "about:blank"],
            stderr=subprocess.PIPE, text=True)
        try:
            port = next(re.search(r"ws://[^:]+:(\d+)", line)[1] for line in chromium.stderr if "ws://" in line)
            threading.Thread(target=chromium.stderr.read, daemon=True).start()
            page = Page(port, f"http://127.0.0.1:{server.server_port}/index.html")
            page.until("document.getElementById('state').textContent === 'ready'")

            node = page.call("DOM.querySelector", nodeId=page.call("DOM.getDocument")["root"]["nodeId"], selector="#file")["nodeId"]
            page.call("DOM.setFileInputFiles", nodeId=node, files=[str(WAV.resolve())])
            page.until("document.getElementById('state').textContent.endsWith('done')")
            assert page.value(EVENTS) == labels, page.value(EVENTS)
            times = page.value("[...document.querySelectorAll('#events li small')].map((item) => item.textContent).reverse()")
            assert times == [f"{event['time']:.2f} s, score {event['score']:.2f}" for event in expected], times
            page.shot("file.png")
            page.dress(1000, 800, "dark")
            page.shot("dark.png")
            page.dress(390, 800, "light")
            page.shot("narrow.png")
            page.dress(1000, 800, "light")

            page.value("document.getElementById('pipeline').dispatchEvent(new Event('change'))")
            page.until("document.getElementById('state').textContent === 'ready' && !document.querySelector('#events li')")
            page.value("document.getElementById('listen').click()")
            page.until("document.getElementById('state').textContent === 'listening'")
            # The recording is half a minute, in real time.
            page.until(f"document.querySelectorAll('#events li').length >= {len(labels)}", seconds=20, but=True)
            page.shot("listening.png")
            page.value("document.getElementById('listen').click()")
            page.until("document.getElementById('state').textContent === 'ready'")
            # The browser resamples the sound and begins somewhere in it: a score beside its threshold may fall to the other side.
            heard = page.value(EVENTS)
            same = in_common(heard, labels)
            assert same >= len(labels) - 2 and len(heard) <= len(labels) + 2, heard
            assert not page.complaints, page.complaints
            print(f"{len(labels)} events from a file; {same} of them from a microphone through the audio worklet")
        finally:
            chromium.kill()
            chromium.wait()


main()
