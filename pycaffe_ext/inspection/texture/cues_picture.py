"""Decisions for shape and for texture as bars."""

from __future__ import annotations

from collections.abc import Mapping

from ..figures import COLOURS, new_figure, png
from .cues import Bias


def cues_picture(by_shape: Mapping[str, Bias], overall: Bias, title: str) -> bytes:
    """A PNG: for each shape's pictures the shares of decisions for shape, texture and neither, and all together."""
    rows = {**by_shape, "all": overall}
    figure = new_figure(8, 0.34 * len(rows) + 1.7)
    panel = figure.subplots()
    kinds = (("for the shape", COLOURS[0]), ("for neither", "0.85"), ("for the texture", COLOURS[1]))
    left = [0.0] * len(rows)
    for index, (label, colour) in enumerate(kinds):
        parts = [(one.shape, one.neither, one.texture)[index] / max(sum(one), 1) for one in rows.values()]
        panel.barh(range(len(rows)), parts, 0.8, left=left, color=colour, label=label)
        left = [before + part for before, part in zip(left, parts, strict=True)]
    for place, one in enumerate(rows.values()):
        text = "-" if one.value != one.value else f"{one.value:.0%}"
        panel.text(1.015, place, text, va="center", fontsize=9, weight="bold" if place == len(rows) - 1 else None)
    panel.text(1.015, -0.95, "shape bias", fontsize=8, va="center")
    panel.set_yticks(range(len(rows)), [*by_shape, "all"], fontsize=9)
    panel.invert_yaxis()
    panel.set_xlim(0, 1)
    panel.set_ylabel("shape in the picture")
    panel.set_xlabel("share of decisions")
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    figure.suptitle(title, fontsize=12)
    return png(figure)
