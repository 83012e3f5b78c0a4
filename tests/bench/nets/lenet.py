"""LeNet by hand."""

from __future__ import annotations

from torch import Tensor, nn

from .case import Case
from .heads import result


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 20, 5),
            nn.MaxPool2d(2, 2, ceil_mode=True),
            nn.Conv2d(20, 50, 5),
            nn.MaxPool2d(2, 2, ceil_mode=True),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(50 * 4 * 4, 500), nn.ReLU(inplace=True), nn.Linear(500, 10)
        )

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        return result(self.classifier(self.features(images)), labels)


case = Case("lenet", batch=64, image=(1, 28, 28), classes=10, module=LeNet, in_bars=False)
