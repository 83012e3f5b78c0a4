"""The trained net that is looked at, ready to be shown photographs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from ..bvlc import Place
from ..datasets.databases import open_database
from ..datasets.datum_reading import datum_array
from ..engine.net import Net
from ..errors import CaffeError, NetError, UnknownNameError
from ..model.load import read_net
from ..proto import caffe_pb2
from ..proto.files import parse_text
from ..surgery import Request, perform
from ..text import Document
from .photographs import Pixels
from .real_net import RealNet
from .scaling import Scaling, read_mean

Array = npt.NDArray[np.float32]

_DATA_LAYERS = {"Data", "ImageData", "HDF5Data", "WindowData", "MemoryData", "DummyData", "Python"}


class Subject:
    """A net in the TEST phase with one image input, and how photographs become that input.

    `net`: the running net, `input`: its input blob's name, `scaling`, `classes`: names by label (may be empty),
    `is_cut_out`: whether the file's data layers cut the input out of larger images.
    """

    def __init__(
        self,
        file: str | PathLike[str],
        weights: str | PathLike[str] | None = None,
        *,
        scaling: Scaling | None = None,
        classes: Sequence[str] = (),
        input_shape: str | None = None,
        mean: Array | None = None,
        real: Place | None = None,
        gpu: int | None = None,
    ) -> None:
        """`file`: a deploy net, or a train_val, of which the deploy form is taken (its transform_param gives the
        scaling unless one is given). `input_shape`: "1,3,227,227", where a train_val does not say it. `mean`: in place
        of the scaling's, whose file need not be there then. `real`: where real Caffe is, which then runs the net, on
        `gpu` if that is given; else the engine does, on its device. Gradients go down to the input.

        Raises FileError, PrototxtError, NetError, ShapeError, and what RealNet raises.
        """
        param = read_net(file)
        self.is_cut_out = any(layer.transform_param.crop_size for layer in param.layer)
        sources = [layer for layer in param.layer if layer.type in _DATA_LAYERS and not layer.bottom]
        if sources:
            scaling = scaling or _scaling_of(sources, with_mean=mean is None)
            param = _deployed(file, input_shape)
        param.force_backward = True
        for layer in param.layer:
            if layer.type == "Eltwise":
                layer.eltwise_param.stable_prod_grad = True  # the other gradient is NaN where a bottom is 0
        self.file, self.weights = str(file), None if weights is None else str(weights)
        self.real = real
        self.net = RealNet(param, weights, real, gpu) if real else Net(param, caffe_pb2.TEST, weights=weights)
        self.scaling, self.classes = scaling or Scaling(), list(classes)
        if mean is not None:
            self.scaling = replace(self.scaling, mean=mean)
        images = [name for name in self.net.inputs if len(self.net.blobs[name].shape) == 4]
        if len(images) != 1 or self.net.blobs[images[0]].shape[1] not in (1, 3):
            shapes = ", ".join(f"{name} {tuple(self.net.blobs[name].shape)}" for name in self.net.inputs) or "none"
            raise NetError("", f"{file}: one input of N x 1 or 3 x H x W is needed to show pictures; inputs: {shapes}")
        self.input = images[0]
        self._shaped_for: tuple[int, ...] | None = None  # the input's shape that all layers know of

    @property
    def name(self) -> str:
        """For titles: the net's name, or its file's."""
        return str(self.net.name) or os.path.basename(self.file)

    @property
    def channels(self) -> int:
        return int(self.net.blobs[self.input].shape[1])

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the input."""
        height, width = self.net.blobs[self.input].shape[2:]
        return int(height), int(width)

    @property
    def output(self) -> str:
        """The net's last output: its scores."""
        return str(self.net.outputs[-1])

    @property
    def logits(self) -> str:
        """What goes into the last Softmax or Sigmoid where that makes the output, else the output itself."""
        last = self.net.param.layer[-1]
        is_squashed = last.type in ("Softmax", "Sigmoid") and self.output in last.top
        return str(last.bottom[0]) if is_squashed and last.bottom[0] != last.top[0] else self.output

    def blobs(self) -> list[str]:
        """The blobs that layers make, in order, without the copies that splits make."""
        found: dict[str, None] = {}
        for layer in self.net.param.layer:
            if layer.type not in ("Split", "Input"):
                found.update(dict.fromkeys(layer.top))
        return list(found)

    def last_maps(self) -> str:
        """The last blob with more than one place per channel. Raises NetError where there is none."""
        for name in reversed(self.blobs()):
            shape = self.net.blobs[name].shape
            if len(shape) == 4 and shape[2] * shape[3] > 1:
                return name
        raise NetError("", f"{self.file}: no blob has maps, channels x height x width")

    def check_blob(self, name: str) -> str:
        """The name itself. Raises UnknownNameError, with near ones, where the net has no such blob."""
        if name not in self.net.blobs:
            raise UnknownNameError("blob", name, self.blobs(), where=self.file)
        return name

    def class_name(self, label: int) -> str:
        return self.classes[label] if 0 <= label < len(self.classes) else f"class {label}"

    def seen(self, photographs: Sequence[Pixels]) -> list[Pixels]:
        """What the net sees of each: H x W x 3 of the input's size."""
        return [self.scaling.fitted(pixels, *self.size) for pixels in photographs]

    def batch(self, photographs: Sequence[Pixels]) -> Array:
        """The input N x C x H x W that shows these photographs, of any size, to the net."""
        return self.scaled(self.seen(photographs))

    def scaled(self, seen: Sequence[Pixels]) -> Array:
        """The input that shows these pictures, all of one size, as they are: nothing is resized or cut."""
        return np.stack([self.scaling.apply(pixels, self.channels) for pixels in seen])

    def forward(self, batch: Array, blobs: Sequence[str] = (), *, end: str | None = None) -> dict[str, Array]:
        """Runs the net on N x C x H x W; copies of the output and of `blobs`, by name.

        `end`: the last layer to run. In-place layers have done their work on a blob when it is copied.
        """
        self.show(batch)
        self.net.forward(end=end)
        names = dict.fromkeys(blobs if end else [self.output, *blobs])
        return {name: self.net.blobs[name].data.copy() for name in names}

    def show(self, batch: Array) -> None:
        """Puts N x C x H x W into the input blob, and passes its shape on through the net."""
        self._put(batch)
        if self._shaped_for != batch.shape:
            self.net.reshape()
            self._shaped_for = batch.shape

    def run_to(self, batch: Array, blob: str, *, in_place: bool = True, keep: bool = True) -> int:
        """Runs the net on N x C x H x W as far as `blob`; the last layer's index.

        `in_place`: with the layers that work in place on it; without them a convolution's sums are there, say, as its
        ReLU takes them. `keep`: what a backward pass needs. Layers behind `blob` do not run and may not fit.
        """
        makers = [i for i, layer in enumerate(self.net.param.layer) if blob in layer.top]
        last = makers[-1] if in_place else makers[0]
        self._put(batch)
        self.net.keep_passes, kept = keep, self.net.keep_passes
        try:
            self.net._forward(0, last)
        finally:
            self.net.keep_passes = kept
        return last

    def activations(self, batch: Array, blob: str) -> Array:
        """A copy of what the blob holds after the net was shown N x C x H x W."""
        self.run_to(batch, self.check_blob(blob), keep=False)
        return np.array(self.net.blobs[blob].data, np.float32)

    def gradient(self, batch: Array, blob: str, diff: Array) -> Array:
        """d(sum of `diff` x blob) / d(input), N x C x H x W, by the net's own backward pass.

        `diff` has the blob's shape for this batch. The blob is taken after all layers that work in place on it.
        """
        from .backprojection import backproject

        return backproject(self, batch, blob, diff)

    def _put(self, batch: Array) -> None:
        blob = self.net.blobs[self.input]
        if tuple(blob.shape) != batch.shape:
            blob.reshape(*batch.shape)
            self._shaped_for = None
        blob.data[...] = batch


