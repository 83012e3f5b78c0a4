"""Pictures of textures alone, in colours drawn at random: styles for nets that transfer them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .pattern import SIDE, TEXTURES, Rng, _soft, _texture


def weave(rng: Rng, texture: int) -> npt.NDArray[np.uint8]:
    """128 x 128 x 3 (BGR): a texture of three colours."""
    colours = rng.uniform(0, 1, (3, 3))
    pattern, spots = _texture(rng, TEXTURES[texture])[..., None], _soft(rng, 20)[..., None]
    mixed = pattern * (spots * colours[0] + (1 - spots) * colours[1]) + (1 - pattern) * colours[2]
    pixels = np.asarray(np.clip(255 * mixed, 0, 255), np.uint8)
    return np.asarray(cv2.resize(pixels, (2 * SIDE, 2 * SIDE), interpolation=cv2.INTER_CUBIC))
