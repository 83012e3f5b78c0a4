"""The log lines of layers that read files: what they found there, and when they begin a database anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..datasets.databases import open_database
from ..engine.layer import Layer
from ..engine.layers.hdf5_data import HDF5Data
from ..engine.layers.image_data import ImageData
from ..engine.net import Net
from ..glog import log, number
from ..proto.files import read_bytes
from .hdf5_log import log_rows


def log_opened(layer: Layer) -> None:
    """What Caffe writes before it says which blobs the layer has."""
    if layer.type == "Data":
        database = layer.param.data_param
        log("db.cpp:35", f"Opened {database.DB.Name(database.backend).lower()} {database.source}")


def log_read(layer: Layer, top: Sequence[int]) -> None:
    """What Caffe writes once it has opened the layer's files; `top`: the shape of a batch."""
    if layer.type in ("Data", "ImageData", "WindowData"):
        _log_mean("data_transformer.cpp:25", layer)
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
        log_rows(layer.param.hdf5_data_param.source, layer.param.top)
    if layer.type == "WindowData":
        _log_windows(layer.param.window_data_param)
    if layer.type in ("Data", "ImageData", "WindowData"):
        log("data_layer.cpp:45", "output data size: " + ",".join(map(str, top)))
    if layer.type == "WindowData":
        _log_mean("window_data_layer.cpp:196", layer)


def _log_mean(source: str, layer: Layer) -> None:
    if layer.param.transform_param.HasField("mean_file"):
        log(source, f"Loading mean file from: {layer.param.transform_param.mean_file}")


def _log_windows(message: Any) -> None:
    """What is in a window file that a layer has read, and is well formed; see datasets.windows for its form."""
    settings = {
        "foreground (object) overlap threshold": number(message.fg_threshold),
        "background (non-object) overlap threshold": number(message.bg_threshold),
        "foreground sampling fraction": number(message.fg_fraction),
        "cache_images": int(message.cache_images),
        "root_folder": message.root_folder,
    }
    log("window_data_layer.cpp:53", "\n".join(["Window data layer:", *(f"  {k}: {v}" for k, v in settings.items())]))
    words = iter(read_bytes(message.source).decode(errors="replace").split())
    labels, image = Counter({0: 0}), 0
    for _ in words:  # the mark before each image
        image, path = int(next(words)), message.root_folder + next(words)
        *size, count = (next(words) for _ in range(4))
        for _ in range(int(count)):
            label, overlap, *_ = (float(next(words)) for _ in range(6))
            if overlap >= message.fg_threshold:
                labels[int(label)] += 1
            elif overlap < message.bg_threshold:
                labels[0] += 1
        if image % 100 == 0:
            log("window_data_layer.cpp:148", f"num: {image} {path} {' '.join(size)} windows to process: {count}")
    log("window_data_layer.cpp:157", f"Number of images: {image + 1}")
    for label, samples in sorted(labels.items()):
        log("window_data_layer.cpp:161", f"class {label} has {samples} samples")
    log("window_data_layer.cpp:165", f"Amount of context padding: {message.context_pad}")
    log("window_data_layer.cpp:168", f"Crop mode: {message.crop_mode}")


def log_written(net: Net) -> None:
    """What Caffe writes in the first pass forward, in which HDF5Output layers write their files."""
    for layer in net.layers:
        if layer.type == "HDF5Output":
            log("hdf5_output_layer.cpp:33", f"Saving HDF5 file {layer.param.hdf5_output_param.file_name}")
            rows = net._blobs[net._bottom_ids(net.layers.index(layer))[0]].shape[0]
            log("hdf5_output_layer.cpp:38", f"Successfully saved {rows} rows")


class Restarts:
    """Says each time when Caffe's Data layers, which read ahead, are through with their database and begin it anew."""

    def __init__(self, net: Net) -> None:
        self._layers = [_Ahead(layer) for layer in net.layers if layer.type == "Data"]
        self.passed(0)

    def passed(self, batches: int) -> None:
        """To be told of each pass forward, or of several."""
        for layer in self._layers:
            for _ in range(layer.restarts(batches)):
                log("data_layer.cpp:73", "Restarting data prefetching from start.")


class _Ahead:
    """How far a Data layer has read."""

    def __init__(self, layer: Layer) -> None:
        message = layer.param.data_param
        database = open_database(message.source, message.backend)
        self._entries = len(database)
        database.close()
        self._batch, self._ahead = message.batch_size, message.prefetch
        self._passes = self._restarts = 0

    def restarts(self, passes: int) -> int:
        """How often it begins anew while these passes run. Before the second one nothing is read behind the first."""
        self._passes += passes
        batches = self._ahead + max(self._passes - 1, 0)
        before, self._restarts = self._restarts, batches * self._batch // self._entries
        return self._restarts - before
