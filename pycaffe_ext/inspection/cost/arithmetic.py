"""How much a layer computes in a pass forward, from shapes.

A multiply-accumulate (MAC) is a product that is added to a sum: what convolutions, inner products and recurrent layers
do. Everything else (biases, comparisons in pooling, functions of single numbers) counts as other operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from ...model.rules import Shape

_NOTHING = {
    *("Concat", "Crop", "Data", "DummyData", "Flatten", "HDF5Data", "HDF5Output", "Im2col", "ImageData", "Input"),
    *("MemoryData", "Parameter", "Reshape", "Silence", "Slice", "Split", "Tile", "WindowData", "Embed", "Python"),
    *("BatchReindex", "Filter", "Accuracy", "ArgMax"),
}
"""They move numbers, or their work does not depend on the net."""
_PER_NUMBER = {"BatchNorm": 2, "Softmax": 3, "MVN": 4}
_PER_INPUT = {"SoftmaxWithLoss": 3, "SigmoidCrossEntropyLoss": 3, "EuclideanLoss": 2, "HingeLoss": 2, "Reduction": 1}


def macs(layer: Any, params: Sequence[Shape], bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
    """Multiply-accumulates of a layer (its LayerParameter): of all images of the batch together."""
    if layer.type == "Convolution":
        return prod(params[0][1:]) * prod(tops[0])
    if layer.type == "Deconvolution":
        return prod(params[0][1:]) * prod(bottoms[0])
    if layer.type == "InnerProduct":
        return prod(params[0]) * prod(tops[0]) // max(1, int(layer.inner_product_param.num_output))
    if layer.type in ("LSTM", "RNN"):
        return _recurrent(layer, params, bottoms)
    return 0


def _recurrent(layer: Any, params: Sequence[Shape], bottoms: Sequence[Shape]) -> int:
    """Every matrix is used at each of T steps for each of N streams; that of a static input once."""
    matrices = [shape for shape in params if len(shape) == 2]
    steps, streams = bottoms[0][:2]
    # a static input comes third, before the hidden states that the layer may be given
    has_static = len(bottoms) == 3 + layer.recurrent_param.expose_hidden * (2 if layer.type == "LSTM" else 1)
    static = prod(matrices[1]) if has_static else 0
    return streams * (steps * (sum(map(prod, matrices)) - static) + static)


def operations(layer: Any, params: Sequence[Shape], bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
    """Operations other than multiply-accumulates: of all images of the batch together."""
    kind = layer.type
    if kind in _NOTHING or not bottoms:
        return 0
    if kind in _PER_INPUT:
        return _PER_INPUT[kind] * prod(bottoms[0])
    made = prod(tops[0]) if tops else 0
    if kind in ("Convolution", "Deconvolution", "InnerProduct"):
        return made if len(params) > 1 else 0
    if kind == "Pooling":
        return made * _window(layer.pooling_param, bottoms[0])
    if kind == "LRN":
        size = int(layer.lrn_param.local_size)
        return made * ((size if layer.lrn_param.norm_region == 0 else size**2) + 3)
    if kind == "Eltwise":
        return made * (len(bottoms) - 1 + sum(coeff not in (0, 1) for coeff in layer.eltwise_param.coeff))
    if kind == "Scale":
        return made * (1 + bool(layer.scale_param.bias_term))
    return made * _PER_NUMBER.get(kind, 1)


def _window(pooling: Any, bottom: Shape) -> int:
    if pooling.global_pooling:
        return prod(bottom[2:])
    return int(pooling.kernel_h or pooling.kernel_size) * int(pooling.kernel_w or pooling.kernel_size)
