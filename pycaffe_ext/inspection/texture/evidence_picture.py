"""Heat maps of class evidence, and the patches that say most, as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..figures import colour_bar, new_figure, png, show_image
from ..subject import Array

_OF_CLASS, _OF_OTHER, _UNKNOWN = "#009E73", "#D55E00", "0.6"

Pixels = npt.NDArray[Any]


class Heat(NamedTuple):
    """Evidence h x w for a class, and what to write above it."""

    evidence: Array
    title: str


class Patch(NamedTuple):
    """A patch H x W x 3 (BGR), its score, and whether its picture is of the class (None: not known)."""

    pixels: Pixels
    score: float
    is_of_class: bool | None


def evidence_picture(
    images: Sequence[Pixels], heats: Sequence[Sequence[Heat]], notes: Sequence[str], title: str
) -> bytes:
    """A PNG with one row per image, its heat maps beside it, all on one scale about 0."""
    columns = 1 + max(len(one) for one in heats)
    figure = new_figure(2.3 * columns + 1, 2.45 * len(images) + 0.6)
    panels = figure.subplots(len(images), columns, squeeze=False)
    largest = max(float(np.abs(heat.evidence).max()) for one in heats for heat in one) or 1.0
    shown = None
    for panel in panels.flat:
        panel.set_axis_off()
    for row, image, one, note in zip(panels, images, heats, notes, strict=True):
        row[0].set_axis_on()
        show_image(row[0], image, note)
        for panel, heat in zip(row[1:], one, strict=False):
            shown = panel.imshow(heat.evidence, cmap="RdBu_r", vmin=-largest, vmax=largest, interpolation="nearest")
            panel.set_title(heat.title, fontsize=9)
    colour_bar(figure, shown, list(panels.flat), "evidence (the mean over places is the class's score)")
    figure.suptitle(title, fontsize=12)
    return png(figure)


def patches_picture(rows: Mapping[str, Sequence[Patch]], title: str) -> bytes:
    """A PNG with a row of patches for each class; frames say whether their pictures are of the class."""
    from matplotlib.patches import Patch as Swatch

    columns = max(len(patches) for patches in rows.values())
    names = [_wrapped(name) for name in rows]
    margin = 0.3 + 0.08 * max(len(line) for name in names for line in name.split("\n"))
    figure = new_figure(1.15 * columns + margin, 1.4 * len(rows) + 1.0)
    panels = figure.subplots(len(rows), columns, squeeze=False)
    known = False
    for line, name, patches in zip(panels, names, rows.values(), strict=True):
        for panel in line[len(patches) :]:
            panel.set_axis_off()
        for panel, patch in zip(line, patches, strict=False):
            show_image(panel, patch.pixels, note=f"{patch.score:.3g}")
            known |= patch.is_of_class is not None
            colour = _UNKNOWN if patch.is_of_class is None else _OF_CLASS if patch.is_of_class else _OF_OTHER
            for spine in panel.spines.values():
                spine.set(color=colour, linewidth=2.5)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    if known:
        words = (("its picture is of the class", _OF_CLASS), ("of another", _OF_OTHER))
        swatches = [Swatch(facecolor="white", edgecolor=colour, linewidth=2, label=word) for word, colour in words]
        figure.legend(handles=swatches, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    figure.suptitle(title, fontsize=12)
    return png(figure)


def _wrapped(name: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(name, 18))
