"""What a net makes of a picture while a grey square covers one part of it after another.

Zeiler and Fergus 2013, section 4.2 and figure 7: where the class's probability falls, the net has looked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...errors import OptionError
from ..backprojection import Array
from ..photographs import Pixels
from ..running import forward_only
from ..subject import Subject
from .class_scores import ClassScores

_NOTHING = (0, 0, 0, 0)


@dataclass(frozen=True)
class Occlusion:
    """Maps of rows x columns positions; position (i, j) covers the square about pixel ((i + 1/2), (j + 1/2)) x stride.

    `probability`: of each class, rows x columns x classes; `activity`: sum of the strongest unit's map; `whole` and
    `whole_activity`: both of the picture that nothing covers. `unit`: the unit of the blob whose largest number is
    the largest in the whole picture.
    """

    probability: Array
    activity: Array
    whole: Array
    whole_activity: float
    unit: int

    @property
    def likeliest(self) -> npt.NDArray[np.int64]:
        """The likeliest class at each position."""
        return np.asarray(self.probability.argmax(axis=2), np.int64)


def positions(size: tuple[int, int], square: int, stride: int) -> list[list[tuple[int, int, int, int]]]:
    """Rows of squares (top, left, bottom, right), clipped to the picture, whose middles are `stride` apart.

    Raises OptionError where square or stride is not from 1 to the picture's shorter side.
    """
    if not (1 <= square <= min(size) and 1 <= stride <= min(size)):
        raise OptionError(f"square and stride are 1 to {min(size)} pixels, not {square} and {stride}")
    spans = []
    for length in size:
        middles = [int((i + 0.5) * stride) for i in range(-(-length // stride))]
        starts = [min(middle, length - 1) - square // 2 for middle in middles]
        spans.append([(max(start, 0), min(start + square, length)) for start in starts])
    return [[(top, left, bottom, right) for left, right in spans[1]] for top, bottom in spans[0]]


def occlude(
    subject: Subject,
    pixels: Pixels,
    scores: ClassScores,
    blob: str,
    *,
    square: int,
    stride: int,
    grey: float = 128,
    batch: int = 32,
    done: Callable[[int], None] = lambda count: None,
) -> Occlusion:
    """`pixels`: H x W x 3 of the input's size; `square`, `stride`: in its pixels; `grey`: 0 to 255, what covers.

    `blob`: where the strongest unit is looked for. `done` is called with the number of positions that were shown.
    """
    image = subject.scaling.apply(pixels, subject.channels)
    cover = subject.scaling.apply(np.full_like(pixels, grey, np.float32), subject.channels)
    grid = positions(subject.size, square, stride)
    squares = [_NOTHING, *(one for row in grid for one in row)]  # the whole picture goes with the first batch
    probability = np.empty((len(squares), scores.count), np.float32)
    activity = np.empty(len(squares), np.float32)
    unit, start = -1, 0
    with forward_only(subject):
        for shown in _covered(image, cover, squares, batch):
            held = subject.forward(shown, [blob])
            maps = held[blob].reshape(len(shown), held[blob].shape[1], -1)
            unit = int(maps[0].max(axis=1).argmax()) if start == 0 else unit
            part = slice(start, start + len(shown))
            probability[part] = scores.probabilities(held[scores.output])
            activity[part] = maps[:, unit].sum(axis=1)
            start += len(shown)
            done(start - 1)
    shape = (len(grid), len(grid[0]))
    return Occlusion(
        probability[1:].reshape(*shape, -1), activity[1:].reshape(shape), probability[0], float(activity[0]), unit
    )


def _covered(image: Array, cover: Array, squares: list[tuple[int, int, int, int]], size: int) -> Iterator[Array]:
    """Batches of the image with one square covered in each; one array, written anew for each batch."""
    batch = np.repeat(image[None], min(size, len(squares)), axis=0)
    for start in range(0, len(squares), size):
        part = squares[start : start + size]
        for item, (top, left, bottom, right) in zip(batch, part, strict=False):
            item[:, top:bottom, left:right] = cover[:, top:bottom, left:right]
        yield batch[: len(part)]
        for item, (top, left, bottom, right) in zip(batch, part, strict=False):
            item[:, top:bottom, left:right] = image[:, top:bottom, left:right]
