"""ImageData: batches of the image files that a list names, transformed."""

from __future__ import annotations

from ...datasets.image_list import ImageListBatches
from ...datasets.transform import Transformer
from .. import device
from ..ahead import ReadsAhead
from ..layer import layer


@layer("ImageData")
class ImageData(ReadsAhead):
    def open(self, transformer: Transformer) -> ImageListBatches:
        message = self.param.image_data_param
        seed = device.new_seed() if message.shuffle else 0
        self.skipped = device.new_seed() % message.rand_skip if message.rand_skip else 0
        batches = ImageListBatches(message, transformer, seed, self.skipped)
        self.count = batches.count
        return batches
