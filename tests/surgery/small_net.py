"""A net of distinct sizes for tests of operations, with weights that fit it."""

from __future__ import annotations

from surgery.weight_files import numbers

from pycaffe_ext.surgery import Weights
from pycaffe_ext.text import Document

TEXT = """\
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 dim: 7 dim: 9 } } } # in
layer {
  name: "conv" # c
  type: "Convolution"
  bottom: "data"
  top: "conv"
  convolution_param {
    num_output: 4
    kernel_size: 3
  }
}
# act
layer {
  name: "relu"
  type: "ReLU"
  bottom: "conv"
  top: "conv"
}
layer {
  name: "pool"
  type: "Pooling"
  bottom: "conv"
  top: "pool"
  pooling_param { kernel_size: 2 }
}
layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc" inner_product_param { num_output: 5 } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""
SHAPES = {"conv": [(4, 3, 3, 3), (4,)], "fc": [(5, 96), (5,)]}


def net() -> Document:
    return Document(TEXT, "net")


def weights() -> Weights:
    made = Weights(file="w")
    for index, (name, shapes) in enumerate(SHAPES.items()):
        made.add(name, [numbers(*shape, start=100 * index) for shape in shapes])
    return Weights.from_bytes(made.to_bytes(), "w")


def lines(before: Document, after: Document) -> list[str]:
    """The lines that went and came."""
    from pycaffe_ext.text.diff import unified_diff

    return [line.rstrip("\n") for line in list(unified_diff(before, after, 0))[2:] if line[0] in "+-"]


def table(found: Weights) -> dict[str, str]:
    return {(f"{one.was}>{one.name}" if one.was != one.name else one.name): one.kind for one in found.changes()}
