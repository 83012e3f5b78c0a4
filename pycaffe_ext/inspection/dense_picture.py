"""A picture of dense predictions: each image beside its truth, the classes it was given, and a heat map per class."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .dense import Labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TILE = 1.35  # inches
# The first class is what the others stand out from; colours that the colour-blind tell apart.
_COLOURS = ("#1b1b1b", "#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00", "#0072B2")


def dense_picture(
    images: Sequence[npt.NDArray[np.uint8]],
    truths: Sequence[Labels],
    probabilities: Sequence[npt.NDArray[np.floating[Any]]],
    classes: Sequence[str],
    *,
    title: str,
) -> bytes:
    """A PNG with one row per image.

    `images`: H x W x 3, BGR; `truths`: h x w, `probabilities`: K x h x w (any h, w: a label covers H/h x W/w pixels);
    `classes`: K names, at most 8. Heat maps share one scale from 0 to 1.
    """
    from matplotlib.colors import ListedColormap, Normalize
    from matplotlib.figure import Figure

    colours = ListedColormap(_COLOURS[: len(classes)])
    of_labels: dict[str, Any] = {"cmap": colours, "norm": Normalize(-0.5, len(classes) - 0.5)}
    of_heat: dict[str, Any] = {"cmap": "inferno", "norm": Normalize(0, 1)}
    headings = ["image", "truth", "prediction", *(f"p({name})" for name in classes)]
    height, width = images[0].shape[:2]
    size = (_TILE * len(headings) * max(1, width / height) + 0.6, _TILE * len(images) * max(1, height / width) + 1.2)
    figure = Figure(figsize=size, dpi=130, layout="constrained")
    panels = figure.subplots(len(images), len(headings), squeeze=False)
    for row, image, truth, given in zip(panels, images, truths, probabilities, strict=True):
        _show(row[0], image[..., ::-1])
        _show(row[1], truth, **of_labels)
        _show(row[2], given.argmax(axis=0), **of_labels)
        for panel, heat in zip(row[3:], given, strict=True):
            _show(panel, heat, **of_heat)
    for panel, heading in zip(panels[0], headings, strict=True):
        panel.set_title(heading, fontsize=9)
    figure.suptitle(title, fontsize=12)
    _scale(figure, panels[:, -1], **of_heat)
    _legend(figure, classes)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def _show(panel: Axes, pixels: npt.NDArray[Any], **how: Any) -> None:
    panel.imshow(pixels, interpolation="nearest", **how)
    panel.set_axis_off()


def _scale(figure: Figure, beside: npt.NDArray[Any], **how: Any) -> None:
    from matplotlib.cm import ScalarMappable

    bar = figure.colorbar(ScalarMappable(**how), ax=list(beside), shrink=min(1.0, 3 / len(beside)), aspect=16)
    bar.set_label("probability", fontsize=9)
    bar.ax.tick_params(labelsize=8)


def _legend(figure: Figure, classes: Sequence[str]) -> None:
    from matplotlib.patches import Patch

    patches = [
        Patch(facecolor=colour, edgecolor="0.5", label=name) for colour, name in zip(_COLOURS, classes, strict=False)
    ]
    figure.legend(handles=patches, loc="outside lower center", ncols=len(classes), frameon=False, fontsize=9)
