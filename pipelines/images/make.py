#!/usr/bin/env python3
"""Draws the images that `person.toml` shows where there is no camera.

    make.py

Writes `NN.png` beside itself, 160×120, in the order in which they are shown: a room, somebody who walks through it, the
light going out and on again, a lamp into the lens. Drawn and not photographed, so that they may be given away; a
classifier of photographs is not bound to take the figure for a person. Needs numpy and pillow.
"""

import pathlib

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 160, 120
# Drawn four times as large, so that edges are soft.
LARGE = 4


def room():
    """A wall in the light of a window, a floor, a frame and a table."""
    image = Image.new("RGB", (WIDTH * LARGE, HEIGHT * LARGE))
    draw = ImageDraw.Draw(image)
    for x in range(image.width):
        shade = int(190 - 60 * x / image.width)
        draw.line([(x, 0), (x, image.height * 0.7)], fill=(shade, shade - 8, shade - 24))
        draw.line([(x, image.height * 0.7), (x, image.height)], fill=(shade - 70, shade - 90, shade - 105))
    scale = lambda *corners: [corner * LARGE for corner in corners]
    draw.rectangle(scale(12, 14, 44, 52), fill=(225, 235, 245), outline=(90, 70, 50), width=LARGE * 2)
    draw.line(scale(28, 14, 28, 52), fill=(90, 70, 50), width=LARGE)
    draw.rectangle(scale(104, 20, 128, 40), fill=(120, 60, 50), outline=(60, 45, 30), width=LARGE)
    draw.rectangle(scale(112, 74, 156, 79), fill=(110, 75, 45))
    for leg in (116, 150):
        draw.rectangle(scale(leg, 79, leg + 3, 104), fill=(85, 58, 35))
    return image


def somebody(image, centre, stride):
    """A figure 90 pixels high whose feet are `stride` apart."""
    draw = ImageDraw.Draw(image)
    scale = lambda *corners: [(centre * LARGE + x * LARGE, y * LARGE) for x, y in corners]
    skin, hair, coat, trousers, shoes = (205, 160, 130), (60, 42, 30), (40, 70, 120), (55, 55, 65), (30, 28, 28)
    draw.line(scale((-2, 72), (-stride, 106)), fill=trousers, width=LARGE * 7)
    draw.line(scale((2, 72), (stride, 106)), fill=trousers, width=LARGE * 7)
    for side in (-stride, stride):
        draw.ellipse(scale((side - 4, 104), (side + 6, 110)), fill=shoes)
    draw.rounded_rectangle(scale((-9, 38), (9, 76)), radius=LARGE * 5, fill=coat)
    draw.line(scale((-7, 42), (-9 - stride / 2, 66)), fill=coat, width=LARGE * 5)
    draw.line(scale((7, 42), (9 + stride / 2, 66)), fill=coat, width=LARGE * 5)
    for hand in (-9 - stride / 2, 9 + stride / 2):
        draw.ellipse(scale((hand - 3, 64), (hand + 3, 70)), fill=skin)
    draw.rectangle(scale((-3, 32), (3, 40)), fill=skin)
    draw.ellipse(scale((-8, 16), (8, 36)), fill=skin)
    draw.chord(scale((-9, 14), (9, 34)), 180, 360, fill=hair)


def taken(image, number, light=1.0):
    """What a small camera makes of it: soft, with noise, as light as the light is."""
    rng = np.random.default_rng(number)
    image = image.resize((WIDTH, HEIGHT), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(0.4))
    pixels = np.asarray(image, dtype=np.float64) * light + rng.normal(0, 2.5, (HEIGHT, WIDTH, 3))
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def main():
    scenes = [(None, 1.0)] * 2
    scenes += [(centre, 1.0) for centre in (10, 34, 58, 82, 82, 82, 100, 124, 150)]
    scenes += [(None, 1.0), (None, 0.05), (None, 0.05), (None, 1.0), (None, 6.0), (None, 6.0), (None, 1.0)]
    for number, (centre, light) in enumerate(scenes):
        image = room()
        if centre is not None:
            somebody(image, centre, stride=3 if centre == 82 else 6 + 5 * (number % 2))
        taken(image, number, light).save(HERE / f"{number:02}.png", optimize=True)


if __name__ == "__main__":
    main()
