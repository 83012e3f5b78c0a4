"""Blobs whose numbers count rows of something else."""

from __future__ import annotations

from typing import Any

import torch

from ..errors import DataError


def indices(layer: Any, blob: torch.Tensor, count: int, what: str) -> torch.Tensor:
    """The blob as int64, cut to whole numbers as Caffe does. Raises DataError for one outside 0..count - 1.

    Caffe's release builds do not always look and read beyond the memory.
    """
    index = blob.to(torch.int64)
    bad = (index < 0) | (index >= count)
    if bad.any():
        raise DataError(f"layer '{layer.name}': {what} {blob[bad][0].item():g} is outside 0..{count - 1}")
    return index
