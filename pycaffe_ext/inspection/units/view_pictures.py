"""Pictures of views: what a unit was shown beside what its activity is traced back to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..patches import cut
from .strongest import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

GREY = 128
_SHARE = 99.9  # per cent of the numbers that are shown in their own strength; the rest takes the full one


def traced_picture(traced: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Signed numbers about grey, which is 0, with all contrast that their own range allows."""
    largest = float(np.percentile(np.abs(traced), _SHARE)) or float(np.abs(traced).max()) or 1.0
    return np.clip(traced / largest * 127 + GREY, 0, 255).astype(np.uint8)


def view_pair(view: View) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """What the unit's strongest place sees, and what it is traced back to there; of one size."""
    patch = cut(view.seen, view.box, 255)
    return np.asarray(patch, np.uint8), traced_picture(cut(view.traced, view.box, 0))


def tiles(pictures: Sequence[npt.NDArray[np.uint8]], columns: int, rows: int, gap: float = 0.04) -> npt.NDArray[Any]:
    """Pictures of one size or smaller in a grid, white between them, each in the middle of its square."""
    height = max((picture.shape[0] for picture in pictures), default=1)
    width = max((picture.shape[1] for picture in pictures), default=1)
    between = max(1, round(gap * max(height, width)))
    sheet = np.full((rows * (height + between) - between, columns * (width + between) - between, 3), 255, np.uint8)
    for number, picture in enumerate(pictures[: rows * columns]):
        row, column = divmod(number, columns)
        top = row * (height + between) + (height - picture.shape[0]) // 2
        left = column * (width + between) + (width - picture.shape[1]) // 2
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return sheet


def mark(panel: Axes, view: View) -> None:
    """A frame about the pixels that the unit's strongest place sees."""
    from matplotlib.patches import Rectangle

    height, width = view.seen.shape[:2]
    top, left = max(view.box.top, 0), max(view.box.left, 0)
    bottom, right = min(view.box.bottom, height), min(view.box.right, width)
    frame = Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False, edgecolor="#D55E00", linewidth=2)
    panel.add_patch(frame)


def show_sheet(figure: SubFigure, found: Sequence[View], title: str, columns: int, rows: int) -> None:
    """Two sheets side by side: reconstructions left, the patches that they come from right."""
    from ..figures import show_image

    panels = figure.subplots(1, 2)
    pairs = [view_pair(view) for view in found]
    figure.suptitle(title, fontsize=9)
    for panel, pictures in zip(panels, ([back for _, back in pairs], [patch for patch, _ in pairs]), strict=True):
        show_image(panel, tiles(pictures, columns, rows))
        for side in panel.spines.values():
            side.set_visible(False)
