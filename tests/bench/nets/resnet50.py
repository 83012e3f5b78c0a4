"""ResNet-50 (He et al. 2015; the stride in a block's first convolution): BatchNorm + Scale as prototxt, and by hand."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from pycaffe_ext.net_spec import layers as L
from pycaffe_ext.net_spec import params as P

from .case import Case
from .heads import result

STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))  # width and number of blocks


def net(n: Any, label: Any) -> None:
    """Adds the layers to a NetSpec that has `data`; a loss where there is a label."""

    def normed(name: str, bottom: Any, outputs: int, kernel: int, *, relu: bool = True, **more: int) -> Any:
        filler = {"type": "msra"}
        n[name] = L.Convolution(
            bottom, num_output=outputs, kernel_size=kernel, bias_term=False, weight_filler=filler, **more
        )
        n[f"{name}_bn"] = L.BatchNorm(n[name], in_place=True)
        n[f"{name}_scale"] = L.Scale(n[f"{name}_bn"], in_place=True, bias_term=True)
        if not relu:
            return n[f"{name}_scale"]
        n[f"{name}_relu"] = L.ReLU(n[f"{name}_scale"], in_place=True)
        return n[f"{name}_relu"]

    def block(name: str, bottom: Any, width: int, stride: int, *, projected: bool) -> Any:
        beside = normed(f"{name}_0", bottom, 4 * width, 1, relu=False, stride=stride) if projected else bottom
        top = normed(f"{name}_1", bottom, width, 1, stride=stride)
        top = normed(f"{name}_2", top, width, 3, pad=1)
        top = normed(f"{name}_3", top, 4 * width, 1, relu=False)
        n[name] = L.Eltwise(beside, top)
        n[f"{name}_relu"] = L.ReLU(n[name], in_place=True)
        return n[f"{name}_relu"]

    n.pool1 = L.Pooling(normed("conv1", n.data, 64, 7, stride=2, pad=3), pool=P.Pooling.MAX, kernel_size=3, stride=2)
    top = n.pool1
    for stage, (width, count) in enumerate(STAGES):
        for index in range(count):
            stride = 2 if stage and not index else 1
            top = block(f"block{stage}_{index}", top, width, stride, projected=not index)
    n.pool5 = L.Pooling(top, pool=P.Pooling.AVE, kernel_size=7, stride=1)
    n.scores = L.InnerProduct(n.pool5, num_output=1000, weight_filler={"type": "msra"})
    if label is None:
        n.prob = L.Softmax(n.scores)
    else:
        n.loss = L.SoftmaxWithLoss(n.scores, label)


def normed(channels: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0) -> list[nn.Module]:
    return [nn.Conv2d(channels, outputs, kernel, stride, padding, bias=False), nn.BatchNorm2d(outputs)]


class Block(nn.Module):
    def __init__(self, channels: int, width: int, stride: int, *, projected: bool) -> None:
        super().__init__()
        self.beside = nn.Sequential(*normed(channels, 4 * width, 1, stride) if projected else ())
        self.main = nn.Sequential(
            *normed(channels, width, 1, stride),
            nn.ReLU(inplace=True),
            *normed(width, width, 3, padding=1),
            nn.ReLU(inplace=True),
            *normed(width, 4 * width, 1),
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.main(x) + self.beside(x))


class ResNet50(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(*normed(3, 64, 7, 2, 3), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, ceil_mode=True))
        blocks, channels = [], 64
        for stage, (width, count) in enumerate(STAGES):
            for index in range(count):
                blocks.append(Block(channels, width, 2 if stage and not index else 1, projected=not index))
                channels = 4 * width
        self.blocks = nn.Sequential(*blocks)
        self.classifier = nn.Sequential(nn.AvgPool2d(7, 1), nn.Flatten(), nn.Linear(2048, 1000))

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        return result(self.classifier(self.blocks(self.stem(images))), labels)


case = Case("resnet50", batch=16, image=(3, 224, 224), classes=1000, module=ResNet50, net=net)
