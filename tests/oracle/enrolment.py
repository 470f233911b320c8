"""kws-run --enrol as a new user would: it listens to a real sound server, PulseAudio, into which somebody speaks when asked.

    enrolment.py KWS_RUN

One take is clipped and has to be asked for again. What is written must hold the words, and nothing may be written by a run
that is interrupted.
"""

import math
import os
import signal
import subprocess
import sys
import tempfile
import wave

from sound_server import TIMEOUT, PIPELINE, Lines, Server, fail

RATE = 16_000


def hum(path, seconds, amplitude):
    """A voice, as far as levels go."""
    tone = (amplitude * math.sin(n * 0.1) for n in range(int(seconds * RATE)))
    with wave.open(path, "w") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(RATE)
        file.writeframes(b"".join(int(max(-32768, min(32767, x))).to_bytes(2, "little", signed=True) for x in tone))


def play(path):
    subprocess.run(["paplay", "--latency-msec=20", "-d", "words", path], check=True, timeout=2 * TIMEOUT)


def start(kws_run, folder, *arguments):
    run = subprocess.Popen(
        [kws_run, os.path.abspath(PIPELINE), "--source", "mic:pulse", "--enrol", "anna", *arguments],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    return run, Lines(run.stderr)


def main(kws_run):
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"XDG_RUNTIME_DIR": folder, "HOME": folder, "PULSE_RUNTIME_PATH": f"{folder}/pulse"}
        os.environ.pop("PULSE_SERVER", None)
        word, shout, others = (f"{folder}/{name}.wav" for name in ("word", "shout", "others"))
        hum(word, 0.6, 6_000), hum(shout, 0.6, 60_000), hum(others, 10, 4_000)

        run, said = start(kws_run, folder)
        said.wait("no consent")
        if run.wait(TIMEOUT) != 2:
            fail(f"without consent it ended with {run.returncode}, expected 2")

        server = Server()
        run, said = start(kws_run, folder, "--consent", "yes")
        said.wait("say the word (1 of 5)")
        run.send_signal(signal.SIGINT)
        if run.wait(TIMEOUT) == 0 or os.path.exists(f"{folder}/anna"):
            fail("a run that was interrupted wrote something, or called it a success")

        run, said = start(kws_run, folder, "--consent", "yes")
        for take in range(1, 6):
            said.wait(f"say the word ({take} of 5)")
            if take == 2:
                play(shout)
                said.wait("again, please: clipped")
                said.wait(f"say the word ({take} of 5)")
            play(word)
            said.wait(f"take {take}:")
        said.wait("ten seconds of other people")
        play(others)
        said.wait("kws-lab enrol --speaker anna")
        if run.wait(TIMEOUT) != 0:
            fail(f"it ended with {run.returncode}")
        server.kill()
        takes = sorted(os.listdir(f"{folder}/anna/takes"))
        if takes != [f"{number}.wav" for number in range(1, 6)] or not os.path.exists(f"{folder}/anna/others.wav"):
            fail(f"found {takes} in the folder")
        for take in takes:
            with wave.open(f"{folder}/anna/takes/{take}") as file:
                samples = memoryview(file.readframes(file.getnframes())).cast("h")
            loud = sum(abs(sample) > 1_000 for sample in samples) / RATE
            if not 0.3 < loud < 0.9:
                fail(f"{loud:.2f} s of `{take}` are loud, expected most of 0.6 s")
        print("enrolled: five takes, of which one was asked for again, and ten seconds of others")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
