"""FCN-32s by hand, on VGG-16's convolutions."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from .case import FORWARD_16, Case
from .vgg16 import features


class FCN32s(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = features(first_padding=100)
        self.classifier = nn.Sequential(
            nn.Conv2d(512, 4096, 7),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Conv2d(4096, 4096, 1),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Conv2d(4096, 21, 1),
        )
        self.upscore = nn.ConvTranspose2d(21, 21, 64, stride=32, groups=21, bias=False)
        self.upscore.weight.requires_grad_(False)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        height, width = images.shape[2:]
        scores = self.upscore(self.classifier(self.features(images)))[:, :, 19 : 19 + height, 19 : 19 + width]
        if labels is None:
            return scores
        return functional.cross_entropy(scores, labels.squeeze(1), ignore_index=255, reduction="sum") / len(images)


case = Case(
    "fcn32s",
    batch=1,
    image=(3, 375, 500),
    classes=21,
    module=FCN32s,
    images={FORWARD_16: (3, 96, 128)},  # 16 images of 375 x 500, padded by 100, need more than 8 GB
    labels_per_pixel=True,
)
