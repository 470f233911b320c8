#!/usr/bin/env python3
"""Golden vectors of the vision stages, by NumPy, in whole numbers.

    make.py

Writes `.npy` files beside itself: a synthetic image, raw frames, and what each stage must make of them, all u8. The
definitions are written down here anew, as sums over fractions, and share no formula with the Rust code. Where OpenCV or
Pillow is installed, says how far they are from these definitions, and fails where that is further than their own
rounding explains.

Needs numpy; opencv-python-headless and pillow if they are there.
"""

import pathlib
from fractions import Fraction

import numpy as np

HERE = pathlib.Path(__file__).parent
# Of what, to what: a ratio of small numbers, one of large ones, a larger image, a single pixel, one axis only.
SIZES = [(48, 36), (31, 17), (24, 24), (80, 60), (1, 1), (64, 12)]


def save(name, array):
    np.save(HERE / f"{name}.npy", np.ascontiguousarray(array, dtype=np.uint8))


def image(height=48, width=64):
    """Gradients, edges, a disc and noise, in three different channels."""
    rng = np.random.default_rng(20_261_123)
    y, x = np.mgrid[0:height, 0:width]
    disc = (x - 20) ** 2 + (y - 25) ** 2 < 200
    channels = [255 * x / (width - 1), 255 * y / (height - 1), 255.0 * ((x // 7 + y // 5) % 2)]
    pixels = np.stack([np.where(disc, 255 - channel, channel) for channel in channels], axis=-1)
    return np.clip(np.rint(pixels + rng.normal(0, 12, pixels.shape)), 0, 255).astype(np.uint8)


def rounded(total, whole):
    """total / whole to the nearest whole number, ties upwards."""
    return (2 * total + whole) // (2 * whole)


def area_weights(before, after):
    """[after, before]: how much of each place lies under each of the result, times `after`."""
    weights = np.zeros((after, before), dtype=np.int64)
    for i in range(after):
        low, high = Fraction(i * before, after), Fraction((i + 1) * before, after)
        for j in range(before):
            overlap = min(high, Fraction(j + 1)) - max(low, Fraction(j))
            if overlap > 0:
                assert (overlap * after).denominator == 1
                weights[i, j] = int(overlap * after)
    assert (weights.sum(axis=1) == before).all()
    return weights, before


def bilinear_weights(before, after):
    """[after, before]: the weights of two neighbours, times 2 `after`; centres at halves, edges repeated."""
    weights = np.zeros((after, before), dtype=np.int64)
    for i in range(after):
        centre = (Fraction(2 * i + 1, 2) * before) / after - Fraction(1, 2)
        first = centre.numerator // centre.denominator
        second_part = (centre - first) * 2 * after
        assert second_part.denominator == 1
        for place, part in [(first, 2 * after - int(second_part)), (first + 1, int(second_part))]:
            weights[i, min(max(place, 0), before - 1)] += part
    return weights, 2 * after


def resize(pixels, width, height, weights_of):
    down, whole_down = weights_of(pixels.shape[0], height)
    across, whole_across = weights_of(pixels.shape[1], width)
    total = np.einsum("ij,jkc,lk->ilc", down, pixels.astype(np.int64), across)
    return rounded(total, whole_down * whole_across).astype(np.uint8)


def grey(pixels):
    # BT.601's shares of red and green to 15 bits, and blue's what is left, so that white stays white.
    red, green = round(0.299 * 2**15), round(0.587 * 2**15)
    weights = np.array([red, green, 2**15 - red - green])
    return rounded(pixels.astype(np.int64) @ weights, 2**15).astype(np.uint8)[..., None]


def rgb_of_yuyv(frame):
    """[height, width, 2] to RGB: BT.601, limited range; coefficients to 20 bits, as OpenCV prints them."""
    luma = np.maximum(frame[..., 0].astype(np.int64) - 16, 0) * int(1.164 * 2**20)
    u = np.repeat(frame[:, 0::2, 1], 2, axis=1).astype(np.int64) - 128
    v = np.repeat(frame[:, 1::2, 1], 2, axis=1).astype(np.int64) - 128
    to = {name: round(value * 2**20) for name, value in [("vr", 1.596), ("vg", -0.813), ("ug", -0.391), ("ub", 2.018)]}
    half = 2**19
    channels = [luma + to["vr"] * v, luma + to["vg"] * v + to["ug"] * u, luma + to["ub"] * u]
    return np.clip(np.stack([(channel + half) >> 20 for channel in channels], axis=-1), 0, 255).astype(np.uint8)


def grey_of_yuyv(frame):
    luma = np.maximum(frame[..., 0].astype(np.int64) - 16, 0) * int(1.164 * 2**20)
    return np.clip((luma + 2**19) >> 20, 0, 255).astype(np.uint8)[..., None]


def rgb_of_565(pixels):
    """[height, width] of 16 bits to RGB: the nearest of 256 steps to each of 32 or 64."""
    bits = lambda shift, count: (pixels >> shift & (2**count - 1)).astype(np.int64)
    channels = [bits(11, 5) * 255 / 31, bits(5, 6) * 255 / 63, bits(0, 5) * 255 / 31]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def compare(name, ours, theirs, most):
    differ = np.abs(ours.astype(int).reshape(-1) - np.asarray(theirs).astype(int).reshape(-1))
    print(f"{name:28} {np.mean(differ > 0):7.2%} differ, by at most {differ.max()}")
    assert differ.max() <= most, name


def against_others(rgb, yuyv):
    try:
        import cv2
    except ImportError:
        cv2 = None
    try:
        from PIL import Image
    except ImportError:
        Image = None
    for width, height in SIZES:
        for method, weights in [("area", area_weights), ("bilinear", bilinear_weights)]:
            ours = resize(rgb, width, height, weights)
            larger = width > rgb.shape[1] or height > rgb.shape[0]
            # OpenCV's INTER_AREA is bilinear where a side grows.
            if cv2 is not None and not (method == "area" and larger):
                how = {"area": cv2.INTER_AREA, "bilinear": cv2.INTER_LINEAR_EXACT}[method]
                compare(f"OpenCV {method} {width}x{height}", ours, cv2.resize(rgb, (width, height), interpolation=how), 1)
            # Pillow's BOX counts a pixel as in or out, so that it is a mean of areas for whole ratios only.
            whole = rgb.shape[1] % width == 0 and rgb.shape[0] % height == 0
            if Image is not None and method == "area" and whole:
                theirs = Image.fromarray(rgb).resize((width, height), Image.Resampling.BOX)
                compare(f"Pillow {method} {width}x{height}", ours, theirs, 1)
    if cv2 is not None:
        compare("OpenCV RGB2GRAY", grey(rgb), cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), 0)
        compare("OpenCV YUV2RGB_YUY2", rgb_of_yuyv(yuyv), cv2.cvtColor(yuyv, cv2.COLOR_YUV2RGB_YUY2), 0)
    if Image is not None:
        compare("Pillow L", grey(rgb), Image.fromarray(rgb).convert("L"), 1)


def main():
    rgb = image()
    save("rgb", rgb)
    save("grey", grey(rgb))
    for width, height in SIZES:
        for method, weights in [("area", area_weights), ("bilinear", bilinear_weights)]:
            save(f"{method}_{width}x{height}", resize(rgb, width, height, weights))
            save(f"{method}_{width}x{height}_grey", resize(grey(rgb), width, height, weights))

    rng = np.random.default_rng(7)
    yuyv = rng.integers(0, 256, (16, 32, 2), dtype=np.uint8)
    # Every luma, with no colour, and the corners of the cube.
    yuyv[:8, :, 0] = np.arange(256).reshape(8, 32)
    yuyv[:8, :, 1] = 128
    yuyv[8, :8, :] = np.array([[y, c] for y in (0, 255) for c in (0, 255)] * 2)
    save("yuyv", yuyv)
    save("yuyv_rgb", rgb_of_yuyv(yuyv))
    save("yuyv_grey", grey_of_yuyv(yuyv))

    # All 65,536 pixels would be a large file; each value of each channel is there, and many pairs.
    pixels = (np.arange(2048, dtype=np.int64) * 9973 % 65536).astype(np.uint16).reshape(32, 64)
    pixels[0, :2] = (0, 65535)
    save("rgb565", np.stack([pixels >> 8, pixels & 255], axis=-1))
    save("rgb565_rgb", rgb_of_565(pixels))
    save("rgb565_grey", grey(rgb_of_565(pixels)))
    against_others(rgb, yuyv)


if __name__ == "__main__":
    main()
