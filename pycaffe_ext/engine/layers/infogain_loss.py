"""InfogainLoss: -sum over classes of H[label, class] * log(softmax), H a matrix of weights; the second top is softmax.

H comes from a file (a BlobProto) or is the third bottom. With the identity it is SoftmaxWithLoss.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import torch

from ...errors import NetError, ShapeError
from ...model.rules import Shape
from ...model.rules.base import axis_of
from ...proto import caffe_pb2
from ...proto.blobs import blob_to_array
from ...proto.files import read_binary
from ..labels import class_labels, ignore_label, normalizer
from ..layer import Layer, Tensors, layer

_LEAST = 1e-20  # what a probability counts as at least


@layer("InfogainLoss")
class InfogainLoss(Layer):
    def set_up(self, bottoms: Sequence[Shape]) -> None:
        message, self._matrix = self.param.infogain_loss_param, torch.empty(0)
        if self.param.loss_param.HasField("normalize"):
            raise NetError(self.name, "InfogainLoss does not take normalize; use normalization")
        if len(bottoms) < 3:
            if not message.HasField("source"):
                raise NetError(self.name, "needs infogain_loss_param { source: FILE }, or the matrix as third bottom")
            blob = read_binary(message.source, caffe_pb2.BlobProto())
            self._matrix = torch.from_numpy(blob_to_array(blob))

    def shapes(self, bottoms: Sequence[Shape]) -> list[Shape]:
        tops = super().shapes(bottoms)
        classes = bottoms[0][axis_of(self.param, self.param.infogain_loss_param.axis, bottoms[0])]
        if len(bottoms) < 3 and self._matrix.numel() != classes**2:
            source, shape = self.param.infogain_loss_param.source, tuple(self._matrix.shape)
            raise ShapeError(self.name, f"the infogain matrix must be {classes} x {classes}, got {shape} from {source}")
        return tops

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        scores = bottoms[0]
        axis = axis_of(self.param, self.param.infogain_loss_param.axis, tuple(scores.shape))
        outer, classes, inner = prod(scores.shape[:axis]), scores.shape[axis], prod(scores.shape[axis + 1 :])
        ignore = ignore_label(self.param.loss_param)
        labels = class_labels(self, bottoms[1], classes, ignore).reshape(outer, inner)
        counted = torch.ones_like(labels, dtype=torch.bool) if ignore is None else labels != ignore
        divisor = normalizer(self.param.loss_param.normalization, outer=outer, inner=inner, valid=counted.sum())
        matrix = (bottoms[2] if len(bottoms) > 2 else self._matrix).to(scores).reshape(classes, classes)
        # per prediction the row of its label: outer x classes x inner; nothing where the label is ignored
        rows = matrix[labels.where(counted, torch.zeros_like(labels))].movedim(2, 1) * counted[:, None]
        loss, prob = _Infogain.apply(scores.reshape(outer, classes, inner), rows, divisor)
        return [loss, prob.reshape(scores.shape)][: max(1, len(self.param.top))]


class _Infogain(torch.autograd.Function):
    """The gradient, softmax * sum of the row - row, does not know of the least probability."""

    @staticmethod
    def forward(
        ctx: Any, scores: torch.Tensor, rows: torch.Tensor, divisor: torch.Tensor | float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        prob = scores.softmax(1)
        ctx.save_for_backward(prob, rows)
        ctx.divisor = divisor
        ctx.mark_non_differentiable(prob)
        return -(rows * prob.clamp(min=_LEAST).log()).sum() / divisor, prob

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        prob, rows = ctx.saved_tensors
        return (prob * rows.sum(1, keepdim=True) - rows) * (grads[0] / ctx.divisor), None, None
