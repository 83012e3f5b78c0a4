"""Heat maps over the pictures that they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..backprojection import Array
from ..figures import colour_bar, new_figure, png, show_image
from ..photographs import Pixels
from .gradcam import enlarged

_ACROSS = 3  # pairs of picture and heat map


class Heat(NamedTuple):
    """A picture H x W x 3, its map h x w (not negative), what stands above the map, and the picture's name."""

    pixels: Pixels
    heat: Array
    title: str
    name: str


def heat_picture(found: Sequence[Heat], title: str, unit: str) -> bytes:
    """A PNG: each picture beside its map laid over it; every map's largest number takes the full colour."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    across = min(_ACROSS, len(found))
    down = -(-len(found) // across)
    figure = new_figure(4.7 * across + 0.9, 2.65 * down + 0.6)
    figure.suptitle(title, fontsize=11)
    panels = figure.subplots(down, 2 * across, squeeze=False)
    for panel in panels.flat:
        panel.set_axis_off()
    for (left, right), one in zip(panels.reshape(-1, 2), found, strict=False):
        height, width = one.pixels.shape[:2]
        left.set_axis_on()
        show_image(left, one.pixels, one.name[-32:])
        show_image(right, one.pixels, one.title[:36])
        heat = enlarged(one.heat, (height, width)) / (float(one.heat.max()) or 1.0)
        right.imshow(heat, cmap="inferno", vmin=0, vmax=1, alpha=0.65)
    scale = ScalarMappable(Normalize(0, 1), "inferno")
    colour_bar(figure, scale, list(panels.flat), unit)
    return png(figure)
