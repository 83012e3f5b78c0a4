"""From a blob back to the image: gradient, guided backpropagation and deconvnet, one backward pass with other rules.

The net's own backward pass does all the work, layer by layer, but for what a method does otherwise:

- `gradient` (Simonyan, Vedaldi and Zisserman 2013): nothing. Max pooling sends a signal to the place that its maximum
  came from, in each method: Zeiler and Fergus's switches are its gradient. So are transposed filters, for linear layers
  (Convolution, InnerProduct, BatchNorm of fixed statistics, Scale, AVE pooling, Eltwise sums) are their own derivative.
- `deconv` (Zeiler and Fergus 2013): a ReLU or PReLU is applied to the signal itself, whatever the forward pass was;
  LRN and MVN are passed by: their paper uses no contrast normalisation on the way back.
- `guided` (Springenberg et al. 2014): the gradient, but what is negative is stopped before each ReLU and PReLU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from ..engine.net import Net
from ..errors import NetError, OptionError

if TYPE_CHECKING:
    from .subject import Subject

Array = npt.NDArray[np.float32]
Signal = Array | Callable[[Array], Array]
"""What is sent back from a blob: numbers of its shape, or a function that makes them of what the blob holds."""

METHODS = ("deconv", "guided", "gradient")
_RECTIFIERS, _NORMALISERS = {"ReLU", "PReLU"}, {"LRN", "MVN"}


def backproject(
    subject: Subject,
    batch: Array,
    blob: str,
    signal: Signal,
    *,
    method: str = "gradient",
    to: str | None = None,
    in_place: bool = True,
) -> Array:
    """What arrives at the blob `to` (default: the input) when `signal` is sent back from `blob`; has its shape.

    `batch`: N x C x H x W, run forward first. By the gradient: d(sum of `signal` x blob) / d(to). Both blobs are taken
    after all layers that work in place on them; `blob` before those where `in_place` is False. Only as much of the net
    runs as is needed, so that the input may have another size than the layers behind `blob` could take.

    Raises UnknownNameError; NetError where `blob` does not depend on `to`; OptionError for a method that is none.
    """
    if method not in METHODS:
        raise OptionError(f"the method is one of {', '.join(METHODS)}, not '{method}'")
    net, start = subject.net, subject.check_blob(blob)
    end = subject.input if to is None else subject.check_blob(to)
    with _rules(net, method), no_parameter_diffs(net):
        last = subject.run_to(batch, start, in_place=in_place)
        first = _first_behind(net, end, start, last)
        sent = signal(net.blobs[start].data) if callable(signal) else signal
        for one in net._blobs:  # layers beside the way send nothing back
            one.clear_grad()
        net.blobs[start].diff[...] = sent
        net._backward(last, first)
        found = np.array(net.blobs[end].diff, np.float32)
        net._set_loss_diffs()
    return found


def _first_behind(net: Net, end: str, start: str, last: int) -> int:
    """The first layer behind all those that make `end`. Raises NetError where no way leads on to `start`."""
    number = {name: index for index, name in enumerate(net._blob_names)}
    bottoms, tops = net._wiring.bottoms, net._wiring.tops
    makers = [i for i in range(last + 1) if number[end] in tops[i] and net.layers[i].type != "Input"]
    first, leading = max(makers, default=-1) + 1, {number[end]}
    for i in range(first, last + 1):
        if leading.intersection(bottoms[i]):
            leading.update(tops[i])
    if number[start] not in leading:
        raise NetError("", f"blob '{start}' does not depend on '{end}'")
    return first


@contextmanager
def _rules(net: Net, method: str) -> Iterator[None]:
    """Within it, the method's rules hold in passes back, which must follow a pass forward of their own."""
    kept: dict[int, torch.Tensor] = {}  # by layer, what it hands on in place of what its own pass gives

    def before(i: int) -> None:
        layer, top = net.layers[i], net._tops[i][0] if net._tops[i] else None
        if top is None:
            return
        if method == "guided" and layer.type in _RECTIFIERS:
            top.grad = top.grad.clamp(min=0)
        elif method == "deconv" and layer.type in _RECTIFIERS:
            with torch.no_grad():
                (found,) = layer.forward([top.grad], [blob.tensor for blob in layer.blobs])
            assert found is not None
            kept[i] = found
        elif method == "deconv" and layer.type in _NORMALISERS:
            kept[i] = top.grad.clone()

    def after(i: int) -> None:
        if i in kept:
            net._bottoms[i][0].grad = kept.pop(i)

    hooks = [] if method == "gradient" else [("before_backward", before), ("after_backward", after)]
    for when, hook in hooks:
        net._hooks[when].append(hook)
    try:
        yield
    finally:
        for when, hook in hooks:
            net._hooks[when].remove(hook)


@contextmanager
def no_parameter_diffs(net: Net) -> Iterator[None]:
    """A third of a pass is saved where nobody wants the gradients of the weights."""
    kept = net._need.params
    net._need.params = [[False] * len(params) for params in kept]
    try:
        yield
    finally:
        net._need.params = kept
