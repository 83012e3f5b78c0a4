"""What a classifying net gives: its loss where labels are given, else probabilities."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def result(scores: Tensor, labels: Tensor | None) -> Tensor:
    """The mean cross entropy with `labels` (N), or the softmax of `scores` (N x classes)."""
    return scores.softmax(1) if labels is None else functional.cross_entropy(scores, labels)
