"""What a net of the bench is: its prototxts, the same net as a torch module, and the sizes it is measured at."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from torch import nn

from pycaffe_ext.model.load import read_net
from pycaffe_ext.proto import caffe_pb2

ROOT = Path(__file__).resolve().parents[3]
STEP, FORWARD_1, FORWARD_16 = "step", "forward_1", "forward_16"
TASKS = (STEP, FORWARD_1, FORWARD_16)

Image = tuple[int, int, int]


@dataclass(frozen=True)
class Case:
    """One net. A module in this folder that has a `case` is found by itself.

    `module()` makes the net by hand: `forward(images, labels)` gives the loss, `forward(images)` the output of
    the deploy net. `net(spec, label)` adds its layers to a NetSpec that has `data`: those of the training net where
    there is a label, else (None) those of the deploy net; without it they are those of prototxt/NAME.
    """

    name: str
    batch: int  # of a training step
    image: Image  # channels, height, width
    classes: int
    module: Callable[[], nn.Module]
    net: Callable[[Any, Any], Any] | None = None
    images: dict[str, Image] = field(default_factory=dict)  # of tasks that take another size than `image`
    labels_per_pixel: bool = False
    in_bars: bool = True

    def shape(self, task: str) -> tuple[int, int, int, int]:
        """The shape of the images, N x C x H x W."""
        count = {STEP: self.batch, FORWARD_1: 1, FORWARD_16: 16}[task]
        return (count, *self.images.get(task, self.image))

    def label_shape(self) -> tuple[int, ...]:
        """The shape of a training step's labels: N, or N x 1 x H x W."""
        count, _, height, width = self.shape(STEP)
        return (count, 1, height, width) if self.labels_per_pixel else (count,)

    def prototxt(self, task: str) -> Any:
        """The NetParameter: an Input layer for data (and label), then the net."""
        if self.net is not None:
            return self._spec(task)
        net = read_net(ROOT / f"prototxt/{self.name}" / ("train_val.prototxt" if task == STEP else "deploy.prototxt"))
        layers = [layer for layer in net.layer if layer.type not in ("Data", "Input")]
        del net.layer[:]
        for top, shape in self._inputs(task).items():
            made = net.layer.add(name=top, type="Input", top=[top])
            made.input_param.shape.append(caffe_pb2.BlobShape(dim=shape))
        for layer in layers:
            _give_filler(layer)
            net.layer.append(layer)
        return net

    def _spec(self, task: str) -> Any:
        from pycaffe_ext.net_spec import NetSpec, layers

        spec = NetSpec()
        for top, shape in self._inputs(task).items():
            spec[top] = layers.Input(shape=[{"dim": list(shape)}])
        assert self.net is not None
        self.net(spec, spec.label if task == STEP else None)
        return spec.to_proto()

    def _inputs(self, task: str) -> dict[str, tuple[int, ...]]:
        return {"data": self.shape(task)} | ({"label": self.label_shape()} if task == STEP else {})


def _give_filler(layer: Any) -> None:
    """Zeros would run through a net that is meant to start from other weights, and zeros may be faster."""
    if layer.type == "Convolution" and not layer.convolution_param.HasField("weight_filler"):
        layer.convolution_param.weight_filler.type = "msra"


def cases() -> dict[str, Case]:
    """All cases by name."""
    package = Path(__file__).parent
    modules = [import_module(f"{__package__}.{module.name}") for module in pkgutil.iter_modules([str(package)])]
    found = [module.case for module in modules if isinstance(getattr(module, "case", None), Case)]
    return {case.name: case for case in found}
