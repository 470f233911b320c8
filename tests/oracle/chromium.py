"""Headless Chromium, driven by its debugging protocol."""

import base64
import contextlib
import functools
import http.server
import json
import re
import subprocess
import tempfile
import threading
import time
import urllib.request

import websocket


class _Static(http.server.SimpleHTTPRequestHandler):
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".wasm": "application/wasm"}

    def log_message(self, *_):
        pass


def served(folder):
    """Serves a folder as static hosts do; its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Static, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def hearing(wav):
    """Flags with which the microphone plays a recording, and then nothing."""
    return ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={wav.resolve()}%noloop"]


@contextlib.contextmanager
def chromium(program, *flags):
    """Starts Chromium with a profile of its own; the port of its debugging protocol."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # Nobody is there to click before a page may play a sound.
        fixed = ["--headless=new", "--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
        browser = subprocess.Popen([program, *fixed, "--remote-debugging-port=0", f"--user-data-dir={profile}", *flags, "about:blank"],
                                   stderr=subprocess.PIPE, text=True)
        try:
            found = (re.search(r"ws://127\.0\.0\.1:(\d+)/", line) for line in browser.stderr)
            port = next((int(match[1]) for match in found if match), None)
            assert port, "Chromium did not start"
            # It writes more than a pipe holds.
            threading.Thread(target=browser.stderr.read, daemon=True).start()
            yield port
        finally:
            browser.kill()
            browser.wait()


class Page:
    """A page of a browser. `moves` is a JavaScript expression that changes as long as the page does."""

    def __init__(self, port, url, moves, width=1200, height=1000, scheme="light"):
        request = urllib.request.Request(f"http://127.0.0.1:{port}/json/new?about:blank", method="PUT")
        address = json.load(urllib.request.urlopen(request))["webSocketDebuggerUrl"]
        self.socket = websocket.create_connection(address, suppress_origin=True, timeout=60)
        self.moves, self.count, self.complaints = moves, 0, []
        self.call("Runtime.enable")
        self.call("Log.enable")
        self.dress(width, height, scheme)
        self.call("Page.navigate", url=url)

    def dress(self, width, height, scheme):
        """Sets its size and its colour scheme."""
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

    def came(self, expression, seconds=60):
        """Waits for something to become true, for as long as the page still moves; whether it did."""
        last, since = None, time.monotonic()
        while not self.value(expression):
            moved = self.value(self.moves)
            if moved != last:
                last, since = moved, time.monotonic()
            if time.monotonic() - since > seconds:
                return False
            time.sleep(0.1)
        return True

    def until(self, expression):
        """As `came`, where it must."""
        assert self.came(expression), f"the page stands still, and never: {expression}; {self.value(self.moves)}"

    def shot(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def mouse(self, kind, x, y, buttons):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=buttons, clickCount=1)

    def choose_file(self, selector, path):
        """Chooses a file, or several, in an input."""
        paths = path if isinstance(path, list) else [path]
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(path.resolve()) for path in paths])
