"""Enrols a word on the demonstration page of `boards/browser` in headless Chromium, and has the page find it.

    python browser_enrolment.py SITE CHROMIUM ENROLMENT.wav TAKES LAB.toml SCREENSHOTS

By recordings, the word is the one that `kws-lab enrol --word` makes of the same clips, byte for byte. By the microphone, which plays a
room, a clipped word and then the clips, the clipped one is asked for again; once there are five, the page listens for them.
"""

import pathlib
import re
import sys

from chromium import Page, chromium, hearing, served

SITE, CHROMIUM, WAV, TAKES, LAB, SHOTS = sys.argv[1], sys.argv[2], *map(pathlib.Path, sys.argv[3:7])
STATE = "document.getElementById('state').textContent"
PROMPT = "document.getElementById('prompt').textContent"
KEPT = "localStorage.getItem('kws.word')"
DATE = re.compile(r'^date = ".*"$', re.M)


def shots(page, name):
    """In light, dark and narrow."""
    for width, height, scheme, of in [(1280, 800, "light", ""), (1280, 800, "dark", "_dark"), (390, 800, "light", "_narrow")]:
        page.dress(width, height, scheme)
        page.shot(SHOTS / f"{name}{of}.png")
        assert page.value("document.documentElement.scrollWidth <= innerWidth"), f"{name}{of} is wider than its window"
    page.dress(1000, 800, "light")


def fill(page, **fields):
    for field, text in fields.items():
        page.value(f"document.getElementById('enrol-{field}').value = {text!r}")


def choose(page, pipeline):
    page.value(f"document.getElementById('pipeline').value = '{pipeline}'; document.getElementById('pipeline').dispatchEvent(new Event('change'))")
    page.until(f"{STATE} === 'ready'")


def main():
    with chromium(CHROMIUM, *hearing(WAV)) as port:
        page = Page(port, f"{served(SITE)}/index.html", "document.body.innerText", 1000, 800)
        page.until(f"{STATE} === 'ready'")
        choose(page, "enrolled_word")
        shots(page, "enrol")
        click = "document.getElementById('enrol-say').click()"

        # Nobody is enrolled who has not agreed.
        fill(page, word="lumos", speaker="anna")
        page.choose_file("#enrol-files", sorted(TAKES.glob("*.wav")))
        page.value(click)
        assert page.value(f"{KEPT} === null && !document.getElementById('recording').checkVisibility()")

        fill(page, consent='yes, "for" this house')
        page.choose_file("#enrol-files", sorted(TAKES.glob("*.wav"))[:2])
        page.until(f"{PROMPT}.includes('found 2 clips')")
        page.choose_file("#enrol-files", sorted(TAKES.glob("*.wav")))
        page.until(f"{KEPT} !== null")
        made = page.value(KEPT)
        assert DATE.sub("", made) == DATE.sub("", LAB.read_text()), made
        page.until(f"{STATE} === 'listening'")
        assert "lumos" in page.value("document.getElementById('about').textContent")

        # Deleted, and said anew.
        page.value("document.getElementById('forget').click()")
        page.until(f"{STATE} === 'ready' && {KEPT} === null")
        fill(page, word="lumos", speaker="anna", consent="yes")
        page.value(click)
        page.until(f"{PROMPT}.includes('Clipped')")
        shots(page, "enrol_again")
        page.until("document.querySelectorAll('#takes .good').length >= 2")
        shots(page, "enrol_takes")
        page.until(f"{KEPT} !== null && {STATE} === 'listening'")
        page.until("document.querySelectorAll('#events li').length >= 2")
        assert page.value("[...document.querySelectorAll('#events li b')].every((item) => item.textContent === 'lumos')")
        shots(page, "enrolled")
        found = page.value("document.querySelectorAll('#events li').length")

        # It is there when the page is opened anew.
        page.call("Page.reload")
        page.until(f"{STATE} === 'ready' && document.getElementById('about').textContent.includes('lumos')")
        assert not page.complaints, page.complaints
        print(f"a word was enrolled by recordings, as kws-lab does, and by a microphone, which then was heard to say it {found} times")


main()
