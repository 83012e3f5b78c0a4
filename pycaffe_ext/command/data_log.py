"""The log lines of layers that read files, on what they found there."""

from __future__ import annotations

from collections.abc import Sequence

from ..engine.layer import Layer
from ..engine.layers.hdf5_data import HDF5Data
from ..engine.layers.image_data import ImageData
from ..glog import log


def log_opened(layer: Layer) -> None:
    """What Caffe writes before it says which blobs the layer has."""
    if layer.type == "Data":
        database = layer.param.data_param
        log("db.cpp:35", f"Opened {database.DB.Name(database.backend).lower()} {database.source}")


def log_read(layer: Layer, top: Sequence[int]) -> None:
    """What Caffe writes once it has opened the layer's files; `top`: the shape of a batch."""
    if isinstance(layer, ImageData):
        message = layer.param.image_data_param
        log("image_data_layer.cpp:38", f"Opening file {message.source}")
        if message.shuffle:
            log("image_data_layer.cpp:53", "Shuffling data")
        log("image_data_layer.cpp:63", f"A total of {layer.count} images.")
        if message.rand_skip:
            log("image_data_layer.cpp:70", f"Skipping first {layer.skipped} data points.")
    if isinstance(layer, HDF5Data):
        log("hdf5_data_layer.cpp:81", f"Loading list of HDF5 filenames from: {layer.param.hdf5_data_param.source}")
        log("hdf5_data_layer.cpp:95", f"Number of HDF5 files: {layer.n_files}")
    if layer.type in ("Data", "ImageData", "WindowData"):
        log("data_layer.cpp:45", "output data size: " + ",".join(map(str, top)))
