"""How often a net is right about pictures whose class is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError, OptionError
from .features.extraction import Extractor, extract
from .photographs import Photograph
from .subject import Subject

Ints = npt.NDArray[np.int64]
_BEST = 5


@dataclass(frozen=True)
class Judged:
    """`labels`: the true class of each of N pictures. `best`: the classes with the highest scores, N x 5 (fewer where
    there are fewer classes), `probabilities`: theirs, `ranks`: the place of the true class, 0 for the first."""

    names: list[str]
    labels: Ints
    best: Ints
    probabilities: npt.NDArray[np.float32]
    ranks: Ints
    classes: int

    def top(self, k: int) -> float:
        """The share of pictures whose class is among the k highest scores."""
        return float((self.ranks < k).mean())

    def error(self, k: int) -> float:
        """The standard error of that share."""
        share = self.top(k)
        return sqrt(share * (1 - share) / len(self.ranks))

    def by_class(self) -> list[tuple[int, int, float, float]]:
        """Class, pictures, shares right among the first and the first five; the worst classes first."""
        found = []
        for label in np.unique(self.labels):
            ranks = self.ranks[self.labels == label]
            found.append((int(label), len(ranks), float((ranks < 1).mean()), float((ranks < _BEST).mean())))
        return sorted(found, key=lambda row: (row[2], row[3], -row[1], row[0]))

    def confusions(self) -> list[tuple[int, int, int]]:
        """True class, class given instead, how often; the most frequent first."""
        wrong = self.ranks > 0
        pairs = np.stack([self.labels[wrong], self.best[wrong, 0]], axis=1)
        if not len(pairs):
            return []
        kinds, counts = np.unique(pairs, axis=0, return_counts=True)
        found = [(int(true), int(given), int(count)) for (true, given), count in zip(kinds, counts, strict=True)]
        return sorted(found, key=lambda row: (-row[2], row[0], row[1]))


ClassOf = Callable[[str, int | None], int]
"""From a picture's name and label in its source to its class as the net counts."""


def judge(
    subject: Subject, photographs: Sequence[Photograph], class_of: ClassOf, *, crops: int = 1, batch: int = 16
) -> Judged:
    """Shows the net all pictures.

    `crops`: 1, the middle of each picture, or 10, the mean of the probabilities of ten crops of the middle square of
    `scaling.side` (Krizhevsky et al., 2012). Scores of a net without Softmax go through one.
    Raises OptionError for another number of crops or a net with maps of scores, DataError for labels that are no class.
    """
    if crops not in (1, 10):
        raise OptionError(f"crops are 1 (the middle) or 10, not {crops}")
    output = subject.output
    shape = tuple(subject.net.blobs[output].shape)
    if len(shape) < 2 or any(size != 1 for size in shape[2:]):
        raise OptionError(
            f"output '{output}' of shape {shape} is no row of scores for each picture (see probe.py dense)"
        )
    classes = shape[1]
    extractor = Extractor(subject, [output], oversample="all" if crops == 10 else None)
    is_probability = subject.net.param.layer[-1].type in ("Softmax", "Sigmoid")
    names: list[str] = []
    labels: list[int] = []
    parts = []
    for rows in extract([extractor], photographs, batch=batch):
        scores = rows.features[output].reshape(len(rows.names), crops, classes)
        probabilities = (scores if is_probability else softmax(scores)).mean(axis=1)
        order = np.argsort(-probabilities, axis=1, kind="stable")
        true = np.array([class_of(name, label) for name, label in zip(rows.names, rows.labels, strict=True)])
        _check(rows.names, true, classes)
        best = order[:, :_BEST]
        parts.append((best, np.take_along_axis(probabilities, best, axis=1), (order == true[:, None]).argmax(axis=1)))
        names += rows.names
        labels += true.tolist()
    best, shares, ranks = (np.concatenate([part[index] for part in parts]) for index in range(3))
    return Judged(
        names,
        np.array(labels, np.int64),
        best.astype(np.int64),
        shares.astype(np.float32),
        ranks.astype(np.int64),
        classes,
    )


def softmax(scores: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _check(names: Sequence[str], labels: Ints, classes: int) -> None:
    for name, label in zip(names, labels, strict=True):
        if not 0 <= label < classes:
            raise DataError(f"{name}: label {label} is outside 0..{classes - 1}: the net has {classes} classes")


def class_finder(folders: Sequence[str], lines: Sequence[str]) -> ClassOf:
    """The class of a picture as the net counts.

    `folders`: the source's classes where it has a folder for each, `lines`: of the file of the net's class names.
    Folders are found there by WordNet id or name, and so are pictures without labels whose file names begin with a
    WordNet id (n01440764_tench.jpg); where no folder is, folders count in the order of their names.
    What it gives raises DataError for a picture whose class is not known.
    """
    number = {key: label for label, line in reversed(list(enumerate(lines))) for key in _keys(line)}
    of_folders = [number.get(_plain(folder)) for folder in folders]
    if not any(label is not None for label in of_folders):
        of_folders = list(range(len(folders)))

    def class_of(name: str, label: int | None) -> int:
        found = number.get(Path(name).name[:9]) if label is None else of_folders[label] if folders else label
        if found is None:
            raise DataError(
                f"{name}: its class is not known; take a folder per class, a list file with labels, or names that "
                "begin with a WordNet id, with --classes"
            )
        return found

    return class_of


def _keys(line: str) -> list[str]:
    """WordNet id and names of a line such as "n01440764 tench, Tinca tinca"."""
    first, _, rest = line.strip().partition(" ")
    names = (rest if first[:1] == "n" and first[1:].isdigit() else line).split(",")
    return [first, *map(_plain, names)]


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", " ")
