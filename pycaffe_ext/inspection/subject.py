"""The trained net that is looked at, ready to be shown photographs."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from ..engine.net import Net
from ..errors import NetError, UnknownNameError
from ..model.load import read_net
from ..proto import caffe_pb2
from ..proto.files import parse_text
from ..surgery import Request, perform
from ..text import Document
from .photographs import Pixels
from .scaling import Scaling, read_mean

Array = npt.NDArray[np.float32]

_DATA_LAYERS = {"Data", "ImageData", "HDF5Data", "WindowData", "MemoryData", "DummyData", "Python"}


class Subject:
    """A net in the TEST phase with one image input, and how photographs become that input.

    `net`: the running net, `input`: its input blob's name, `scaling`, `classes`: names by label (may be empty).
    """

    def __init__(
        self,
        file: str | PathLike[str],
        weights: str | PathLike[str] | None = None,
        *,
        scaling: Scaling | None = None,
        classes: Sequence[str] = (),
        input_shape: str | None = None,
    ) -> None:
        """`file`: a deploy net, or a train_val, of which the deploy form is taken (its transform_param gives the
        scaling unless one is given). `input_shape`: "1,3,227,227", where a train_val does not say it.
        Gradients go down to the input.

        Raises FileError, PrototxtError, NetError, ShapeError.
        """
        param = read_net(file)
        sources = [layer for layer in param.layer if layer.type in _DATA_LAYERS and not layer.bottom]
        if sources:
            scaling = scaling or _scaling_of(sources)
            param = _deployed(file, input_shape)
        param.force_backward = True
        self.file, self.weights = str(file), None if weights is None else str(weights)
        self.net = Net(param, caffe_pb2.TEST, weights=weights)
        self.scaling, self.classes = scaling or Scaling(), list(classes)
        images = [name for name in self.net.inputs if len(self.net.blobs[name].shape) == 4]
        if len(images) != 1 or self.net.blobs[images[0]].shape[1] not in (1, 3):
            shapes = ", ".join(f"{name} {tuple(self.net.blobs[name].shape)}" for name in self.net.inputs) or "none"
            raise NetError("", f"{file}: one input of N x 1 or 3 x H x W is needed to show pictures; inputs: {shapes}")
        self.input = images[0]

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
        return np.stack([self.scaling.apply(pixels, self.channels) for pixels in self.seen(photographs)])

    def forward(self, batch: Array, blobs: Sequence[str] = (), *, end: str | None = None) -> dict[str, Array]:
        """Runs the net on N x C x H x W; copies of the output and of `blobs`, by name.

        `end`: the last layer to run. In-place layers have done their work on a blob when it is copied.
        """
        self.show(batch)
        self.net.forward(end=end)
        names = dict.fromkeys(blobs if end else [self.output, *blobs])
        return {name: self.net.blobs[name].data.copy() for name in names}

    def show(self, batch: Array) -> None:
        """Puts N x C x H x W into the input blob, whose size follows."""
        blob = self.net.blobs[self.input]
        if tuple(blob.shape) != batch.shape:
            blob.reshape(*batch.shape)
            self.net.reshape()
        blob.data[...] = batch

    def gradient(self, batch: Array, blob: str, diff: Array) -> Array:
        """d(sum of `diff` x blob) / d(input), N x C x H x W, by the net's own backward pass.

        `diff` has the blob's shape for this batch. The blob is taken after all layers that work in place on it.
        """
        self.show(batch)
        last = max(i for i, layer in enumerate(self.net.param.layer) if blob in layer.top)
        self.net._forward(0, last)
        self.net.blobs[blob].diff[...] = diff
        self.net._backward(last, 0)
        return np.array(self.net.blobs[self.input].diff, np.float32)


def _scaling_of(sources: Sequence[Any]) -> Scaling:
    """What the data layer of the TEST phase (else any) does to images."""
    of_test = [one for one in sources if any(rule.phase == caffe_pb2.TEST for rule in one.include)]
    param = (of_test or list(sources))[0].transform_param
    mean = np.array(param.mean_value, np.float32)
    if param.HasField("mean_file"):
        mean = read_mean(param.mean_file)
    return Scaling(mean=mean, scale=param.scale)


def _deployed(file: str | PathLike[str], input_shape: str | None) -> Any:
    """The deploy form of a train_val, as surgery.py --to-deploy makes it."""
    requests = [Request("--to-deploy"), *([Request("--input-shape", input_shape)] if input_shape else [])]
    document = perform(Document.read(file), requests)
    text = document.to_bytes().decode(errors="replace")
    return parse_text(text, caffe_pb2.NetParameter(), file=str(file))
