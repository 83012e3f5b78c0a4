"""GoogLeNet (Szegedy et al. 2014) with its two side heads: as prototxt in BVLC's arrangement, and by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from pycaffe_ext.net_spec import layers as L
from pycaffe_ext.net_spec import params as P

from .case import Case
from .heads import result

# Of each inception block: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection.
BLOCKS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
POOLED_AFTER, HEAD_AFTER, HEAD_WEIGHT = ("3b", "4e"), ("4a", "4d"), 0.3

RATES = [{"lr_mult": 1, "decay_mult": 1}, {"lr_mult": 2, "decay_mult": 0}]
FILLERS: dict[str, Any] = {"weight_filler": {"type": "xavier"}, "bias_filler": {"type": "constant", "value": 0.2}}


def net(n: Any, label: Any) -> None:
    """Adds the layers to a NetSpec that has `data`; side heads and losses where there is a label."""

    def convolve(name: str, bottom: Any, outputs: int, kernel: int, **more: int) -> Any:
        n[name] = L.Convolution(bottom, num_output=outputs, kernel_size=kernel, param=RATES, **FILLERS, **more)
        n[f"{name}_relu"] = L.ReLU(n[name], in_place=True)
        return n[f"{name}_relu"]

    def pooled(name: str, bottom: Any) -> Any:
        n[name] = L.Pooling(bottom, pool=P.Pooling.MAX, kernel_size=3, stride=2)
        return n[name]

    def inception(name: str, bottom: Any) -> Any:
        one, reduce3, three, reduce5, five, projection = BLOCKS[name]
        branches = [
            convolve(f"{name}_1x1", bottom, one, 1),
            convolve(f"{name}_3x3", convolve(f"{name}_3x3_reduce", bottom, reduce3, 1), three, 3, pad=1),
            convolve(f"{name}_5x5", convolve(f"{name}_5x5_reduce", bottom, reduce5, 1), five, 5, pad=2),
        ]
        n[f"{name}_pool"] = L.Pooling(bottom, pool=P.Pooling.MAX, kernel_size=3, stride=1, pad=1)
        branches.append(convolve(f"{name}_projection", n[f"{name}_pool"], projection, 1))
        n[name] = L.Concat(*branches)
        return n[name]

    def classify(name: str, bottom: Any) -> Any:
        n[name] = L.InnerProduct(bottom, num_output=1000, param=RATES, weight_filler={"type": "xavier"})
        return n[name]

    def side_head(name: str, bottom: Any) -> None:
        n[f"{name}_pool"] = L.Pooling(bottom, pool=P.Pooling.AVE, kernel_size=5, stride=3)
        top = convolve(f"{name}_conv", n[f"{name}_pool"], 128, 1)
        n[f"{name}_fc"] = L.InnerProduct(top, num_output=1024, param=RATES, **FILLERS)
        n[f"{name}_relu"] = L.ReLU(n[f"{name}_fc"], in_place=True)
        n[f"{name}_drop"] = L.Dropout(n[f"{name}_relu"], in_place=True, dropout_ratio=0.7)
        scores = classify(f"{name}_scores", n[f"{name}_drop"])
        n[f"{name}_loss"] = L.SoftmaxWithLoss(scores, label, loss_weight=HEAD_WEIGHT)

    top = pooled("pool1", convolve("conv1", n.data, 64, 7, stride=2, pad=3))
    n.norm1 = L.LRN(top, local_size=5, alpha=1e-4, beta=0.75)
    top = convolve("conv2", convolve("conv2_reduce", n.norm1, 64, 1), 192, 3, pad=1)
    n.norm2 = L.LRN(top, local_size=5, alpha=1e-4, beta=0.75)
    top = pooled("pool2", n.norm2)
    for name in BLOCKS:
        top = inception(name, top)
        if name in HEAD_AFTER and label is not None:
            side_head(f"head_{name}", top)
        if name in POOLED_AFTER:
            top = pooled(f"pool_{name}", top)
    n.pool5 = L.Pooling(top, pool=P.Pooling.AVE, kernel_size=7, stride=1)
    n.drop = L.Dropout(n.pool5, in_place=True, dropout_ratio=0.4)
    scores = classify("scores", n.drop)
    if label is None:
        n.prob = L.Softmax(scores)
    else:
        n.loss = L.SoftmaxWithLoss(scores, label)


def conv(channels: int, outputs: int, kernel: int, **more: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, outputs, kernel, **more), nn.ReLU(inplace=True))


class Inception(nn.Module):
    def __init__(self, channels: int, sizes: tuple[int, ...]) -> None:
        super().__init__()
        one, reduce3, three, reduce5, five, projection = sizes
        self.one = conv(channels, one, 1)
        self.three = nn.Sequential(conv(channels, reduce3, 1), conv(reduce3, three, 3, padding=1))
        self.five = nn.Sequential(conv(channels, reduce5, 1), conv(reduce5, five, 5, padding=2))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, padding=1, ceil_mode=True), conv(channels, projection, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], 1)


def side_head(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.AvgPool2d(5, 3, ceil_mode=True),
        conv(channels, 128, 1),
        nn.Flatten(),
        nn.Linear(128 * 4 * 4, 1024),
        nn.ReLU(inplace=True),
        nn.Dropout(0.7),
        nn.Linear(1024, 1000),
    )


class GoogLeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            conv(3, 64, 7, stride=2, padding=3),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.LocalResponseNorm(5),
            conv(64, 64, 1),
            conv(64, 192, 3, padding=1),
            nn.LocalResponseNorm(5),
            nn.MaxPool2d(3, 2, ceil_mode=True),
        )
        self.blocks, heads, channels = nn.ModuleDict(), {}, 192
        for name, sizes in BLOCKS.items():
            self.blocks[name] = Inception(channels, sizes)
            channels = sizes[0] + sizes[2] + sizes[4] + sizes[5]
            if name in HEAD_AFTER:
                heads[name] = side_head(channels)
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.classifier = nn.Sequential(nn.AvgPool2d(7, 1), nn.Flatten(), nn.Dropout(0.4), nn.Linear(1024, 1000))
        self.heads = nn.ModuleDict(heads)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        x, loss = self.stem(images), 0
        for name, block in self.blocks.items():
            x = block(x)
            if name in HEAD_AFTER and labels is not None:
                loss = loss + HEAD_WEIGHT * functional.cross_entropy(self.heads[name](x), labels)
            if name in POOLED_AFTER:
                x = self.pool(x)
        return result(self.classifier(x), labels) + loss


case = Case("googlenet", batch=16, image=(3, 224, 224), classes=1000, module=GoogLeNet, net=net)
