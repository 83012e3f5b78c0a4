"""Clothes, hair and hats; none of them is labelled."""

from __future__ import annotations

import numpy as np
from photo.noise import Map, Rng, octaves, smooth
from photo.shapes import ellipse, spline

from .canvas import PLATE, Canvas, Person


def shoulders(rng: Rng, canvas: Canvas, person: Person) -> None:
    """Neck and clothes; buttons are round, dark and in pairs, as eyes are."""
    neck = PLATE.fill([(-0.26, 0.3), (0.26, 0.3), (0.30, 1.0), (-0.30, 1.0)])
    canvas.paint(neck, person.skin * 0.85, gloss=0.1)
    canvas.lay(neck, 8 * PLATE.dome(neck, 0.3))
    cut = rng.uniform(0.72, 0.92)
    cloth = PLATE.fill(
        spline(
            [
                (-1.3, 1.15),
                (-0.75, 0.86),
                (-0.26, 0.76),
                (0, cut + 0.06),
                (0.26, 0.76),
                (0.75, 0.86),
                (1.3, 1.15),
                (0, 1.5),
            ]
        )
    )
    dye, other = rng.uniform(0.05, 0.85, 3), rng.uniform(0.05, 0.85, 3)
    x, y = PLATE.grid()
    pattern = (np.sin((x * rng.integers(0, 2) + y) * rng.uniform(15, 50)) > 0.3) * float(rng.random() < 0.4)
    canvas.paint(cloth, dye + pattern[..., None].astype(np.float32) * (other - dye), gloss=0.05)
    canvas.lay(cloth, 6 + 4 * smooth(rng, PLATE.size, PLATE.size, 4))
    if rng.random() < 0.5:
        for bx, by in ((-0.09, 0.93), (0.09, 0.93), (rng.uniform(-0.7, 0.7), 0.95)):
            button = PLATE.fill(ellipse(bx, by, 0.045, 0.045))
            canvas.paint(button, other * 0.5, gloss=0.6)
            canvas.paint(PLATE.fill(ellipse(bx, by, 0.016, 0.016)), (0.02, 0.02, 0.02))


def _strands(rng: Rng, person: Person, density: float) -> Map:
    x, y = PLATE.grid()
    wave = smooth(rng, PLATE.size, PLATE.size, 5) * rng.uniform(1, 8)
    lines = np.sin(
        np.arctan2(y + 0.75, x - rng.uniform(-0.3, 0.3)) * density + wave + np.hypot(x, y + 0.75) * rng.uniform(-12, 12)
    )
    return (person.hair * (0.8 + 0.3 * lines[..., None])).astype(np.float32)


def hair_behind(rng: Rng, canvas: Canvas, person: Person) -> None:
    """Long hair that falls behind the head."""
    end, out = rng.uniform(0.2, 1.1), person.wide + rng.uniform(0.08, 0.25)
    fall = PLATE.fill(
        spline(
            [
                (0, -0.88),
                (out * 0.85, -0.6),
                (out, 0),
                (out, end),
                (0, end),
                (-out, end),
                (-out, 0),
                (-out * 0.85, -0.6),
            ]
        )
    )
    canvas.paint(fall, _strands(rng, person, 30) * 0.75, gloss=0.2)
    canvas.lay(fall, 4 + 4 * PLATE.dome(fall, 0.3))


def hair_before(rng: Rng, canvas: Canvas, person: Person) -> None:
    """Hair over the brow: cropped, parted, fringed or curly."""
    w, thick, part = person.wide, rng.uniform(0.03, 0.16), rng.uniform(-0.3, 0.3)
    line, side = rng.uniform(-0.52, -0.32), rng.uniform(-0.3, 0.1)
    top = [
        (-w - 0.03, side),
        (-w - thick * 0.6, -0.3),
        (-w * 0.7, -0.62 - thick),
        (0, -0.75 - thick),
        (w * 0.7, -0.62 - thick),
        (w + thick * 0.6, -0.3),
        (w + 0.03, side),
    ]
    brow = [
        (w * 0.86, -0.28),
        (w * 0.5, line),
        (part, line - rng.uniform(-0.06, 0.16)),
        (-w * 0.5, line),
        (-w * 0.86, -0.28),
    ]
    area = PLATE.fill(spline(top + brow, steps=6))
    if rng.random() < 0.3:
        rough = octaves(rng, PLATE.size, PLATE.size, 18, 2)
        area = np.clip((PLATE.soft(area, 0.05) + 0.5 * (rough - 0.5) - 0.4) * 8, 0, 1)
        canvas.paint(area, person.hair * (0.5 + rough[..., None]), gloss=0.1)
        canvas.lay(area, 30 + 10 * rough)
        return
    canvas.paint(area, _strands(rng, person, rng.uniform(20, 45)), gloss=0.25)
    canvas.lay(area, 22 + 14 * PLATE.soft(PLATE.dome(area, 0.25), 0.02))


def hat(rng: Rng, canvas: Canvas, person: Person) -> None:
    """A cap, a beanie or a brimmed hat."""
    w, line, tall = person.wide + 0.05, rng.uniform(-0.48, -0.34), rng.uniform(0.75, 1.05)
    crown = PLATE.fill(
        spline(
            [
                (-w, line),
                (-w * 0.95, -0.6),
                (-w * 0.5, -tall),
                (w * 0.5, -tall),
                (w * 0.95, -0.6),
                (w, line),
                (0, line - 0.06),
            ]
        )
    )
    dye, ribbon = rng.uniform(0.05, 0.8, 3), rng.uniform(0.05, 0.8, 3)
    canvas.paint(crown, dye * (0.85 + 0.3 * octaves(rng, PLATE.size, PLATE.size, 12, 2)[..., None]), gloss=0.05)
    canvas.lay(crown, 26 + 12 * PLATE.dome(crown, 0.3))
    band = PLATE.stroke(spline([(-w, line), (0, line - 0.07), (w, line)], closed=False), width=rng.uniform(0.05, 0.14))
    canvas.paint(band, ribbon, gloss=0.05)
    if rng.random() < 0.5:
        brim = PLATE.fill(ellipse(0, line, w * rng.uniform(1.1, 1.45), 0.07))
        canvas.paint(brim, dye * 0.8, gloss=0.05)
        canvas.lay(brim, 44 + 0 * brim)
