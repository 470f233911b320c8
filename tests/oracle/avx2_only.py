#!/usr/bin/env python3
"""Runs a Python script beside a LiteRT that believes the processor has AVX2 and nothing newer.

    avx2_only.py FOLDER SCRIPT [ARGUMENTS]

LiteRT asks the processor by `cpuid`, and offers no switch. So FOLDER gets a copy of the package in which these instructions are
invalid ones, and `avx2_only.c` answers them. The kernels are the package's own. Needs ai-edge-litert, cc, objdump, x86-64.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import ai_edge_litert

CPUID, INVALID = b"\x0f\xa2", b"\x0f\x0b"


def patched(library):
    """Makes each `cpuid` of a library's code invalid; their number."""
    text = subprocess.run(["objdump", "-d", library], check=True, stdout=subprocess.PIPE, text=True).stdout
    addresses = [int(at, 16) for at in re.findall(r"^ *([0-9a-f]+):\t0f a2 +\tcpuid", text, re.MULTILINE)]
    if not addresses:
        return 0
    sections = subprocess.run(["objdump", "-h", library], check=True, stdout=subprocess.PIPE, text=True).stdout
    # Columns: number, name, size, address, another address, place in the file.
    rows = re.findall(r"^ *\d+ (\S+) +([0-9a-f]+) +([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+)", sections, re.MULTILINE)
    spans = [(int(address, 16), int(size, 16), int(place, 16)) for _, size, address, place in rows]
    content = bytearray(library.read_bytes())
    for address in addresses:
        place = next(place + address - start for start, size, place in spans if start <= address < start + size)
        if content[place : place + 2] != CPUID:
            raise SystemExit(f"{library}: no cpuid at {place:#x}")
        content[place : place + 2] = INVALID
    library.write_bytes(content)
    return len(addresses)


def main():
    folder, script, *arguments = sys.argv[1:]
    folder = pathlib.Path(folder).resolve()
    package, handler = folder / "ai_edge_litert", folder / "avx2_only.so"
    if not handler.exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(pathlib.Path(ai_edge_litert.__file__).parent, package)
        counts = {library.name: patched(library) for library in sorted(package.glob("*.so"))}
        if not any(counts.values()):
            raise SystemExit("this LiteRT has no `cpuid`")
        source = pathlib.Path(__file__).with_suffix(".c")
        subprocess.run(["cc", "-O2", "-Wall", "-Werror", "-Wno-unused-parameter", "-shared", "-fPIC", "-o", handler, source], check=True)
    path = os.pathsep.join([str(folder), str(pathlib.Path(script).resolve().parent)])
    environment = {**os.environ, "PYTHONPATH": path, "LD_PRELOAD": str(handler)}
    os.execve(sys.executable, [sys.executable, script, *arguments], environment)


if __name__ == "__main__":
    main()
