"""How a cross-validated classifier did: the same table, picture and words wherever one is used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..figures import colour_bar, new_figure, png
from .validation import Validated

if TYPE_CHECKING:
    from ..results import Results


def confusion_counts(found: Validated, classes: int) -> np.ndarray:
    """How many of each true class (row) were given each class (column), classes x classes."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (found.labels, found.predicted), 1)
    return counts


def say_validated(results: Results, found: Validated, names: Sequence[str], title: str) -> None:
    """The accuracy of all and of each class, and a picture of what is taken for what."""
    counts = confusion_counts(found, len(names))
    totals = counts.sum(axis=1)
    folds = ", ".join(f"{value:.1%}" for value in found.of_folds)
    rows = [
        [name, int(total), counts[k, k] / total if total else None]
        for k, (name, total) in enumerate(zip(names, totals, strict=True))
    ]
    results.table("classes", ["class", "pictures", "accuracy"], rows, title)
    results.say(
        f"Accuracy on pictures that the classifier had not seen: {found.accuracy:.1%} +- {found.error:.1%} (standard "
        f"error; folds: {folds}). Always answering with the most frequent class gives {found.constant:.1%}."
    )
    if len(names) <= 60:
        results.picture(
            "confusion",
            _picture(counts, names, f"{title}: {found.accuracy:.1%}"),
            "Rows are the true classes, columns what the classifier said, of held-out pictures; numbers are pictures.",
        )
    results.csv("confusion", ["true", *names], [[name, *row] for name, row in zip(names, counts.tolist(), strict=True)])


def _picture(counts: np.ndarray, names: Sequence[str], title: str) -> bytes:
    size = max(3.6, 0.3 * len(names) + 1.8)
    figure = new_figure(size + 1.6, size + 0.6)
    panel = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shown = panel.imshow(100 * shares, cmap="Blues", vmin=0, vmax=100)
    if len(names) <= 20:
        for (row, column), count in np.ndenumerate(counts):
            if count:
                colour = "white" if shares[row, column] > 0.6 else "black"
                panel.text(column, row, str(count), ha="center", va="center", fontsize=8, color=colour)
    panel.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
    panel.set_yticks(range(len(names)), names, fontsize=8)
    panel.set_xlabel("predicted", fontsize=9)
    panel.set_ylabel("true", fontsize=9)
    figure.suptitle(title, fontsize=10)
    colour_bar(figure, shown, [panel], "share of the true class (%)")
    return png(figure)
