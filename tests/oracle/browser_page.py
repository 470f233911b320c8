"""Drives the demonstration page of `boards/browser` in headless Chromium, whose microphone plays a recording.

    python browser_page.py SITE CHROMIUM WAV HOST.jsonl SCREENSHOTS

The file, opened in the page, must give the events that `kws-run` finds in it; the microphone, through the audio worklet, nearly
the same, since the browser resamples it. Writes screenshots in light, dark and narrow.
"""

import json
import pathlib
import sys

from chromium import Page, chromium, hearing, served

SITE, CHROMIUM, WAV, HOST, SHOTS = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), sys.argv[4], pathlib.Path(sys.argv[5])
STATE = "document.getElementById('state').textContent"
EVENTS = "[...document.querySelectorAll('#events li b')].map((item) => item.textContent).reverse()"


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
    expected = [json.loads(line) for line in open(HOST)]
    labels = [event["label"] for event in expected]
    with chromium(CHROMIUM, *hearing(WAV)) as port:
        page = Page(port, f"{served(SITE)}/index.html", "document.body.innerText", 1000, 800)
        page.until(f"{STATE} === 'ready'")

        page.choose_file("#file", WAV)
        page.until(f"{STATE}.endsWith('done')")
        assert page.value(EVENTS) == labels, page.value(EVENTS)
        times = page.value("[...document.querySelectorAll('#events li small')].map((item) => item.textContent).reverse()")
        assert times == [f"{event['time']:.2f} s, score {event['score']:.2f}" for event in expected], times
        page.shot(SHOTS / "file.png")
        page.dress(1000, 800, "dark")
        page.shot(SHOTS / "dark.png")
        page.dress(390, 800, "light")
        page.shot(SHOTS / "narrow.png")
        page.dress(1000, 800, "light")

        page.value("document.getElementById('pipeline').dispatchEvent(new Event('change'))")
        page.until(f"{STATE} === 'ready' && !document.querySelector('#events li')")
        page.value("document.getElementById('listen').click()")
        page.until(f"{STATE} === 'listening'")
        # The recording is half a minute, in real time.
        page.came(f"document.querySelectorAll('#events li').length >= {len(labels)}", seconds=20)
        page.shot(SHOTS / "listening.png")
        page.value("document.getElementById('listen').click()")
        page.until(f"{STATE} === 'ready'")
        # The browser resamples the sound and begins somewhere in it: a score beside its threshold may fall to the other side.
        heard = page.value(EVENTS)
        same = in_common(heard, labels)
        assert same >= len(labels) - 2 and len(heard) <= len(labels) + 2, heard
        assert not page.complaints, page.complaints
        print(f"{len(labels)} events from a file; {same} of them from a microphone through the audio worklet")


main()
