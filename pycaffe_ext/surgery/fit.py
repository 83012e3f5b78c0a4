"""Whether weights fit a net, and which of them an operation has made useless."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ..errors import ShapeError
from ..model.view import LayerView, NetView
from ..proto.blobs import shapes_fit
from ..text import Document
from .counts import Shape, parameter_shapes
from .weights import Weights
from .weights_table import shapes_text

_log = logging.getLogger(__name__)

_COUNTED = {"Convolution": "convolution_param", "InnerProduct": "inner_product_param"}


def check_fit(document: Document, weights: Weights) -> None:
    """Raises ShapeError for a layer of the net whose blobs in the weights have other shapes than it needs.

    Layers that the weights do not have are right: Caffe starts them from their fillers. Where a shape cannot be
    known (below a fork's layer, or data of unknown shape) only the number of outputs is compared.
    """
    known, _ = parameter_shapes(document)
    net = NetView(document)
    for name in dict.fromkeys(layer.name for layer in net.layers):
        if name not in weights:
            continue
        layer = net.named(name)[0]
        shapes = weights.shapes(name)
        needed = known.get(name)
        if needed is None:
            outputs = number_of_outputs(layer)
            if outputs is not None and outputs not in (shapes[0][0], shapes[-1][-1]):
                problem = f"needs num_output {outputs}, {weights.file} has blobs of shape {shapes_text(shapes)}"
                raise _misfit(layer, problem)
        elif not _fit(needed, shapes, weights.legacy(name)):
            raise _misfit(
                layer, f"needs blobs of shape {shapes_text(needed)}, {weights.file} has {shapes_text(shapes)}"
            )


def drop_misfits(before: Document, after: Document, weights: Weights) -> None:
    """Drops the blobs of layers that fit the net before, but cannot fit it now; says so."""
    old, _ = parameter_shapes(before)
    new, _ = parameter_shapes(after)
    for name in new:
        if name in weights and name in old and new[name] != old[name]:
            drop(weights, name, f"needs {shapes_text(new[name])} now")


def drop(weights: Weights, name: str, why: str) -> None:
    """Drops a layer's blobs and says so: Caffe starts it from its fillers."""
    _log.info("weights: layer '%s' starts from its fillers: had %s, %s", name, shapes_text(weights.shapes(name)), why)
    weights.drop(name)


def number_of_outputs(layer: LayerView) -> int | None:
    """num_output of a Convolution or InnerProduct; None for others."""
    found = layer.scalar_in(_COUNTED[layer.type], "num_output") if layer.type in _COUNTED else None
    return int(found.number) if found is not None and found.number else None


def _fit(needed: Sequence[Shape], shapes: Sequence[Shape], legacy: Sequence[bool]) -> bool:
    pairs = zip(needed, shapes, legacy, strict=False)
    return len(needed) == len(shapes) and all(shapes_fit(a, b, legacy=old) for a, b, old in pairs)


def _misfit(layer: LayerView, problem: str) -> ShapeError:
    error = ShapeError(
        "",
        f"{layer.error(problem)}; give it the size that the weights have, or start it afresh:"
        f" --replace-head {layer.name}=NEW,N or --drop-weights {layer.name}",
    )
    error.layer = layer.name
    return error
