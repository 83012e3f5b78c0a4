"""What operations do to parameters, as functions of arrays: nothing here knows nets or files.

Weights are as Caffe lays them out: convolution num_output x channels/group x kernel..., deconvolution
channels x num_output/group x kernel..., inner product num_output x inputs. Results are float32, sums are taken
in float64.
"""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def _float32(array: Array) -> Array:
    return np.ascontiguousarray(array, np.float32)


def batch_norm_affine(mean: Array, variance: Array, factor: Array, eps: float) -> tuple[Array, Array]:
    """(scale, shift) per channel of a BatchNorm layer that uses its statistics: y = scale x + shift, in float64.

    The stored mean and variance are sums that `factor` (one number) divides; 0 stands for no statistics, as in
    Caffe's BatchNormLayer: mean and variance are then 0.
    """
    number = float(np.asarray(factor).reshape(-1)[0])
    share = 0.0 if number == 0 else 1 / number
    scale = 1 / np.sqrt(np.asarray(variance, np.float64).reshape(-1) * share + eps)
    return scale, -np.asarray(mean, np.float64).reshape(-1) * share * scale


def scale_outputs(weight: Array, factor: Array, *, transposed: bool = False, group: int = 1) -> Array:
    """The weights of a layer whose outputs are multiplied by `factor` (one number per output).

    `transposed`: outputs lie along axis 1 (deconvolution, with `group`; inner product with `transpose`).
    """
    wide = np.asarray(weight, np.float64)
    if not transposed:
        return _float32(wide * factor.reshape(-1, *[1] * (wide.ndim - 1)))
    parts = wide.reshape(group, wide.shape[0] // group, *wide.shape[1:])
    return _float32(parts * factor.reshape(group, 1, -1, *[1] * (wide.ndim - 2))).reshape(weight.shape)


def dense_weight(weight: Array, group: int) -> Array:
    """The weights without groups that compute what a grouped convolution computes: zeros outside the blocks."""
    outputs, inputs = weight.shape[0] // group, weight.shape[1]
    dense = np.zeros((weight.shape[0], inputs * group, *weight.shape[2:]), np.float32)
    for g in range(group):
        rows = slice(g * outputs, (g + 1) * outputs)
        dense[rows, g * inputs : (g + 1) * inputs] = weight[rows]
    return dense


def fold_inputs(weight: Array, bias: Array | None, scale: Array, shift: Array) -> tuple[Array, Array]:
    """(weight, bias) of a layer that takes x where the old one took scale x + shift (one number per channel).

    `weight`: num_output x channels x kernel...; exact where no zeros are padded to x, or shift is 0.
    """
    wide = np.asarray(weight, np.float64)
    per_channel = [1, -1, *[1] * (wide.ndim - 2)]
    added = (wide * shift.reshape(per_channel)).reshape(len(wide), -1).sum(1)
    old = np.zeros(len(wide)) if bias is None else np.asarray(bias, np.float64).reshape(-1)
    return _float32(wide * scale.reshape(per_channel)), _float32(old + added)


def widen_inputs(weight: Array, channels: int, how: str) -> Array:
    """First-layer weights (num_output x C x kernel...) for another number of input channels.

    copy: channel i has the weights of channel i mod C, divided by how many share them: an input whose channels
    repeat in this way gives what it gave before. mean: every channel has the mean of all, times C / channels: an
    image of like channels gives what it gave. zero: the new channels count for nothing.
    Raises ValueError for copy and zero with fewer channels than before.
    """
    old = weight.shape[1]
    if how == "mean":
        mean = np.asarray(weight, np.float64).mean(1, keepdims=True) * old / channels
        return _float32(np.repeat(mean, channels, 1))
    if channels < old:
        raise ValueError(f"{how} cannot make {channels} channels of {old}")
    if how == "zero":
        return _float32(np.concatenate([weight, np.zeros((len(weight), channels - old, *weight.shape[2:]))], 1))
    origin = np.arange(channels) % old
    shared = np.bincount(origin)[origin].reshape(1, -1, *[1] * (weight.ndim - 2))
    return _float32(weight[:, origin] / shared)


def low_rank(weight: Array, rank: int) -> tuple[Array, Array, float]:
    """(first, second, kept): second @ first is the best approximation of num_output x inputs weights of that rank.

    From the singular values (Eckart and Young, 1936), each shared evenly by both; they are found as the roots of the
    eigenvalues of the smaller Gram matrix, in float64. first is rank x inputs, second num_output x rank; `kept` is the
    share of the squared weights that remains. Raises ValueError for a rank above the smaller side.
    """
    if not 1 <= rank <= min(weight.shape):
        raise ValueError(f"rank {rank} is not within 1..{min(weight.shape)}")
    if weight.shape[0] > weight.shape[1]:
        second, first, kept = low_rank(weight.T, rank)
        return _float32(first.T), _float32(second.T), kept
    wide = np.asarray(weight, np.float64)
    values, vectors = np.linalg.eigh(wide @ wide.T)
    values, left = np.maximum(values[::-1], 0), vectors[:, ::-1][:, :rank]
    root = np.sqrt(np.sqrt(values[:rank]))
    part = np.divide(1, root, out=np.zeros_like(root), where=root > 0)
    return (
        _float32(part[:, None] * (left.T @ wide)),
        _float32(left * root),
        float(values[:rank].sum() / (values.sum() or 1)),
    )


def centre_tap(weight: Array) -> Array:
    """The 1 x 1 convolution in the middle of a kernel of odd sizes."""
    middle = tuple(slice(size // 2, size // 2 + 1) for size in weight.shape[2:])
    index = (slice(None), slice(None), *middle)
    return _float32(weight[index])


def bilinear_kernel(factor: int) -> Array:
    """The square kernel of bilinear upsampling: size 2 factor - factor mod 2, as FCN's and Caffe's filler have it."""
    size = 2 * factor - factor % 2
    middle = ceil(size / 2)
    centre = np.float32((size - 1) / (2 * middle))
    line = 1 - np.abs(np.arange(size, dtype=np.float32) / np.float32(middle) - centre)  # in float32, as the filler
    return _float32(np.outer(line, line))


def norms(weight: Array, order: str) -> Array:
    """The L1 or L2 norm of each output's weights (num_output x ...), in float64. `order`: l1 or l2."""
    rows = np.asarray(weight, np.float64).reshape(len(weight), -1)
    found: Array = np.abs(rows).sum(1) if order == "l1" else np.sqrt(np.square(rows).sum(1))
    return found
