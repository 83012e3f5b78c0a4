"""VGG-16 by hand."""

from __future__ import annotations

from torch import Tensor, nn

from .case import Case
from .heads import result


def features(first_padding: int = 1) -> nn.Sequential:
    """The thirteen convolutions, with a pooling that halves the image after each group."""
    layers: list[nn.Module] = []
    channels, padding = 3, first_padding
    for outputs, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            layers += [nn.Conv2d(channels, outputs, 3, padding=padding), nn.ReLU(inplace=True)]
            channels, padding = outputs, 1
        layers.append(nn.MaxPool2d(2, 2, ceil_mode=True))
    return nn.Sequential(*layers)


class VGG16(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = features()
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, 1000),
        )

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        return result(self.classifier(self.features(images)), labels)


case = Case("vgg16", batch=8, image=(3, 224, 224), classes=1000, module=VGG16)
