"""The camera: where it stands, and what its lens and sensor do to a picture."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .noise import Map, Rng, grain


def viewpoint(
    rng: Rng, plate: int, photo: tuple[int, int], *, radius: tuple[float, float], turn: float, tilt: float, shift: float
) -> npt.NDArray[np.float64]:
    """A 3 x 3 matrix that takes a plate of `plate` pixels into a photo of (rows, columns).

    `radius`: smallest and largest half side of the plate in the photo, `shift`: largest shift of its centre, both as
    a share of the photo's smaller side; `turn`: largest rotation in radians; `tilt`: largest perspective, as a share
    of the plate's side.
    """
    rows, columns = photo
    side = min(rows, columns)
    half = rng.uniform(*radius) * side
    angle = rng.uniform(-turn, turn)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64) + rng.uniform(-tilt, tilt, (4, 2))
    corners *= (1, rng.uniform(1 - tilt, 1))
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    centre = np.array([columns, rows]) / 2 + rng.uniform(-shift, shift, 2) * side
    target = (corners @ rotation * half + centre).astype(np.float32)
    source = np.array([[0, 0], [plate, 0], [plate, plate], [0, plate]], np.float32)
    return cv2.getPerspectiveTransform(source, target)


def exposed(rng: Rng, scene: Map, rows: int, columns: int) -> npt.NDArray[np.uint8]:
    """The photo (rows x columns x 3, BGR) of a scene in linear light (any larger size): lens, sensor, processing."""
    sharp = cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.3, 1.0))
    small = cv2.resize(sharp, (columns, rows), interpolation=cv2.INTER_AREA)
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    corner_loss = 1 - rng.uniform(0, 0.25) * (x * x + y * y)
    white_balance = np.exp(rng.normal(0, 0.06, 3))
    light = small * rng.uniform(0.7, 1.1) * white_balance * corner_loss[..., None]
    curve = np.clip(light, 0, 1) ** rng.uniform(0.75, 1.05)
    contrast = rng.uniform(0.85, 1.1)
    curve = (curve - 0.5) * contrast + 0.5
    noise = rng.uniform(0.005, 0.025)
    for channel in range(3):
        curve[..., channel] += noise * grain(rng, rows, columns)
    return np.round(np.clip(curve, 0, 1) * 255).astype(np.uint8)
