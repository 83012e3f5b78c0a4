"""The gradient of a sum of terms, each of what one blob holds, with respect to the input."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch

from .backprojection import no_parameter_diffs
from .subject import Array, Subject

Term = Callable[[torch.Tensor], torch.Tensor]
"""A blob's numbers, N x C x h x w, to one number."""


def gradient_of(subject: Subject, batch: Array, terms: Mapping[str, Term]) -> tuple[dict[str, float], Array]:
    """What each blob's term is for N x C x H x W, and d(sum of terms) / d(input).

    The terms' gradients come from autograd, the net's from its own backward pass, which takes them up on its way down.
    Blobs are taken after all layers that work in place on them. Raises UnknownNameError.
    """
    net = subject.net
    ends = {subject.check_blob(blob): end_of(subject, blob) for blob in terms}
    order = sorted(terms, key=lambda blob: -ends[blob])
    with no_parameter_diffs(net):
        subject.run_to(batch, order[0])
        for one in net._blobs:
            one.clear_grad()
        values = {}
        for blob, following in zip(order, [*order[1:], None], strict=True):
            held = net.blobs[blob].tensor.detach().clone().requires_grad_()
            value = terms[blob](held)
            (gradient,) = torch.autograd.grad(value, held)
            values[blob] = float(value.detach())
            net.blobs[blob].grad = net.blobs[blob].grad + gradient
            net._backward(ends[blob], 0 if following is None else ends[following] + 1)
        found = np.array(net.blobs[subject.input].diff, np.float32)
        net._set_loss_diffs()
    return values, found


def end_of(subject: Subject, blob: str) -> int:
    """The last layer that makes the blob or works on it in place, by index."""
    return max(index for index, layer in enumerate(subject.net.param.layer) if blob in layer.top)
