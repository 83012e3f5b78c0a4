"""What the losses share: labels as indices, and what a loss is divided by."""

from __future__ import annotations

from typing import Any

import torch

from ..errors import DataError
from ..proto import caffe_pb2


def class_labels(layer: Any, blob: torch.Tensor, classes: int, ignore: int | None) -> torch.Tensor:
    """The label blob as int64. Raises DataError for a label that is no class (and not to be ignored).

    Caffe's release builds do not look and read beyond the scores' memory.
    """
    labels = blob.to(torch.int64)
    bad = (labels < 0) | (labels >= classes)
    if ignore is not None:
        bad &= labels != ignore
    if bad.any():
        value = int(labels[bad][0])
        raise DataError(
            f"layer '{layer.name}': label {value} is outside 0..{classes - 1};"
            f" set num_output to the number of classes, or loss_param {{ ignore_label: {value} }}"
        )
    return labels


def ignore_label(message: Any) -> int | None:
    """ignore_label of a loss_param or accuracy_param, where it is set."""
    return message.ignore_label if message.HasField("ignore_label") else None


def normalization(loss_param: Any, default: int) -> int:
    """The NormalizationMode that is in force: `normalization`, else the older `normalize`, else `default`."""
    if not loss_param.HasField("normalization") and loss_param.HasField("normalize"):
        mode = caffe_pb2.LossParameter.VALID if loss_param.normalize else caffe_pb2.LossParameter.BATCH_SIZE
        return int(mode)
    return int(loss_param.normalization) if loss_param.HasField("normalization") else default


def normalizer(mode: int, *, outer: int, inner: int, valid: torch.Tensor | int) -> torch.Tensor | float:
    """What a sum of losses is divided by, at least 1: `outer` items of `inner` predictions, `valid` of them count."""
    modes = caffe_pb2.LossParameter
    if mode == modes.VALID:
        return valid.clamp(min=1) if isinstance(valid, torch.Tensor) else max(1, valid)
    return float(max(1, {modes.FULL: outer * inner, modes.BATCH_SIZE: outer, modes.NONE: 1}[mode]))
