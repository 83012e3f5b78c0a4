"""Head, eyes, nose and mouth: each paints colour, height and label at once."""

from __future__ import annotations

import numpy as np
from photo.noise import Rng, octaves
from photo.shapes import ellipse, spline

from .canvas import PLATE, Canvas, Person

# BGR
IRISES = ((0.10, 0.16, 0.26), (0.50, 0.36, 0.22), (0.28, 0.42, 0.24), (0.38, 0.36, 0.34), (0.14, 0.26, 0.38))


def head(rng: Rng, canvas: Canvas, person: Person) -> None:
    """Skull, ears, and sometimes rings in them."""
    for side in (-1, 1):
        reach = person.wide + 0.035 - 0.06 * max(0.0, side * person.yaw)
        ear = PLATE.fill(ellipse(side * reach, -0.02, 0.075, 0.14, side * 0.15))
        canvas.paint(ear, person.skin * 0.92, gloss=0.15)
        canvas.lay(ear, 8 + 6 * PLATE.dome(ear, 0.07))
    skull = PLATE.fill(person.outline())
    mottled = person.skin * (0.96 + 0.08 * octaves(rng, PLATE.size, PLATE.size, 10, 3)[..., None])
    canvas.paint(skull, mottled, gloss=rng.uniform(0.05, 0.4))
    canvas.lay(skull, 10 + 26 * PLATE.soft(PLATE.dome(skull, 0.6), 0.04))
    for side in (-1, 1):  # cheeks
        cheek = PLATE.soft(PLATE.fill(ellipse(person.turned(side * 0.27), 0.22, 0.15, 0.13)), 0.1)
        canvas.height += 3 * cheek * skull
        canvas.paint(cheek * skull, person.skin * (0.8, 0.85, 1.05), opacity=rng.uniform(0, 0.5))
    if rng.random() < 0.3:
        for _ in range(rng.integers(1, 25)):  # freckles and moles
            fx, fy = rng.uniform(-0.4, 0.4), rng.uniform(-0.3, 0.5)
            canvas.paint(PLATE.fill(ellipse(fx, fy, 0.014, 0.014)) * skull, person.skin * 0.55, opacity=0.8)
    if rng.random() < 0.3:
        size = rng.uniform(0.03, 0.06)
        for side in (-1, 1):
            ring = PLATE.fill(ellipse(side * (person.wide + 0.03), 0.17 + size, size, size))
            canvas.paint(ring, rng.uniform(0.1, 0.95, 3), gloss=0.9)
            canvas.lay(ring, 14 + 4 * PLATE.dome(ring, 0.04))


def eyes(rng: Rng, canvas: Canvas, person: Person) -> None:
    """Both eyes, brows, and sometimes spectacles."""
    apart, y = rng.uniform(0.21, 0.27), rng.uniform(-0.14, -0.04)
    rx, ry = rng.uniform(0.12, 0.16), rng.uniform(0.055, 0.095)
    slant, look = rng.uniform(-0.12, 0.12), rng.uniform(-1, 1, 2) * (0.35, 0.2)
    iris = np.array(IRISES[rng.integers(len(IRISES))]) * rng.uniform(0.7, 1.3)
    closed = rng.random() < 0.08
    brow_y, brow_tilt, brow_wide = y - rng.uniform(0.13, 0.2), rng.uniform(-0.06, 0.06), rng.uniform(0.025, 0.065)
    for side, name in ((-1, "left eye"), (1, "right eye")):
        x = person.turned(side * apart)
        width = rx * (1 - 0.25 * max(0.0, side * person.yaw))
        opening = ellipse(x, y, width, ry, side * slant)
        socket = PLATE.soft(PLATE.fill(ellipse(x, y - 0.02, width * 1.3, ry * 1.9)), 0.05)
        canvas.height -= 5 * socket
        canvas.paint(socket, person.skin * 0.75, opacity=rng.uniform(0.1, 0.5))
        if closed:
            canvas.paint(PLATE.fill(opening), person.skin * 0.9)
        else:
            white = PLATE.fill(opening)
            canvas.paint(white, np.array((0.88, 0.90, 0.92)) * rng.uniform(0.8, 1), gloss=0.5)
            centre = x + look[0] * width, y + look[1] * ry
            size = min(ry * 1.05, width * 0.6)
            canvas.paint(PLATE.fill(ellipse(*centre, size, size)) * white, iris)
            canvas.paint(PLATE.fill(ellipse(*centre, size * 0.5, size * 0.5)) * white, (0.02, 0.02, 0.02))
            glint = ellipse(centre[0] - 0.02, centre[1] - 0.02, 0.016, 0.016)
            canvas.paint(PLATE.fill(glint) * white, (1, 1, 1))
        half = len(opening) // 2
        lid = opening[: half + 1] if closed else opening[half:]
        canvas.paint(PLATE.stroke(lid, width=rng.uniform(0.02, 0.04)), person.skin * 0.25)
        brow = spline(
            [
                (x - width * 1.3, brow_y - side * brow_tilt + 0.03),
                (x, brow_y - 0.02),
                (x + width * 1.3, brow_y + side * brow_tilt + 0.03),
            ],
            closed=False,
        )
        canvas.paint(PLATE.soft(PLATE.stroke(brow, width=brow_wide), 0.01), person.hair * 0.8, opacity=0.9)
        canvas.mark(ellipse(x, y, width + 0.015, ry + 0.015, side * slant), name)
    if rng.random() < 0.25:
        _spectacles(rng, canvas, person, apart, y)


