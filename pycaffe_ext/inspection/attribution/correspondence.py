"""Whether a net relates the same part of different objects to each other (Zeiler and Fergus 2013, section 4.3).

Part p of picture i is covered with grey; e = x - x', the change of a layer's features, is taken by its signs. The
fewer signs differ between two pictures with the same part covered, the more the net treats it as the same thing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...errors import DataError
from ..patches import Box
from ..photographs import Photographs, Pixels
from ..running import forward_only, in_batches
from ..subject import Subject
from .parts import WHOLE, PartedImage

Signs = npt.NDArray[np.int8]
_BATCH = 16
_ROUNDING = 1e-5  # of a blob's largest number: less is no change, but float32 sums taken in another order


class Agreement(NamedTuple):
    """Share of signs that differ between two pictures, 0 to 1: its mean and standard deviation over `pairs` pairs."""

    mean: float
    deviation: float
    pairs: int


class Correspondence(NamedTuple):
    """How little the covering of a part agrees between pictures, and that of random parts of its size."""

    part: Agreement
    random: Agreement

    @property
    def ratio(self) -> float:
        """Below 1 the net relates this part of one picture to that of another."""
        return self.part.mean / self.random.mean if self.random.mean else 1.0


def sign_differences(signs: Signs) -> npt.NDArray[np.float64]:
    """Of pictures x features (-1, 0, 1): for each pair of pictures the share of features whose signs differ."""
    return np.array([(one != other).mean() for one, other in combinations(signs, 2)])


def correspondence(
    subject: Subject,
    images: Sequence[PartedImage],
    blobs: Sequence[str],
    *,
    draws: int = 5,
    grey: float = 128,
    seed: int = 0,
    done: Callable[[int], None] = lambda count: None,
) -> dict[str, dict[str, Correspondence]]:
    """Of each blob, by part.

    Random parts are `draws` per picture and part, of that part's size, somewhere in the picture or in its part
    "object". What the size of a part does to the share is so done to both; the pairs of all draws count alike. In
    memory are the signs of all pictures, a byte each. `done` is called with the number of pictures done.
    Raises FileError, DataError.
    """
    rng = np.random.default_rng(seed)
    names = [name for name in images[0].parts if name != WHOLE]
    signs: dict[str, list[Signs]] = {blob: [] for blob in blobs}  # by picture: covers x features
    with forward_only(subject):
        for number, image in enumerate(images):
            pixels = Photographs(image.path)[0].pixels
            boxes = [_inside(image.parts[name], pixels, image.path) for name in names]
            whole = _inside(image.parts.get(WHOLE) or Box(0, 0, *pixels.shape[:2]), pixels, image.path)
            covers = [cover for box in boxes for cover in [box, *[_elsewhere(box, whole, rng) for _ in range(draws)]]]
            for blob, found in _changes(subject, pixels, covers, blobs, grey).items():
                signs[blob].append(found)
            done(number + 1)
    return {
        blob: {
            name: _compared(np.stack(of_images, axis=1)[place * (draws + 1) : (place + 1) * (draws + 1)])
            for place, name in enumerate(names)
        }
        for blob, of_images in signs.items()
    }


def _changes(
    subject: Subject, pixels: Pixels, covers: Sequence[Box], blobs: Sequence[str], grey: float
) -> dict[str, Signs]:
    """Of each blob covers x features: the signs of what the picture's features lose when a box is covered."""
    whole = subject.forward(subject.batch([pixels]), blobs)
    found: dict[str, list[Signs]] = {blob: [] for blob in blobs}
    for some in in_batches(covers, _BATCH):
        held = subject.forward(subject.batch([_covered(pixels, box, grey) for box in some]), blobs)
        for blob in blobs:
            lost = (whole[blob] - held[blob]).reshape(len(some), -1)
            lost[np.abs(lost) <= _ROUNDING * np.abs(whole[blob]).max()] = 0
            found[blob].append(np.asarray(np.sign(lost), np.int8))
    return {blob: np.concatenate(parts) for blob, parts in found.items()}


def _compared(signs: Signs) -> Correspondence:
    """Of covers x pictures x features, the part itself first, then the random ones."""
    own, *others = (sign_differences(one) for one in signs)
    return Correspondence(_agreement(own), _agreement(np.concatenate(others)))


def _agreement(shares: npt.NDArray[np.float64]) -> Agreement:
    return Agreement(float(shares.mean()), float(shares.std()), len(shares))


def _covered(pixels: Pixels, box: Box, grey: float) -> Pixels:
    found: Pixels = pixels.copy()
    found[box.top : box.bottom, box.left : box.right] = round(grey)
    return found


def _inside(box: Box, pixels: Pixels, path: str) -> Box:
    height, width = pixels.shape[:2]
    if box.bottom > height or box.right > width:
        raise DataError(f"{path}: has {width} x {height} pixels, a part reaches to ({box.right}, {box.bottom})")
    return box


def _elsewhere(box: Box, whole: Box, rng: np.random.Generator) -> Box:
    """A box of the same size, as far as that fits, anywhere in `whole`."""
    height = min(box.bottom - box.top, whole.bottom - whole.top)
    width = min(box.right - box.left, whole.right - whole.left)
    top = int(rng.integers(whole.top, whole.bottom - height + 1))
    left = int(rng.integers(whole.left, whole.right - width + 1))
    return Box(top, left, top + height, left + width)