def _scaling_of(sources: Sequence[Any], *, with_mean: bool) -> Scaling:
    """What the data layer of the TEST phase (else any) does to images."""
    of_test = [one for one in sources if any(rule.phase == caffe_pb2.TEST for rule in one.include)]
    layer = (of_test or list(sources))[0]
    param = layer.transform_param
    mean = np.array(param.mean_value, np.float32)
    if param.HasField("mean_file") and with_mean:
        mean = read_mean(param.mean_file)
    return Scaling(mean=mean, scale=param.scale, side=_side_before_crop(layer))


def _side_before_crop(layer: Any) -> int:
    """The shorter side of the images that a data layer cuts its crop from; 0 where there is no crop, or no telling."""
    if not layer.transform_param.crop_size:
        return 0
    if layer.type == "ImageData":
        return int(min(layer.image_data_param.new_height, layer.image_data_param.new_width))
    if layer.type != "Data":
        return 0
    try:
        with closing(open_database(layer.data_param.source, layer.data_param.backend)) as database:
            return int(min(datum_array(database.first()[1]).shape[1:]))
    except CaffeError:  # the net is looked at where its database is not
        return 0


def _deployed(file: str | PathLike[str], input_shape: str | None) -> Any:
    """The deploy form of a train_val, as surgery.py --to-deploy makes it."""
    requests = [Request("--to-deploy"), *([Request("--input-shape", input_shape)] if input_shape else [])]
    document = perform(Document.read(file), requests)
    text = document.to_bytes().decode(errors="replace")
    return parse_text(text, caffe_pb2.NetParameter(), file=str(file))
