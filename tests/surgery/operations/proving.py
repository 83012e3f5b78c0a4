"""Small nets with drawn weights, operated on, and run before and after."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from compare_nets import draw_weights

import pycaffe_ext
from pycaffe_ext.inspection.equivalence import Equivalence, compare
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.surgery.runnable import runnable
from pycaffe_ext.surgery.runner import operations
from pycaffe_ext.surgery.weights import Weights
from pycaffe_ext.text import Document

NEAR = 1e-5


def layer(name: str, kind: str, bottoms: str = "", tops: str = "", more: str = "") -> str:
    blobs = "".join(f'bottom: "{b}" ' for b in bottoms.split()) + "".join(f'top: "{t}" ' for t in tops.split())
    return f'layer {{ name: "{name}" type: "{kind}" {blobs}{more} }}\n'


def data(*shape: int, name: str = "data") -> str:
    dims = " ".join(f"dim: {size}" for size in shape)
    return layer(name, "Input", "", name, f"input_param {{ shape {{ {dims} }} }}")


def conv(name: str, bottom: str, outputs: int, kernel: int = 3, more: str = "", top: str = "") -> str:
    fields = f"num_output: {outputs} kernel_size: {kernel} {more}"
    return layer(name, "Convolution", bottom, top or name, f"convolution_param {{ {fields} }}")


def fc(name: str, bottom: str, outputs: int, more: str = "") -> str:
    return layer(name, "InnerProduct", bottom, name, f"inner_product_param {{ num_output: {outputs} {more} }}")


def drawn(text: str, seed: int = 0) -> Weights:
    """Weights for a net, as a file of them would be read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.prototxt"
        path.write_text(runnable(Document(text)))
        net = pycaffe_ext.Net(path, pycaffe_ext.TEST)
        draw_weights(net, np.random.RandomState(seed))
        net.save(Path(folder) / "net.caffemodel")
        return Weights.from_bytes((Path(folder) / "net.caffemodel").read_bytes(), "net.caffemodel")


class Operated:
    """A net and its weights before and after some options, such as "--fc-to-conv fc*"."""

    def __init__(self, text: str, *options: str, weights: Weights | None = None) -> None:
        self.requests = [Request(*option.split(" ", 1)) for option in options]
        self.before, self.weights_before = Document(text, "net"), weights or drawn(text)
        self.weights = self.weights_before.copy()
        self.after = perform(self.before, self.requests, self.weights)

    @property
    def operation(self) -> Any:
        flag = self.requests[0].flag
        return next(one for one in operations() if any(option.flag == flag for option in one.options))

    def difference(self, inputs: Sequence[dict[str, Any]] | None = None) -> Equivalence:
        """How far the nets are apart, by the operation's own feed and meet."""
        draw, feed, meet = (getattr(self.operation, name, None) for name in ("draw", "feed", "meet"))
        return compare(
            runnable(self.before),
            self.weights_before.to_bytes(),
            runnable(self.after),
            self.weights.to_bytes(),
            inputs,
            draw=draw and (lambda arrays: draw(self.before, self.requests, arrays)),
            feed=feed and (lambda arrays: feed(self.before, self.requests, arrays)),
            meet=meet and (lambda name, array: meet(self.before, self.requests, name, array)),
            seeds=(0,),
        )

    @property
    def types(self) -> list[str]:
        """Name: Type of each layer after, without inputs."""
        from pycaffe_ext.model.view import NetView

        return [f"{one.name}: {one.type}" for one in NetView(self.after).layers if one.type != "Input"]

    def run(self, **inputs: Any) -> dict[str, Any]:
        """All blobs of the net after."""
        return run(runnable(self.after), self.weights, **inputs)


def run(text: str, weights: Weights, **inputs: Any) -> dict[str, Any]:
    """All blobs of a net in the TEST phase, by name."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "net.prototxt").write_text(text)
        (Path(folder) / "net.caffemodel").write_bytes(weights.to_bytes())
        net = pycaffe_ext.Net(f"{folder}/net.prototxt", f"{folder}/net.caffemodel", pycaffe_ext.TEST)
    for name, array in inputs.items():
        net.blobs[name].reshape(*np.shape(array))
        net.blobs[name].data[...] = array
    net.forward()
    return {name: blob.data.copy() for name, blob in net.blobs.items()}
