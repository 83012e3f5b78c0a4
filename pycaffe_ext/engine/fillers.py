"""How parameters start: Caffe's fillers."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, prod, sqrt
from typing import Any

import torch

from ..errors import NetError, UnknownNameError
from ..proto import caffe_pb2
from . import device

Shape = tuple[int, ...]
_fillers: dict[str, Callable[[Any, Shape], torch.Tensor]] = {}


def fill(message: Any | None, shape: Shape, *, where: str = "") -> torch.Tensor:
    """A new float32 tensor of `shape` on the CPU, filled as a FillerParameter says (None: zeros).

    `where` names the layer in errors. Raises UnknownNameError, NetError.
    """
    if message is None:
        return torch.zeros(shape)
    check(message, where=where)
    return _fillers[message.type](message, shape)


def check(message: Any, *, where: str) -> None:
    """Raises UnknownNameError or NetError for a FillerParameter that cannot be used in the layer `where`."""
    if message.type not in _fillers:
        raise UnknownNameError("filler", message.type, _fillers, where=f"layer '{where}'" if where else "")
    if message.sparse != -1 and message.type != "gaussian":
        raise NetError(where, f"sparse is for the gaussian filler, not for {message.type}")


def _filler(
    name: str,
) -> Callable[[Callable[[Any, Shape], torch.Tensor]], Callable[[Any, Shape], torch.Tensor]]:
    def register(function: Callable[[Any, Shape], torch.Tensor]) -> Callable[[Any, Shape], torch.Tensor]:
        _fillers[name] = function
        return function

    return register


def _random() -> torch.Generator:
    return device.generator(torch.device("cpu"))


def _fan(message: Any, shape: Shape) -> float:
    """The n of xavier and msra: inputs of a unit (count / num), its outputs (count / channels), or their mean."""
    count = prod(shape)
    fan_in = count / shape[0] if shape else 1
    fan_out = count / shape[1] if len(shape) > 1 else count
    if message.variance_norm == caffe_pb2.FillerParameter.FAN_OUT:
        return fan_out
    if message.variance_norm == caffe_pb2.FillerParameter.AVERAGE:
        return (fan_in + fan_out) / 2
    return fan_in


@_filler("constant")
def _constant(message: Any, shape: Shape) -> torch.Tensor:
    return torch.full(shape, message.value)


@_filler("uniform")
def _uniform(message: Any, shape: Shape) -> torch.Tensor:
    return torch.empty(shape).uniform_(message.min, message.max, generator=_random())


@_filler("gaussian")
def _gaussian(message: Any, shape: Shape) -> torch.Tensor:
    values = torch.empty(shape).normal_(message.mean, message.std, generator=_random())
    if message.sparse >= 0:  # on average `sparse` inputs per output stay
        keep = message.sparse / shape[0]
        values *= torch.empty(shape).bernoulli_(keep, generator=_random())
    return values


@_filler("positive_unitball")
def _positive_unitball(message: Any, shape: Shape) -> torch.Tensor:
    values = torch.empty(shape).uniform_(0, 1, generator=_random())
    rows = values.view(shape[0], -1)
    rows /= rows.sum(1, keepdim=True)
    return values


@_filler("xavier")
def _xavier(message: Any, shape: Shape) -> torch.Tensor:
    """Uniform in +-sqrt(3 / n) (Glorot and Bengio 2010)."""
    bound = sqrt(3 / _fan(message, shape))
    return torch.empty(shape).uniform_(-bound, bound, generator=_random())


@_filler("msra")
def _msra(message: Any, shape: Shape) -> torch.Tensor:
    """Normal with standard deviation sqrt(2 / n) (He et al. 2015)."""
    return torch.empty(shape).normal_(0, sqrt(2 / _fan(message, shape)), generator=_random())


@_filler("bilinear")
def _bilinear(message: Any, shape: Shape) -> torch.Tensor:
    """The kernel of bilinear upsampling, for a Deconvolution with as many groups as channels."""
    if len(shape) != 4 or shape[2] != shape[3]:
        raise NetError("", f"the bilinear filler needs square 4-axis weights, got shape {shape}")
    factor = ceil(shape[3] / 2)
    centre = (shape[3] - 1) / (2 * factor)
    line = 1 - (torch.arange(shape[3]) / factor - centre).abs()
    return (line[:, None] * line).expand(shape).clone()
