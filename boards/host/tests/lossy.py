#!/usr/bin/env python3
"""Two computers with a lossy network between them, in network namespaces, on a kernel without `tc netem`.

    unshare --map-root-user --net --mount lossy.py LOSS DELAY COMMAND...

`near` (10.77.0.1) and `far` (10.77.0.2) are namespaces; each packet between them is lost with the probability LOSS and
arrives DELAY milliseconds later, in either direction. COMMAND runs outside both, and reaches them by `ip netns exec`.
"""
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import threading
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000


def run(*words):
    subprocess.run(words, check=True)


def computer(name, own, other):
    """A namespace with one network device; what it sends is read from the result, what is written there comes to it."""
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    run("ip", "netns", "add", name)
    run("ip", "link", "set", name, "netns", name)
    for words in (f"address add {own} peer {other} dev {name}", f"link set {name} up", "link set lo up"):
        run("ip", "-n", name, *words.split())
    return device


def carry(near, far, loss, delay):
    """Carries packets for ever."""
    other, chance, waiting, count = {near: far, far: near}, random.Random(1), [], 0
    while True:
        rest = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for device in select.select([near, far], [], [], rest)[0]:
            packet, count = os.read(device, 1 << 16), count + 1
            if chance.random() >= loss:
                heapq.heappush(waiting, (time.monotonic() + delay, count, other[device], packet))
        while waiting and waiting[0][0] <= time.monotonic():
            os.write(waiting[0][2], waiting[0][3])
            heapq.heappop(waiting)


def main():
    loss, delay, *command = sys.argv[1:]
    run("mount", "-t", "tmpfs", "none", "/run")
    near = computer("near", "10.77.0.1", "10.77.0.2")
    far = computer("far", "10.77.0.2", "10.77.0.1")
    threading.Thread(target=carry, args=(near, far, float(loss), float(delay) / 1000), daemon=True).start()
    sys.exit(subprocess.run(command).returncode)


main()
