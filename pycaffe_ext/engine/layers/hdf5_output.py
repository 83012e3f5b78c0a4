"""HDF5Output: writes its bottoms into an HDF5 file, as the datasets `data` and `label`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import h5py
import torch

from ...atomic import replacing_file
from ...errors import NetError
from ...model.rules import Shape
from ..layer import Layer, Tensors, layer


@layer("HDF5Output")
class HDF5Output(Layer):
    """The file is there after the first forward pass. As in Caffe there can be no second one."""

    def set_up(self, bottoms: Sequence[Shape]) -> None:
        name = self.param.hdf5_output_param.file_name
        self._path, self._written = Path(name), False
        if not name or not os.path.isdir(self._path.parent):
            raise NetError(self.name, f"file_name '{name}' of hdf5_output_param is no file in a folder that exists")

    def forward(self, bottoms: Tensors, params: Tensors) -> Sequence[torch.Tensor | None]:
        if self._written:
            raise NetError(self.name, f"{self._path} has its batch already; HDF5Output writes one, as in Caffe")
        with replacing_file(self._path) as raw, h5py.File(raw, "w") as file:
            for name, bottom in zip(("data", "label"), bottoms, strict=True):
                shape = (*bottom.shape, 1, 1, 1, 1)[:4]  # num, channels, height, width
                file[name] = bottom.detach().cpu().reshape(shape).numpy()
        self._written = True
        return []
