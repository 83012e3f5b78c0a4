"""BagNets, and nets of the same make that see more: ResNet's bottlenecks, of which few convolve 3 x 3.

Brendel and Bethge, "Approximating CNNs with bag-of-local-features models works surprisingly well on ImageNet", ICLR
2019. Of ResNet-50's 3 x 3 convolutions only the first of some stages stay, the others become 1 x 1, none is padded, and
there is no pooling at the beginning; so the last feature map sees 9, 17 or 33 pixels and not the whole image. A
shortcut loses the last rows and columns that its block's 3 x 3 convolution loses. The mean of the last feature map goes
into one linear layer: the scores are the mean of what each patch says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pycaffe_ext.net_spec import NetSpec, Top, layers


@dataclass(frozen=True)
class Design:
    """What tells the nets apart; the defaults are ResNet-50's and the paper's."""

    kernels: tuple[int, ...]  # per stage: how many of its blocks, from the first, convolve 3 x 3
    blocks: tuple[int, ...] = (3, 4, 6, 3)
    widths: tuple[int, ...] = (64, 128, 256, 512)
    strides: tuple[int, ...] = (2, 2, 2, 1)
    expansion: int = 4
    classes: int = 1000
    padded: bool = False  # the plain twin: its 3 x 3 convolutions keep the size, and nothing is cut off
    averaging: float | None = None  # BatchNorm's moving_average_fraction; Caffe's 0.999 suits long trainings


SIZES = {9: Design((1, 1, 0, 0)), 17: Design((1, 1, 1, 0)), 33: Design((1, 1, 1, 1))}
"""The paper's three, by the pixels that a patch has on a side."""


def body(net: NetSpec, design: Design) -> None:
    """Adds the layers from `data` to the scores `fc`."""
    net.conv1 = _convolution(net.data, design.widths[0], 1)
    net.conv2 = _convolution(net.conv1, design.widths[0], 3, padded=design.padded)
    top = _normalised(net, "conv2", net.conv2, design, relu=True)
    stages = zip(design.kernels, design.blocks, design.widths, design.strides, strict=True)
    for stage, (kernels, blocks, width, stride) in enumerate(stages, start=2):
        for block in range(blocks):
            kernel = 3 if block < kernels else 1
            top = _block(net, f"{stage}{chr(ord('a') + block)}", top, width, kernel, stride if not block else 1, design)
    net.pool5 = layers.Pooling(top, pool=1, global_pooling=True)
    net.fc = layers.InnerProduct(
        net.pool5,
        num_output=design.classes,
        param=[{"lr_mult": 1, "decay_mult": 1}, {"lr_mult": 1, "decay_mult": 1}],
        weight_filler={"type": "xavier"},
    )


def _block(net: NetSpec, name: str, bottom: Top, width: int, kernel: int, stride: int, design: Design) -> Top:
    """A bottleneck, its blobs named as in the published ResNet-50: res2a_branch2a and so on."""
    shortcut, out = bottom, width * design.expansion
    if name.endswith("a"):
        net[f"res{name}_branch1"] = _convolution(bottom, out, 1, stride)
        shortcut = _normalised(net, f"{name}_branch1", net[f"res{name}_branch1"], design)
    top = bottom
    for part, (outputs, size, step) in zip("abc", ((width, 1, 1), (width, kernel, stride), (out, 1, 1)), strict=True):
        blob = f"res{name}_branch2{part}"
        net[blob] = _convolution(top, outputs, size, step, padded=design.padded)
        top = _normalised(net, f"{name}_branch2{part}", net[blob], design, relu=part != "c", prefix="res")
    if kernel == 3 and not design.padded:
        net[f"res{name}_crop"] = shortcut = layers.Crop(shortcut, top, axis=2, offset=0)
    net[f"res{name}"] = layers.Eltwise(shortcut, top)
    net[f"res{name}_relu"] = layers.ReLU(net[f"res{name}"], in_place=True)
    return net[f"res{name}"]


def _convolution(bottom: Top, outputs: int, kernel: int, stride: int = 1, *, padded: bool = False) -> Top:
    return layers.Convolution(
        bottom,
        num_output=outputs,
        kernel_size=kernel,
        stride=stride,
        **({"pad": kernel // 2} if padded and kernel > 1 else {}),
        bias_term=False,
        param=[{"lr_mult": 1, "decay_mult": 1}],
        weight_filler={"type": "msra"},
    )


def _normalised(net: NetSpec, name: str, bottom: Top, design: Design, *, relu: bool = False, prefix: str = "") -> Top:
    average = {} if design.averaging is None else {"moving_average_fraction": design.averaging}
    normal = layers.BatchNorm(bottom, in_place=True, **average)
    net[f"bn{name}" if name[0].isdigit() else f"bn_{name}"] = normal
    net[f"scale{name}" if name[0].isdigit() else f"scale_{name}"] = scaled = layers.Scale(
        normal, bias_term=True, in_place=True
    )
    if not relu:
        return scaled
    net[f"{prefix}{name}_relu"] = rectified = layers.ReLU(scaled, in_place=True)
    return rectified


def deploy(design: Design, name: str, size: int = 224, batch: int = 10) -> Any:
    """The NetParameter for use: data in, prob out."""
    net = NetSpec()
    net.data = layers.Input(shape={"dim": [batch, 3, size, size]})
    body(net, design)
    net.prob = layers.Softmax(net.fc)
    return named(net, name)


def named(net: NetSpec, name: str) -> Any:
    """The NetParameter of a net with a name."""
    found = net.to_proto()
    found.name = name
    return found
