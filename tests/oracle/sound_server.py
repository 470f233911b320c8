"""kws-run beside a real sound server, PulseAudio, that is not up at first, is killed five times, and hangs.

    sound_server.py KWS_RUN

Words are played into a null sink and heard from its monitor. Every loss must be reported and be a gap, words must be heard after
each, memory must stay level, and the first Ctrl-C must end the run within 2 s, also while the server hangs.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import wave

PIPELINE = "pipelines/yes_no.toml"
RECORDING = "pipelines/recordings/yes_no.flac"
KILLS = 5
# Seconds for what takes a fraction of one on an idle machine.
TIMEOUT = 20


def fail(text):
    sys.exit(f"sound server: {text}")


class Lines:
    """Lines of a stream as they come, each with the time at which it came."""

    def __init__(self, stream):
        self.lines, self.seen = queue.Queue(), []
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream):
        for line in stream:
            self.lines.put((time.time(), line.rstrip("\n")))

    def wait(self, what, limit=TIMEOUT):
        end = time.time() + limit
        while (left := end - time.time()) > 0:
            try:
                at, line = self.lines.get(timeout=left)
            except queue.Empty:
                break
            self.seen.append(line)
            if what in line:
                return at, line
        fail(f"no line with `{what}` within {limit} s, after:\n" + "\n".join(self.seen[-20:]))


class Server:
    def __init__(self):
        options = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--log-target=stderr"]
        modules = ["module-native-protocol-unix", "module-null-sink sink_name=words rate=48000"]
        load = [part for module in modules for part in ("-L", module)]
        self.process = subprocess.Popen(["pulseaudio", *options, *load], stderr=subprocess.DEVNULL)
        end = time.time() + TIMEOUT
        while subprocess.run(["pactl", "info"], capture_output=True).returncode:
            if time.time() > end or self.process.poll() is not None:
                fail("PulseAudio does not start")
            time.sleep(0.05)

    def kill(self):
        self.process.kill()
        self.process.wait()


def status(pid, field):
    """The sum of a field of /proc/PID/task/*/status."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as file:
            total += sum(int(line.split()[1]) for line in file if line.startswith(field + ":"))
    return total


def resident(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def cpu(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def first_word(kws_run, folder):
    """A clip with the first word of the recording, its label, and when in it the word is reported."""
    run = [kws_run, PIPELINE, "--source", f"file:{RECORDING}", "--json", "--record", f"{folder}/take", "--edges", "mic"]
    events = subprocess.run(run, capture_output=True, text=True, check=True).stdout.splitlines()
    event = json.loads(events[0])
    begin, end = max(0, event["time"] - 2.0), event["time"] + 0.5
    clip = f"{folder}/word.wav"
    with wave.open(f"{folder}/take/mic.wav") as take, wave.open(clip, "w") as word:
        rate = take.getframerate()
        word.setparams(take.getparams())
        take.setpos(int(begin * rate))
        word.writeframes(take.readframes(int((end - begin) * rate)))
    return clip, event["label"], event["time"] - begin


def start(kws_run, *arguments):
    run = subprocess.Popen(
        [kws_run, PIPELINE, "--source", "mic:pulse", "--json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return run, Lines(run.stdout), Lines(run.stderr)


def end(run, what):
    began = time.time()
    run.send_signal(signal.SIGINT)
    try:
        run.wait(2)
    except subprocess.TimeoutExpired:
        run.kill()
        fail(f"{what}: still runs 2 s after the first Ctrl-C")
    if run.returncode != 0:
        fail(f"{what}: ended with {run.returncode}")
    return time.time() - began


def hear(events, clip, label, reported):
    """Plays the word until it is heard: seconds from when it was complete to its event."""
    # A sink that has just been made renders two seconds at once; then as little as its listeners ask for.
    time.sleep(2)
    began = time.time()
    subprocess.run(["paplay", "--latency-msec=20", "-d", "words", clip], check=True, timeout=TIMEOUT)
    at, line = events.wait(f'"{label}"')
    return at - began - reported


def main(kws_run):
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"XDG_RUNTIME_DIR": folder, "HOME": folder, "PULSE_RUNTIME_PATH": f"{folder}/pulse"}
        os.environ.pop("PULSE_SERVER", None)
        clip, label, reported = first_word(kws_run, folder)

        run, events, said = start(kws_run)
        said.wait("`mic` failed")
        server = Server()
        said.wait("`mic` works again")
        latencies = [hear(events, clip, label, reported)]
        memory, tellings, gaps = [resident(run.pid)], [], []
        for _ in range(KILLS):
            killed = time.time()
            server.kill()
            at, _ = said.wait("`mic` failed")
            tellings.append(at - killed)
            server = Server()
            said.wait("`mic` works again")
            _, gap = said.wait("gap:")
            gaps.append(gap)
            latencies.append(hear(events, clip, label, reported))
            memory.append(resident(run.pid))
        before, began = (cpu(run.pid), status(run.pid, "voluntary_ctxt_switches")), time.time()
        time.sleep(4)
        elapsed = time.time() - began
        share = (cpu(run.pid) - before[0]) / elapsed
        woken = (status(run.pid, "voluntary_ctxt_switches") - before[1]) / elapsed
        ended = end(run, "a run that listens")
        lost = [line.split("lost ")[1] for line in gaps]
        if memory[-1] > memory[1] + 1024:
            fail(f"memory grew: {memory} kB")
        if max(tellings) > 2.5:
            fail(f"a loss was reported after {max(tellings):.2f} s")
        print(f"{KILLS} kills, reported after {min(tellings):.2f} to {max(tellings):.2f} s; gaps: {'; '.join(lost)}")
        print(f"{len(latencies)} of {len(latencies)} words heard, {min(latencies):.2f} to {max(latencies):.2f} s after their end, the player's start included")
        print(f"memory {' '.join(map(str, memory))} kB; {share:.1%} of a core, {woken:.0f} wake-ups a second; ended within {ended:.2f} s")

        run, events, said = start(kws_run)
        hear(events, clip, label, reported)
        server.process.send_signal(signal.SIGSTOP)
        said.wait("`mic` failed")
        ended = end(run, "a run whose sound server hangs")
        print(f"a server that hangs is reported, and the first Ctrl-C ends the run within {ended:.2f} s")
        server.process.send_signal(signal.SIGCONT)

        run, events, said = start(kws_run, "--exit-on-loss")
        hear(events, clip, label, reported)
        server.kill()
        if (code := run.wait(TIMEOUT)) != 1:
            fail(f"--exit-on-loss: ended with {code}, expected 1")
        print("--exit-on-loss: the loss ends the run with exit code 1")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
