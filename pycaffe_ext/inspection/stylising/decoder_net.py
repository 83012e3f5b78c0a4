"""The text of a net that makes pictures of another net's features."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ...engine.net import Net
from ...errors import NetError
from ...proto import caffe_pb2
from ..subject import Subject
from ..waists import waists

_NARROWEST = 16  # channels at the picture's size
IMAGE = "image"


def steps_to(subject: Subject, blob: str) -> list[str]:
    """The maps that everything passes on its way from the input to `blob`, it included. Raises NetError."""
    subject.check_blob(blob)
    found = [
        name
        for name in waists(subject.net.param.layer, subject.input, subject.output)
        if len(shape := subject.net.blobs[name].shape) == 4 and shape[2] > 1
    ]
    if blob not in found:
        raise NetError("", f"{subject.file}: '{blob}' is no map that everything passes; these are: {', '.join(found)}")
    return found[: found.index(blob) + 1]


def decoder_net(subject: Subject, blob: str, spread: float) -> Any:
    """The NetParameter from `blob` (N x C x h x w) to `image` (N x c x H x W, as the subject's input).

    A convolution and a ReLU for each size of map on the way to `blob`, from the last to the first, interpolation
    between them. Features are divided by `spread`, their usual size, and the image multiplied by 64.
    """
    sizes = [subject.net.blobs[name].shape[2:] for name in steps_to(subject, blob)]
    sizes = [tuple(subject.net.blobs[subject.input].shape[2:]), *map(tuple, sizes)]
    sizes = list(dict.fromkeys(sizes))[::-1]
    shape = subject.net.blobs[blob].shape
    net = caffe_pb2.NetParameter(name=f"Pictures of {blob}", force_backward=True)
    layer = net.layer.add(name=blob, type="Input", top=[blob])
    layer.input_param.shape.add(dim=[1, *shape[1:]])
    power = net.layer.add(name="scaled", type="Power", bottom=[blob], top=["scaled"])
    power.power_param.scale = 1 / spread
    top, width = "scaled", max(int(shape[1]) // 2, _NARROWEST)
    top = _convolution(net, "decode1", top, width)
    for place, (small, large) in enumerate(pairwise(sizes), start=2):
        top = _interpolation(net, f"enlarge{place}", top, width, small, large)
        width = max(width // 2, _NARROWEST)
        top = _convolution(net, f"decode{place}", top, width)
    top = _convolution(net, "colours", top, subject.channels, relu=False)
    power = net.layer.add(name=IMAGE, type="Power", bottom=[top], top=[IMAGE])
    power.power_param.scale = 64 * subject.scaling.scale
    return net


def fill_interpolations(net: Net) -> None:
    """Sets the weights of the net's Deconvolutions, which do not learn, to linear interpolation."""
    for layer in net.layers:
        if layer.type == "Deconvolution":
            param = layer.param.convolution_param
            axes = [(param.kernel_h, param.stride_h), (param.kernel_w, param.stride_w)]
            rows, columns = (_triangle(kernel, stride) for kernel, stride in axes)
            net.params[layer.name][0].data[...] = rows[:, None] * columns


def _convolution(net: Any, name: str, bottom: str, outputs: int, *, relu: bool = True) -> str:
    layer = net.layer.add(name=name, type="Convolution", bottom=[bottom], top=[name])
    layer.param.add(lr_mult=1)
    layer.param.add(lr_mult=1)
    param = layer.convolution_param
    param.num_output = outputs
    param.kernel_size.append(3)
    param.pad.append(1)
    param.weight_filler.type = "msra" if relu else "xavier"
    if relu:
        net.layer.add(name=f"relu_{name}", type="ReLU", bottom=[name], top=[name])
    return name


def _interpolation(net: Any, name: str, bottom: str, width: int, small: tuple[int, ...], large: tuple[int, ...]) -> str:
    """From maps of size `small` to `large`, each channel for itself: large = stride (small - 1) + kernel."""
    strides = [max(1, round(new / old)) for old, new in zip(small, large, strict=True)]
    kernels = [new - stride * (old - 1) for old, new, stride in zip(small, large, strides, strict=True)]
    if any(kernel < stride for kernel, stride in zip(kernels, strides, strict=True)):
        raise NetError("", f"maps of {small} cannot be interpolated to {large}; take another size of picture")
    layer = net.layer.add(name=name, type="Deconvolution", bottom=[bottom], top=[name])
    layer.param.add(lr_mult=0, decay_mult=0)
    param = layer.convolution_param
    param.num_output, param.group, param.bias_term = width, width, False
    param.kernel_h, param.kernel_w = kernels
    param.stride_h, param.stride_w = strides
    return name


def _triangle(kernel: int, stride: int) -> Any:
    """Weights that interpolate linearly; those that meet at one place sum to 1 on average."""
    weights = np.maximum(0, 1 - np.abs(np.arange(kernel) - (kernel - 1) / 2) / stride)
    return weights * stride / weights.sum()
