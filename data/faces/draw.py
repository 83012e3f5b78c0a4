"""Portraits with a label map each: background, left eye, right eye, nose tip, mouth."""

from __future__ import annotations

import cv2
import numpy as np
from photo.camera import exposed, viewpoint
from photo.files import Drawn, jpeg, png
from photo.light import Lamp, shade
from photo.noise import Map, Rng, smooth
from photo.surfaces import any_surface

from . import features, outfit
from .canvas import PLATE, Canvas, Person

COUNTS = {"train": 800, "test": 200}
ROWS, COLUMNS = 112, 96  # of a portrait and its label map
_SCENE = (ROWS * 3 // 2, COLUMNS * 3 // 2)  # drawn larger than photographed


def _painted(rng: Rng) -> Canvas:
    canvas, person = Canvas(), Person.anybody(rng)
    style = rng.random()
    if 0.1 < style < 0.5:
        outfit.hair_behind(rng, canvas, person)
    outfit.shoulders(rng, canvas, person)
    features.head(rng, canvas, person)
    features.nose(rng, canvas, person)
    features.mouth(rng, canvas, person)
    features.eyes(rng, canvas, person)
    if style > 0.1:
        outfit.hair_before(rng, canvas, person)
    if rng.random() < 0.2:
        outfit.hat(rng, canvas, person)
    return canvas


def draw(seed: int, part: int, index: int) -> Drawn:
    """Portrait `index` of a part (0 train, 1 test) and its label map: the same for the same three numbers."""
    rng = np.random.default_rng((seed, part, index))
    canvas = _painted(rng)
    view = viewpoint(rng, PLATE.size, _SCENE, radius=(0.50, 0.70), turn=0.3, tilt=0.05, shift=0.12)

    def placed(layer: Map) -> Map:  # clothes go on below the canvas
        return cv2.warpPerspective(layer, view, _SCENE[::-1], borderMode=cv2.BORDER_REPLICATE)

    shown = placed(canvas.covered)[..., None]
    wall = cv2.GaussianBlur(any_surface(rng, *_SCENE)[0], (0, 0), rng.uniform(0.3, 3))
    wall *= 0.6 + 0.8 * smooth(rng, *_SCENE, 2)[..., None]
    colour = wall + shown * (placed(canvas.colour) - wall)
    height = cv2.GaussianBlur(placed(canvas.height), (0, 0), 0.8)
    gloss = placed(canvas.gloss)
    lamp = Lamp(rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 1.2))
    diffuse, highlight = shade(height, lamp, gloss=0.5 * gloss, sharpness=20, ambient=rng.uniform(0.35, 0.7))
    photo = exposed(rng, colour * diffuse[..., None] + highlight[..., None], ROWS, COLUMNS)

    shrink = np.diag([COLUMNS / _SCENE[1], ROWS / _SCENE[0], 1.0])
    label = cv2.warpPerspective(canvas.label, shrink @ view, (COLUMNS, ROWS), flags=cv2.INTER_NEAREST)
    return {f"images/{index:04d}.jpg": jpeg(photo), f"labels/{index:04d}.png": png(label)}
