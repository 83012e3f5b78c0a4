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


def _uniform_numbers(low: float, high: float, shape: Shape) -> torch.Tensor:
    if twister := device.seeded():
        return torch.from_numpy(twister.uniform(low, high, prod(shape))).reshape(shape)
    return torch.empty(shape).uniform_(low, high, generator=_random())


def _normal_numbers(mean: float, deviation: float, shape: Shape) -> torch.Tensor:
    if twister := device.seeded():
        return torch.from_numpy(twister.normal(mean, deviation, prod(shape))).reshape(shape)
    return torch.empty(shape).normal_(mean, deviation, generator=_random())


def bernoulli(share: float, shape: Shape) -> torch.Tensor:
    """1 with probability `share`, else 0, on the CPU."""
    if twister := device.seeded():
        return torch.from_numpy(twister.bernoulli(share, prod(shape))).reshape(shape).to(torch.float32)
    return torch.empty(shape).bernoulli_(share, generator=_random())


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
    return _uniform_numbers(message.min, message.max, shape)


@_filler("gaussian")
def _gaussian(message: Any, shape: Shape) -> torch.Tensor:
    values = _normal_numbers(message.mean, message.std, shape)
    if message.sparse >= 0:  # on average `sparse` inputs per output stay
        values *= bernoulli(message.sparse / shape[0], shape)
    return values


@_filler("positive_unitball")
def _positive_unitball(message: Any, shape: Shape) -> torch.Tensor:
    values = _uniform_numbers(0, 1, shape)
    rows = values.view(shape[0], -1)
    rows /= rows.sum(1, keepdim=True)
    return values


@_filler("xavier")
def _xavier(message: Any, shape: Shape) -> torch.Tensor:
    """Uniform in +-sqrt(3 / n) (Glorot and Bengio 2010)."""
    bound = sqrt(3 / _fan(message, shape))
    return _uniform_numbers(-bound, bound, shape)


@_filler("msra")
def _msra(message: Any, shape: Shape) -> torch.Tensor:
    """Normal with standard deviation sqrt(2 / n) (He et al. 2015)."""
    return _normal_numbers(0, sqrt(2 / _fan(message, shape)), shape)


@_filler("bilinear")
def _bilinear(message: Any, shape: Shape) -> torch.Tensor:
    """The kernel of bilinear upsampling, for a Deconvolution with as many groups as channels."""
    if len(shape) != 4 or shape[2] != shape[3]:
        raise NetError("", f"the bilinear filler needs square 4-axis weights, got shape {shape}")
    factor = ceil(shape[3] / 2)
    centre = (shape[3] - 1) / (2 * factor)
    line = 1 - (torch.arange(shape[3]) / factor - centre).abs()
    return (line[:, None] * line).expand(shape).clone()