def _spectacles(rng: Rng, canvas: Canvas, person: Person, apart: float, y: float) -> None:
    frame = rng.uniform(0.02, 0.9, 3) * rng.uniform(0.1, 1)
    size, square, thick = rng.uniform(0.15, 0.19), rng.uniform(0.6, 1), rng.uniform(0.02, 0.05)
    tint = rng.uniform(0.3, 0.75) if rng.random() < 0.25 else rng.uniform(0, 0.12)
    middles = [person.turned(side * apart) for side in (-1, 1)]
    for x in middles:
        rim = ellipse(x, y, size, size * square)
        canvas.paint(PLATE.fill(rim), frame * 0.3, opacity=tint, gloss=0.5)
        canvas.paint(PLATE.stroke(rim, width=thick, closed=True), frame, gloss=0.7)
    left, right = middles
    bridge = spline([(left + size, y), ((left + right) / 2, y - 0.04), (right - size, y)], closed=False)
    arms = [[(left - size, y), (-person.wide - 0.02, y - 0.04)], [(right + size, y), (person.wide + 0.02, y - 0.04)]]
    canvas.paint(PLATE.stroke(bridge, *arms, width=thick), frame, gloss=0.7)


def nose(rng: Rng, canvas: Canvas, person: Person) -> None:
    """A ridge, the tip and two nostrils; what is labelled is the tip."""
    long, wide = rng.uniform(0.18, 0.27), rng.uniform(0.075, 0.115)
    x, top = person.turned(0, 0.19), person.turned(0, 0.13)
    ridge = PLATE.soft(PLATE.stroke([(top, -0.12), (x, long - 0.05)], width=wide * 1.2), 0.035)
    tip = PLATE.soft(PLATE.fill(ellipse(x, long, wide * 1.15, wide)), 0.03)
    canvas.height += 6 * ridge + 10 * tip
    canvas.paint(tip, person.skin * (0.85, 0.88, 1.03), opacity=rng.uniform(0.1, 0.6))
    for side in (-1, 1):
        hole = PLATE.soft(PLATE.fill(ellipse(x + side * wide * 0.55, long + wide * 0.7, 0.032, 0.02)), 0.012)
        canvas.paint(hole, person.skin * 0.3, opacity=0.9)
    canvas.mark(ellipse(x, long, wide * 1.1, wide * 1.05), "nose tip")


def mouth(rng: Rng, canvas: Canvas, person: Person) -> None:
    """Lips that smile or not, sometimes open; a moustache or beard around them at times."""
    x, y = person.turned(0), rng.uniform(0.44, 0.52)
    half, smile = rng.uniform(0.15, 0.24), rng.uniform(-0.03, 0.07)
    upper, lower = rng.uniform(0.03, 0.055), rng.uniform(0.04, 0.075)
    gap = rng.uniform(0.02, 0.10) if rng.random() < 0.4 else 0.0
    if rng.random() < 0.25:
        _beard(rng, canvas, person, x, y)
    corners = [(x - half, y - smile), (x + half, y - smile)]
    above = [
        (x - half * 0.5, y - upper),
        (x - 0.03, y - upper * 1.25),
        (x, y - upper),
        (x + 0.03, y - upper * 1.25),
        (x + half * 0.5, y - upper),
    ]
    below = [(x + half * 0.5, y + lower * 0.8 + gap), (x, y + lower + gap), (x - half * 0.5, y + lower * 0.8 + gap)]
    whole = spline([corners[0], *above, corners[1], *below], steps=6)
    lips = PLATE.fill(whole)
    red = person.skin * (0.62, 0.58, 0.95) if rng.random() < 0.7 else rng.uniform((0.1, 0.05, 0.4), (0.4, 0.2, 0.8))
    canvas.paint(lips, red, gloss=0.35)
    canvas.height += 4 * PLATE.soft(lips, 0.03)
    inside = spline([corners[0], (x, y + 0.005), corners[1], (x, y + gap)], steps=6)
    if gap:
        canvas.paint(PLATE.fill(inside), (0.08, 0.05, 0.18))
        if rng.random() < 0.7:
            teeth = PLATE.fill(inside) * PLATE.fill(
                [(-1, y - 0.1), (1, y - 0.1), (1, y + gap * 0.45), (-1, y + gap * 0.45)]
            )
            canvas.paint(teeth, (0.82, 0.88, 0.90), gloss=0.5)
    else:
        canvas.paint(
            PLATE.stroke(spline([corners[0], (x, y + 0.008), corners[1]], closed=False), width=0.02), red * 0.4
        )
    canvas.mark(whole, "mouth")


def _beard(rng: Rng, canvas: Canvas, person: Person, x: float, y: float) -> None:
    skull = PLATE.fill(person.outline())
    shapes = [spline([(x - 0.24, y + 0.02), (x, y - 0.16), (x + 0.24, y + 0.02), (x, y - 0.03)])]
    if rng.random() < 0.6:
        w = person.wide
        shapes.append(
            spline(
                [
                    (-w, 0.1),
                    (-w * 0.6, 0.36),
                    (x, y + 0.06),
                    (w * 0.6, 0.36),
                    (w, 0.1),
                    (w * 0.85, 0.6),
                    (0, 0.85),
                    (-w * 0.85, 0.6),
                ]
            )
        )
    area = PLATE.soft(PLATE.fill(*shapes) * skull, 0.015)
    strands = person.hair * (0.7 + 0.6 * octaves(rng, PLATE.size, PLATE.size, 30, 2)[..., None])
    canvas.paint(area, strands, opacity=rng.uniform(0.5, 1), gloss=0.05)
