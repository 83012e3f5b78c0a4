"""WindowData: batches of windows of images, drawn at random from a window file."""

from __future__ import annotations

from ...datasets.transform import Transformer
from ...datasets.window_batches import WindowBatches
from .. import device
from ..ahead import ReadsAhead
from ..layer import layer


@layer("WindowData")
class WindowData(ReadsAhead):
    def open(self, transformer: Transformer) -> WindowBatches:
        return WindowBatches(self.param.window_data_param, self.param.transform_param, device.new_seed())
