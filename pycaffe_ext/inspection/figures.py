"""What all pictures share: colours, images and heat maps in panels, a figure as a PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#555555")
"""For lines and bars; the colour-blind tell them apart."""


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches, whose parts find their room by themselves."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=130, layout="constrained")


def png(figure: Figure) -> bytes:
    """The figure as the bytes of a PNG, the same for the same figure; its edges are where what is drawn ends."""
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None}, bbox_inches="tight", pad_inches=0.1)
    return file.getvalue()


def as_png(pixels: npt.NDArray[Any]) -> bytes:
    """Pixels H x W x 3 (BGR, 0 to 255) as the bytes of a PNG of that size."""
    import cv2

    return bytes(cv2.imencode(".png", np.clip(np.rint(pixels), 0, 255).astype(np.uint8))[1])


def show_image(panel: Axes, pixels: npt.NDArray[Any], title: str = "", note: str = "") -> None:
    """A photograph H x W x 3 (BGR, 0 to 255), without axes; `note` goes below it."""
    panel.imshow(np.clip(pixels[..., ::-1], 0, 255).astype(np.uint8), interpolation="nearest")
    panel.set_xticks([])
    panel.set_yticks([])
    if title:
        panel.set_title(title, fontsize=9)
    if note:
        panel.set_xlabel(note, fontsize=8)


def colour_bar(figure: Figure, shown: Any, panels: Sequence[Axes], label: str) -> None:
    """A colour bar beside the panels, with its unit."""
    bar = figure.colorbar(shown, ax=list(panels), shrink=0.8, aspect=18)
    bar.set_label(label, fontsize=9)
    bar.ax.tick_params(labelsize=8)


def as_picture(values: npt.NDArray[Any], spread: float = 0.1) -> npt.NDArray[np.uint8]:
    """Numbers H x W x 3 about 0, such as gradients, as a picture about grey (`spread`: of the standard deviation).

    0 becomes 128, one standard deviation `spread` x 256 above it.
    """
    deviation = float(values.std()) or 1.0
    return np.clip(values / deviation * spread * 256 + 128, 0, 255).astype(np.uint8)
