"""Writes which_set.csv: speakers and the split that Speech Commands' rule gives them.

The rule is that of the data set's README: SHA-1 of the file's name before `_nohash_`, modulo MAX_NUM_WAVS_PER_CLASS,
as a percentage; below 10 validation, below 20 test. Needs Python alone.
"""

import hashlib
import pathlib

MOST = 2**27 - 1

# From the manifest of the clips that this project is developed with, and some that no one has.
SPEAKERS = """060cd039 0e17f595 1bc45db9 6a27a9bf 22aa3665 099d52ad 026290a7 0ab3b47d 1942abd7 2a89ad5c
0a7c2a8d 004ae714 00b01445 0132a06d 0137b3f4 01648c51 01bb6a2a 0227998e 02746d24 0362539c 0474c92a 06f6c194
0a2b400e 0c40e715 1a6eca98 2197f41c 28ce0c58 3bb68054 4c6944d6 5a5721f8 6c968bd9 7b0f2ae1 0d53e045 1b88bf70 20174140 3b4f8f24 4c841771 5e3dde6b 617de221 71904de3 893705bb c1d39ce8 d0faf7e4
alice bob Zoë 山田 espeak:en-us+f3""".split()


def which_set(speaker):
    percentage = int(hashlib.sha1(speaker.encode()).hexdigest(), 16) % (MOST + 1) * (100.0 / MOST)
    return "validation" if percentage < 10 else "test" if percentage < 20 else "train"


rows = ["speaker,split"] + [f"{s},{which_set(s)}" for s in SPEAKERS]
(pathlib.Path(__file__).parent / "which_set.csv").write_text("\n".join(rows) + "\n")
