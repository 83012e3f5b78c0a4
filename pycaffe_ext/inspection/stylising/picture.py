"""Pictures of a decoder's training, and of what it makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..figures import COLOURS, new_figure, png, show_image
from .adain import Losses

Picture = npt.NDArray[Any]


def losses_picture(losses: Sequence[Losses]) -> bytes:
    """A PNG: both errors by iteration, each step thin, the mean of 25 thick."""
    figure = new_figure(7, 3.4)
    panel = figure.subplots()
    window = min(25, len(losses))
    for name, colour, line in zip(("content", "style"), COLOURS, np.array(losses).T, strict=False):
        panel.plot(np.arange(1, len(line) + 1), line, color=colour, lw=0.5, alpha=0.4)
        smooth = np.convolve(line, np.ones(window) / window, "valid")
        panel.plot(np.arange(window, len(line) + 1), smooth, color=colour, lw=2, label=name)
    panel.set_yscale("log")
    panel.set_xlabel("iteration")
    panel.set_ylabel("error, as a share of what is wanted")
    panel.grid(alpha=0.3)
    panel.legend(frameon=False)
    figure.suptitle("Training of the decoder", fontsize=12)
    return png(figure)


def decoder_picture(shown: Sequence[Picture], made: Sequence[Picture]) -> bytes:
    """A PNG: pictures above what the decoder makes of their features."""
    figure = new_figure(1.7 * len(shown) + 0.4, 4.2)
    panels = figure.subplots(2, len(shown), squeeze=False)
    for column, (above, below) in enumerate(zip(shown, made, strict=True)):
        show_image(panels[0, column], above)
        show_image(panels[1, column], below)
    panels[0, 0].set_ylabel("picture")
    panels[1, 0].set_ylabel("decoded")
    figure.suptitle("What the decoder makes of features as they are", fontsize=12)
    return png(figure)


def stylised_picture(
    pictures: Sequence[Picture], styles: Sequence[Picture], made: Sequence[Sequence[Picture]]
) -> bytes:
    """A PNG: styles above, pictures on the left, and each picture in each style."""
    figure = new_figure(1.15 * (len(styles) + 1) + 0.2, 1.15 * (len(pictures) + 1) + 0.5)
    panels = figure.subplots(len(pictures) + 1, len(styles) + 1, squeeze=False)
    panels[0, 0].set_axis_off()
    panels[0, 0].text(
        0.5, 0.5, "style →\npicture ↓", ha="center", va="center", transform=panels[0, 0].transAxes, fontsize=9
    )
    for panel, style in zip(panels[0, 1:], styles, strict=True):
        show_image(panel, style)
    for row, picture, line in zip(panels[1:], pictures, made, strict=True):
        show_image(row[0], picture)
        for panel, one in zip(row[1:], line, strict=True):
            show_image(panel, one)
    figure.suptitle("Pictures in the style of others", fontsize=12)
    return png(figure)
