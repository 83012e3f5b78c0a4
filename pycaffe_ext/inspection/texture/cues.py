"""Shape against texture: what a net sees in pictures of one thing's shape with another one's texture.

Geirhos et al., "ImageNet-trained CNNs are biased towards texture; increasing shape bias improves accuracy and
robustness", ICLR 2019. The shape bias is the share of shape among the decisions that are for one of both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...errors import DataError
from ...proto.files import read_bytes
from ..attribution.class_scores import class_scores
from ..photographs import Photograph
from ..running import forward_only, in_batches
from ..subject import Subject

_CUES = re.compile(r"([^\d-]+)\d*-([^\d-]+)\d*\.[^.]+")

Categories = Mapping[str, Sequence[int]]
"""Names and the net's classes that count as each."""


class Decision(NamedTuple):
    """A picture's shape and texture, and the category that the net gave it."""

    name: str
    shape: str
    texture: str
    chosen: str


class Bias(NamedTuple):
    """Counts of decisions for the shape, for the texture, and for neither."""

    shape: int
    texture: int
    neither: int

    @property
    def value(self) -> float:
        """The shape bias, 0 to 1; nan where no decision was for either."""
        decided = self.shape + self.texture
        return self.shape / decided if decided else float("nan")


def cues_of(name: str) -> tuple[str, str]:
    """Shape and texture from a file's name, as cat4-truck3.png has them. Raises DataError."""
    found = _CUES.fullmatch(Path(name).name)
    if not found:
        raise DataError(f"{name}: no cue-conflict name; one is SHAPE[N]-TEXTURE[N].png, such as cat4-truck3.png")
    return found[1], found[2]


def read_categories(path: str, classes: int) -> dict[str, list[int]]:
    """Lines "name number number ...": the net's classes that count as each category. Raises FileError, DataError."""
    found: dict[str, list[int]] = {}
    for number, line in enumerate(read_bytes(path).decode(errors="replace").splitlines(), start=1):
        name, *labels = line.replace(":", " ").replace(",", " ").split() or [""]
        if not name or name.startswith("#"):
            continue
        if not labels or not all(label.isdigit() and int(label) < classes for label in labels) or name in found:
            problem = f"is a name (once) and numbers of classes, 0 to {classes - 1}, such as: cat 281 282 283"
            raise DataError(f"{path}:{number}: a line {problem}; not '{line.strip()}'")
        found[name] = [int(label) for label in labels]
    if len(found) < 2:
        raise DataError(f"{path}: names {len(found)} categories; two are needed")
    return found


def decide(
    subject: Subject,
    photographs: Sequence[Photograph],
    cues: Callable[[Photograph], tuple[str, str]],
    categories: Categories,
    *,
    batch: int = 16,
    done: Callable[[int], None] = lambda count: None,
) -> list[Decision]:
    """The category of each picture: the one whose classes have the highest mean probability (as the paper has it).

    Pictures whose shape and texture are of one category are left out. Raises DataError for a cue that is no category.
    """
    scores = class_scores(subject)
    found = []
    names = list(categories)
    with forward_only(subject):
        for some in in_batches(photographs, batch, done):
            given = scores.probabilities(subject.forward(subject.batch([one.pixels for one in some]))[scores.output])
            means = np.stack([given[:, list(classes)].mean(axis=1) for classes in categories.values()], axis=1)
            for one, chosen in zip(some, means.argmax(axis=1), strict=True):
                shape, texture = cues(one)
                for cue in (shape, texture):
                    if cue not in categories:
                        raise DataError(f"{one.name}: '{cue}' is none of the categories {', '.join(names)}")
                if shape != texture:
                    found.append(Decision(one.name, shape, texture, names[chosen]))
    if not found:
        raise DataError("no picture has the shape of one category and the texture of another")
    return found


def bias(decisions: Sequence[Decision]) -> Bias:
    """Counts over decisions."""
    shape = sum(one.chosen == one.shape for one in decisions)
    texture = sum(one.chosen == one.texture for one in decisions)
    return Bias(shape, texture, len(decisions) - shape - texture)


def bias_by_shape(decisions: Sequence[Decision]) -> dict[str, Bias]:
    """Of the pictures of each shape."""
    shapes = dict.fromkeys(one.shape for one in decisions)
    return {shape: bias([one for one in decisions if one.shape == shape]) for shape in sorted(shapes)}
