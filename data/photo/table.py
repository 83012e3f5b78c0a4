"""A flat thing with relief (a coin, a tile) that lies on a table, worn and dirty, as a photograph."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .camera import exposed, viewpoint
from .light import Lamp, shade
from .noise import Map, Rng, octaves, smooth
from .surfaces import any_surface

SIDE = 96  # pixels, of a photograph
_SCENE = 3 * SIDE // 2  # drawn larger than photographed
_THICK = 5.0  # of the thing, and
_RELIEF = 7.0  # of its relief, in pixels of the scene

_LIME = (0.82, 0.88, 0.86)  # BGR, of pale deposits
# BGR: clean, and the dark dirt that gathers in the hollows
MATERIALS = {
    "gold": ((0.33, 0.68, 0.93), (0.10, 0.25, 0.40)),
    "silver": ((0.78, 0.79, 0.80), (0.22, 0.22, 0.23)),
    "copper": ((0.30, 0.45, 0.80), (0.35, 0.42, 0.20)),
    "bronze": ((0.28, 0.48, 0.62), (0.16, 0.24, 0.18)),
    "nickel": ((0.62, 0.68, 0.70), (0.18, 0.20, 0.22)),
    "iron": ((0.42, 0.42, 0.44), (0.12, 0.22, 0.38)),
    "clay": ((0.35, 0.50, 0.72), (0.20, 0.28, 0.42)),
    "wax": ((0.14, 0.12, 0.62), (0.08, 0.06, 0.30)),
    "jade": ((0.45, 0.66, 0.42), (0.20, 0.32, 0.16)),
}
METALS = ("gold", "silver", "copper", "bronze", "nickel", "iron")


def _worn(rng: Rng, relief: Map) -> Map:
    """Years in purses: the highest points go, edges soften, and there are dents and scratches."""
    wear = rng.uniform(0, 1)
    soft = cv2.GaussianBlur(relief, (0, 0), 0.6 + 1.2 * wear)
    flat = np.minimum(soft, rng.uniform(0.7, 1.2) + 0.15 * soft)
    size = relief.shape[0]
    scratches = np.zeros_like(relief)
    for _ in range(rng.integers(0, 7)):
        start, end = rng.uniform(0, size, 2), rng.normal(0, size / 4, 2)
        cv2.line(scratches, start.astype(int).tolist(), (start + end).astype(int).tolist(), 1.0, 1, cv2.LINE_AA)
    dents = np.clip(octaves(rng, size, size, 12, 3) - rng.uniform(0.70, 0.9), 0, 1)
    return flat - 0.12 * scratches - dents + 0.03 * octaves(rng, size, size, 30, 2)


def photograph(
    rng: Rng, relief: Map, outline: Map, material: str, *, turn: float, shift: float
) -> npt.NDArray[np.uint8]:
    """A photograph (SIDE x SIDE x 3, BGR) of a thing with this relief (0 to about 1) and outline (a mask).

    It lies up to `turn` radians and up to `shift` of the photograph's side off. Table, place, lamp, wear, dirt
    and camera are drawn from `rng` alone: none of them can tell what the relief shows.
    """
    lamp = Lamp.anywhere(rng)
    view = viewpoint(rng, relief.shape[0], (_SCENE, _SCENE), radius=(0.40, 0.485), turn=turn, tilt=0.08, shift=shift)
    seen = cv2.warpPerspective(_worn(rng, relief), view, (_SCENE, _SCENE))
    inside = cv2.warpPerspective(outline, view, (_SCENE, _SCENE))

    table, bumps = any_surface(rng, _SCENE, _SCENE)
    height = inside * (_THICK + _RELIEF * rng.uniform(0.7, 1.2) * seen) + (1 - inside) * bumps
    clean, dark = (np.array(colour, np.float32) for colour in MATERIALS[material])
    # hollows are as often pale as dark, so that a dark spot does not give away where hair or a beard is
    stain = dark if rng.random() < 0.5 else np.array(_LIME, np.float32) * rng.uniform(0.8, 1)
    hollow = np.clip(2.5 * (cv2.GaussianBlur(seen, (0, 0), 4) - seen), 0, 1)
    spots = np.clip(octaves(rng, _SCENE, _SCENE, 4, 4) * 2 - rng.uniform(0.7, 1.6), 0, 1)
    dirt = np.clip(hollow * rng.uniform(0.2, 1.0) + spots * rng.uniform(0, 0.7), 0, 1)
    coat = table + inside[..., None] * (clean + dirt[..., None] * (stain - clean) - table)

    gloss = inside * (1 - dirt) * rng.uniform(0.2, 0.9)
    diffuse, highlight = shade(height, lamp, gloss=gloss, sharpness=rng.uniform(6, 30), ambient=rng.uniform(0.2, 0.5))
    highlight += smooth(rng, _SCENE, _SCENE, 2) * inside * rng.uniform(0, 0.25)  # what the room reflects
    scene = coat * diffuse[..., None] + highlight[..., None] * (0.4 + 0.6 * clean)
    return exposed(rng, scene, SIDE, SIDE)
