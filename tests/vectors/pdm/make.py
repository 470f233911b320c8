"""Golden vectors of the decimator for PDM microphones, and the design of its filters.

    python tests/vectors/pdm/make.py            # writes the vectors beside this file
    python tests/vectors/pdm/make.py --design   # prints boards/devices/src/pdm/taps.rs

Needs NumPy; the design needs SciPy. The chain here is written as what it is in theory, whole signals at a time: moving
sums as convolutions, then every 32nd of them, then the filter as a convolution, then every second. The crate computes
the same by integrators and combs, bit after bit.
"""

import sys
from pathlib import Path

import numpy as np

RATE = 1_024_000
CIC = 32
TAPS = 63
ORDERS = (3, 4, 5)


def droop(order, hz):
    """Magnitude of the CIC stage, 1 at 0 Hz."""
    x = np.maximum(np.asarray(hz, float), 1e-6) * np.pi / RATE
    return np.abs(np.sin(CIC * x) / (CIC * np.sin(x))) ** order


def design(order):
    """Taps that take the droop away up to 7 kHz and let nothing through from 9 kHz, times 2^15."""
    from scipy.signal import firls

    edges = np.linspace(0, 7000, 71)
    bands = np.stack([edges[:-1], edges[1:]], axis=1).reshape(-1)
    wanted = 1 / droop(order, bands)
    taps = firls(TAPS, [*bands, 9000, 16000], [*wanted, 0, 0], weight=[1] * 70 + [30], fs=32000)
    taps *= 1 / taps.sum()
    whole = np.round(taps * 32768).astype(int)
    whole[TAPS // 2] += 32768 - whole.sum()
    assert (whole == whole[::-1]).all() and abs(whole).max() < 32768
    return whole


def response(order, taps, hz):
    """Magnitude of CIC stage and filter."""
    n = np.arange(TAPS) - TAPS // 2
    fir = np.abs(np.exp(-2j * np.pi * np.outer(hz, n) / 32000) @ taps) / 32768
    return droop(order, hz) * fir


def print_design():
    print("//! Taps of the filters after the CIC stage, in units of 2^-15: `tests/vectors/pdm/make.py --design` writes this.\n")
    for order in ORDERS:
        taps = design(order)
        db = lambda x: 20 * np.log10(np.maximum(x, 1e-12))
        passband = db(response(order, taps, np.linspace(20, 7000, 2000)))
        stop = db(response(order, taps, np.linspace(9000, 16000, 2000))).max()
        # What the CIC stage folds onto the passband lies within 7 kHz of multiples of 32 kHz.
        fold = db(response(order, taps, np.linspace(25000, 39000, 2000))).max()
        print(f"/// For a CIC stage of order {order}: ripple {np.ptp(passband):.2f} dB up to 7 kHz; below {stop:.0f} dB from 9 to 16 kHz,")
        print(f"/// below {fold:.0f} dB where the CIC stage folds onto the passband.")
        print(f"pub(super) static ORDER_{order}: [i16; {TAPS}] = [")
        for begin in range(0, TAPS, 16):
            print("    " + " ".join(f"{t}," for t in taps[begin : begin + 16]))
        print("];")
        if order != ORDERS[-1]:
            print()


def taps_of_crate(order):
    """The taps as the crate has them: vectors belong to a design, and do not change with SciPy."""
    source = Path(__file__).parents[3] / "boards/devices/src/pdm/taps.rs"
    text = source.read_text().split(f"ORDER_{order}: [i16; {TAPS}] = [")[1].split("]")[0]
    return np.array([int(tap) for tap in text.replace("\n", " ").split(",") if tap.strip()])


def decimate(bits, order, gain):
    signal = bits.astype(np.int64) * 2 - 1
    for _ in range(order):
        signal = np.convolve(signal, np.ones(CIC, np.int64))
    slow = signal[CIC - 1 : len(bits) : CIC]
    filtered = np.convolve(slow, taps_of_crate(order))[1 : len(slow) : 2]
    shift = 5 * order - gain
    return np.clip((filtered + (1 << (shift - 1))) >> shift, -32768, 32767).astype("<i2")


def sigma_delta(signal):
    """A modulator of second order."""
    bits = np.zeros(len(signal), np.uint8)
    first = second = 0.0
    for index, x in enumerate(signal):
        bit = second >= 0
        fed = 1.0 if bit else -1.0
        first += x - fed
        second += first - fed
        bits[index] = bit
    return bits


def main():
    here = Path(__file__).parent
    time = np.arange(RATE // 16) / RATE
    tones = 0.4 * np.sin(2 * np.pi * 1000 * time) + 0.3 * np.sin(2 * np.pi * 5200 * time + 1)
    random = np.random.default_rng(7).integers(0, 2, 64 * 64)
    # Longer than one register is wide with the same bit, so that sums wrap and outputs are limited.
    bits = np.concatenate([sigma_delta(tones), random, np.ones(64 * 32), np.zeros(64 * 32)]).astype(np.uint8)
    (here / "bits.pdm").write_bytes(np.packbits(bits).tobytes())
    for order in ORDERS:
        for gain in (0, 3):
            (here / f"order{order}_gain{gain}.s16").write_bytes(decimate(bits, order, gain).tobytes())


if __name__ == "__main__":
    print_design() if sys.argv[1:] == ["--design"] else main()
