"""HDF5Data: batches of the rows of HDF5 files, one dataset per top, by the top's name."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ...datasets.hdf5_batches import Hdf5Batches
from ...errors import NetError
from ...model.rules import Shape
from .. import device
from ..ahead import naming
from ..layer import Layer, Tensors, layer


@layer("HDF5Data")
class HDF5Data(Layer):
    def set_up(self, bottoms: Sequence[Shape]) -> None:
        message = self.param.hdf5_data_param
        if self.param.HasField("transform_param"):
            raise NetError(self.name, "HDF5Data does not transform its data; take transform_param out")
        # Caffe shuffles with C's rand(), which set_random_seed does not touch; here the seed decides
        seed = device.generator(torch.device("cpu")).initial_seed() % 2**32 if message.shuffle else None
        with naming(self.name):
            part = device.solvers() if self.is_training else (1, 0)
            self._batches = Hdf5Batches(message.source, self.param.top, message.batch_size, seed, part)

    @property
    def n_files(self) -> int:
        """How many files its list names."""
        return self._batches.n_files

    def shapes(self, bottoms: Sequence[Shape]) -> list[Shape]:
        return self._batches.shapes

    def forward(self, bottoms: Tensors, params: Tensors) -> Tensors:
        target = device.current()
        with naming(self.name):
            return [torch.from_numpy(array).to(target) for array in self._batches.next()]
