"""Weights for classes of very different frequency, as InfogainLoss takes them."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

from ..errors import DataError
from .classes import ClassUse
from .label_counts import LabelCounts

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def median_frequency(counts: LabelCounts, classes: int, ignore: int | None = None) -> list[float]:
    """One weight for each class: median frequency / frequency (Eigen and Fergus, "Predicting Depth, Surface Normals
    and Semantic Labels with a Common Multi-Scale Convolutional Architecture", ICCV 2015, section 6.3.2).

    The frequency of a class is its labels' share of all labels of the entries in which it occurs; labels that are
    ignored count as none. For single images that is 1 for every class, so there it is its share of all images. The
    median is over the classes that occur; a class that never does has weight 0. Raises DataError where none does.
    """
    from statistics import median

    seen = {value: number for value, number in counts.of_classes(ignore).items() if 0 <= value < classes}
    if not seen:
        raise DataError("there is no label to weigh")
    total = sum(seen.values())
    frequency = {value: number / (counts.room[value] if counts.is_map else total) for value, number in seen.items()}
    middle = median(frequency.values())
    return [middle / frequency[value] if value in frequency else 0.0 for value in range(classes)]


def weight_matrix(weights: list[float]) -> npt.NDArray[np.float32]:
    """The matrix classes x classes of InfogainLoss: the weights on its diagonal, 0 elsewhere."""
    import numpy as np

    return np.diag(np.array(weights, np.float32))


def write_class_weights(path: str | PathLike[str], weights: list[float]) -> None:
    """Writes the matrix as a binaryproto of 1 x 1 x classes x classes, whole or not at all. Raises FileError."""
    from ..proto.blobs import array_to_blob
    from ..proto.files import write_binary

    write_binary(path, array_to_blob(weight_matrix(weights)[None, None], legacy=True))


def loss_text(use: ClassUse, file: str) -> str:
    """The layer that weighs, to stand in the place of a SoftmaxWithLoss."""
    layer = use.layer
    lines = [
        "layer {",
        f'  name: "{layer.name}"',
        '  type: "InfogainLoss"',
        *(f'  bottom: "{blob}"' for blob in layer.bottom_names[:2]),
        *(f'  top: "{blob}"' for blob in layer.top_names),
        *(f"  loss_weight: {weight.text}" for weight in layer.message.scalars("loss_weight")),
        f'  infogain_loss_param {{ source: "{file}" }}',
        *([f"  loss_param {{ ignore_label: {use.ignore} }}"] if use.ignore is not None else []),
        "}",
    ]
    return "\n".join(lines)
