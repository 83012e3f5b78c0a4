"""The parts of a drawn face. Each paints on a `Canvas`: colour, height and label at once.

Units are those of `photo.shapes`; the head is about 0.55 wide and 0.72 high to either side of (0, 0).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from photo.noise import Map, Rng, octaves, smooth
from photo.shapes import Plate, Points, ellipse, spline

CLASSES = ("background", "left eye", "right eye", "nose tip", "mouth")  # left and right as the viewer sees them
PLATE = Plate(160)

# BGR
SKINS = ((0.66, 0.76, 0.93), (0.55, 0.67, 0.88), (0.42, 0.56, 0.78), (0.32, 0.45, 0.66), (0.22, 0.33, 0.50), (0.14, 0.21, 0.34))
HAIRS = ((0.06, 0.06, 0.07), (0.08, 0.13, 0.22), (0.14, 0.26, 0.42), (0.30, 0.52, 0.70), (0.62, 0.64, 0.66), (0.12, 0.24, 0.60))
IRISES = ((0.10, 0.16, 0.26), (0.50, 0.36, 0.22), (0.28, 0.42, 0.24), (0.38, 0.36, 0.34), (0.14, 0.26, 0.38))


@dataclass
class Canvas:
    """A face while it is painted: colour (BGR, 0 to 1), height, label, and where anything has been painted."""

    colour: Map = field(default_factory=lambda: np.zeros((PLATE.size, PLATE.size, 3), np.float32))
    height: Map = field(default_factory=lambda: np.zeros((PLATE.size, PLATE.size), np.float32))
    label: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros((PLATE.size, PLATE.size), np.uint8))
    covered: Map = field(default_factory=lambda: np.zeros((PLATE.size, PLATE.size), np.float32))
    gloss: Map = field(default_factory=lambda: np.zeros((PLATE.size, PLATE.size), np.float32))

    def paint(self, mask: Map, colour: Points | Map, *, opacity: float = 1.0, gloss: float | None = None) -> None:
        """Colours what the mask covers."""
        weight = (mask * opacity)[..., None]
        self.colour += weight * (np.asarray(colour, np.float32) - self.colour)
        self.covered = np.maximum(self.covered, mask * (opacity > 0.5))
        if gloss is not None:
            self.gloss += mask * (gloss - self.gloss)

    def lay(self, mask: Map, height: Map | float) -> None:
        """Sets the height of what the mask covers."""
        self.height += mask * (height - self.height)

    def mark(self, outline: Points, name: str) -> None:
        """Labels what lies inside an outline."""
        self.label[PLATE.fill(outline) > 0.5] = CLASSES.index(name)


@dataclass(frozen=True)
class Person:
    """What all parts of one face share."""

    skin: npt.NDArray[np.float32]
    hair: npt.NDArray[np.float32]
    yaw: float  # -1 (looks to the picture's left) to 1
    wide: float  # half the head's width
    jaw: float  # the chin's width as a share of the head's

    @classmethod
    def anybody(cls, rng: Rng) -> Person:
        shade = rng.uniform(0.85, 1.12)
        skin = np.array(SKINS[rng.integers(len(SKINS))]) * shade + rng.normal(0, 0.02, 3)
        hair = np.array(HAIRS[rng.integers(len(HAIRS))]) * rng.uniform(0.7, 1.3)
        if rng.random() < 0.06:
            hair = rng.uniform(0.1, 0.9, 3)  # dyed
        return cls(
            np.clip(skin, 0.05, 0.97).astype(np.float32),
            np.clip(hair, 0.02, 0.95).astype(np.float32),
            yaw=rng.uniform(-1, 1),
            wide=rng.uniform(0.46, 0.58),
            jaw=rng.uniform(0.45, 0.75),
        )

    def turned(self, x: float, depth: float = 0.14) -> float:
        """Where something at x on the front of the head lies once the head is turned."""
        return x * (1 - 0.08 * abs(self.yaw)) + self.yaw * depth

    def outline(self) -> npt.NDArray[np.float64]:
        w, j, lean = self.wide, self.jaw, 0.05 * self.yaw
        right = [(0, -0.72), (w * 0.7, -0.58), (w, -0.15), (w * 0.92, 0.25), (w * j + lean, 0.56), (w * j * 0.5 + lean, 0.70)]
        left = [(-x + 2 * lean * (y > 0.5), y) for x, y in right[:0:-1]]
        return spline([*right, (lean, 0.73), *left])


def shoulders(rng: Rng, canvas: Canvas, person: Person) -> None:
    """Neck and clothes; buttons are round, dark and in pairs, as eyes are."""
    neck = PLATE.fill([(-0.26, 0.3), (0.26, 0.3), (0.30, 1.0), (-0.30, 1.0)])
    canvas.paint(neck, person.skin * 0.85, gloss=0.1)
    canvas.lay(neck, 8 * PLATE.dome(neck, 0.3))
    cut = rng.uniform(0.72, 0.92)
    cloth = PLATE.fill(spline([(-1.3, 1.15), (-0.75, 0.86), (-0.26, 0.76), (0, cut + 0.06), (0.26, 0.76), (0.75, 0.86), (1.3, 1.15), (0, 1.5)]))
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
        brow = spline([(x - width * 1.3, brow_y - side * brow_tilt + 0.03), (x, brow_y - 0.02), (x + width * 1.3, brow_y + side * brow_tilt + 0.03)], closed=False)
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
    above = [(x - half * 0.5, y - upper), (x - 0.03, y - upper * 1.25), (x, y - upper), (x + 0.03, y - upper * 1.25), (x + half * 0.5, y - upper)]
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
            teeth = PLATE.fill(inside) * PLATE.fill([(-1, y - 0.1), (1, y - 0.1), (1, y + gap * 0.45), (-1, y + gap * 0.45)])
            canvas.paint(teeth, (0.82, 0.88, 0.90), gloss=0.5)
    else:
        canvas.paint(PLATE.stroke(spline([corners[0], (x, y + 0.008), corners[1]], closed=False), width=0.02), red * 0.4)
    canvas.mark(whole, "mouth")


def _beard(rng: Rng, canvas: Canvas, person: Person, x: float, y: float) -> None:
    skull = PLATE.fill(person.outline())
    shapes = [spline([(x - 0.24, y + 0.02), (x, y - 0.16), (x + 0.24, y + 0.02), (x, y - 0.03)])]
    if rng.random() < 0.6:
        w = person.wide
        shapes.append(spline([(-w, 0.1), (-w * 0.6, 0.36), (x, y + 0.06), (w * 0.6, 0.36), (w, 0.1), (w * 0.85, 0.6), (0, 0.85), (-w * 0.85, 0.6)]))
    area = PLATE.soft(PLATE.fill(*shapes) * skull, 0.015)
    strands = person.hair * (0.7 + 0.6 * octaves(rng, PLATE.size, PLATE.size, 30, 2)[..., None])
    canvas.paint(area, strands, opacity=rng.uniform(0.5, 1), gloss=0.05)


def _strands(rng: Rng, person: Person, density: float) -> Map:
    x, y = PLATE.grid()
    wave = smooth(rng, PLATE.size, PLATE.size, 5) * rng.uniform(1, 8)
    lines = np.sin(np.arctan2(y + 0.75, x - rng.uniform(-0.3, 0.3)) * density + wave + np.hypot(x, y + 0.75) * rng.uniform(-12, 12))
    return (person.hair * (0.8 + 0.3 * lines[..., None])).astype(np.float32)


def hair_behind(rng: Rng, canvas: Canvas, person: Person) -> None:
    """Long hair that falls behind the head."""
    end, out = rng.uniform(0.2, 1.1), person.wide + rng.uniform(0.08, 0.25)
    fall = PLATE.fill(spline([(0, -0.88), (out * 0.85, -0.6), (out, 0), (out, end), (0, end), (-out, end), (-out, 0), (-out * 0.85, -0.6)]))
    canvas.paint(fall, _strands(rng, person, 30) * 0.75, gloss=0.2)
    canvas.lay(fall, 4 + 4 * PLATE.dome(fall, 0.3))


def hair_before(rng: Rng, canvas: Canvas, person: Person) -> None:
    """Hair over the brow: cropped, parted, fringed or curly."""
    w, thick, part = person.wide, rng.uniform(0.03, 0.16), rng.uniform(-0.3, 0.3)
    line, side = rng.uniform(-0.52, -0.32), rng.uniform(-0.3, 0.1)
    top = [(-w - 0.03, side), (-w - thick * 0.6, -0.3), (-w * 0.7, -0.62 - thick), (0, -0.75 - thick), (w * 0.7, -0.62 - thick), (w + thick * 0.6, -0.3), (w + 0.03, side)]
    brow = [(w * 0.86, -0.28), (w * 0.5, line), (part, line - rng.uniform(-0.06, 0.16)), (-w * 0.5, line), (-w * 0.86, -0.28)]
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
    crown = PLATE.fill(spline([(-w, line), (-w * 0.95, -0.6), (-w * 0.5, -tall), (w * 0.5, -tall), (w * 0.95, -0.6), (w, line), (0, line - 0.06)]))
    dye, ribbon = rng.uniform(0.05, 0.8, 3), rng.uniform(0.05, 0.8, 3)
    canvas.paint(crown, dye * (0.85 + 0.3 * octaves(rng, PLATE.size, PLATE.size, 12, 2)[..., None]), gloss=0.05)
    canvas.lay(crown, 26 + 12 * PLATE.dome(crown, 0.3))
    band = PLATE.stroke(spline([(-w, line), (0, line - 0.07), (w, line)], closed=False), width=rng.uniform(0.05, 0.14))
    canvas.paint(band, ribbon, gloss=0.05)
    if rng.random() < 0.5:
        brim = PLATE.fill(ellipse(0, line, w * rng.uniform(1.1, 1.45), 0.07))
        canvas.paint(brim, dye * 0.8, gloss=0.05)
        canvas.lay(brim, 44 + 0 * brim)
