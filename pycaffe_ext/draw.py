"""Pictures of nets, as pycaffe draws them. Graphviz's `dot` does the layout (Debian package graphviz)."""

from __future__ import annotations

import re
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from . import atomic
from .errors import NetError, OptionError
from .graphviz import Graph
from .proto import caffe_pb2

_BLOB = {"shape": "octagon", "fillcolor": "#E0E0E0", "style": "filled"}
_COLOURS = {"Convolution": "#FF5050", "Deconvolution": "#FF5050", "Pooling": "#FF9900", "InnerProduct": "#CC33FF"}
_IN_PLACE, _OTHER = "#90EE90", "#6495ED"


def get_pydot_graph(
    caffe_net: Any, rankdir: str, label_edges: bool = True, phase: int | None = None, display_lrm: bool = False
) -> Graph:
    """The graph of a NetParameter: one node per layer and per blob.

    `rankdir`: LR, RL, TB or BT, the direction in which data flows. `label_edges`: write batch sizes and numbers
    of outputs on the edges. `phase`: only what is in the net in this phase. `display_lrm`: show lr_mult of
    convolutions and InnerProducts. Raises NetError for a layer with both include and exclude rules.
    """
    graph = Graph(caffe_net.name or "Net", rankdir)
    for layer in caffe_net.layer:
        if phase is not None and not _is_in(layer, phase):
            continue
        node = _layer_label(layer, rankdir, display_lrm)
        in_place = len(layer.bottom) == 1 and list(layer.bottom) == list(layer.top)
        colour = _IN_PLACE if in_place else _COLOURS.get(layer.type, _OTHER)
        graph.nodes[node] = {"shape": "record", "fillcolor": colour, "style": "filled", "label": _escaped(node)}
        for bottom in layer.bottom:
            graph.nodes[bottom] = _BLOB
            graph.edges.append((bottom, node, ""))
        for top in layer.top:
            graph.nodes[top] = {}  # plain unless another layer reads it
            graph.edges.append((node, top, _edge_label(layer) if label_edges else ""))
    return graph


def draw_net(
    caffe_net: Any, rankdir: str, ext: str = "png", phase: int | None = None, display_lrm: bool = False
) -> bytes:
    """The picture of a NetParameter as the bytes of a file of type `ext`; see get_pydot_graph and Graph.create."""
    return get_pydot_graph(caffe_net, rankdir, phase=phase, display_lrm=display_lrm).create(ext)


def draw_net_to_file(
    caffe_net: Any,
    filename: str | PathLike[str],
    rankdir: str = "LR",
    phase: int | None = None,
    display_lrm: bool = False,
) -> None:
    """Draws a NetParameter into a file whose ending says what it is: .png, .svg, .pdf, .dot, .raw, ...

    Raises FileError, OptionError, NetError.
    """
    ext = Path(fspath(filename)).suffix.removeprefix(".")
    if not ext:
        raise OptionError(f"{fspath(filename)}: the ending must say what to draw, such as .png or .svg")
    atomic.write_bytes(filename, draw_net(caffe_net, rankdir, ext, phase, display_lrm))


def _is_in(layer: Any, phase: int) -> bool:
    """pycaffe's rule, which looks at phases alone."""
    if layer.include and layer.exclude:
        raise NetError(layer.name, "has both include and exclude rules; keep those of one kind")
    if layer.include:
        return any(rule.phase == phase for rule in layer.include)
    return not any(rule.phase == phase for rule in layer.exclude)


def _escaped(text: str) -> str:
    """As the text of a record, in which these characters would draw lines and ports."""
    return re.sub(r"([{}|<>])", r"\\\1", text)


def _edge_label(layer: Any) -> str:
    """What flows out of a layer: its batch size or its number of outputs, where its parameters say it."""
    if layer.type == "Data":
        return f"Batch {layer.data_param.batch_size}"
    if layer.type in ("Convolution", "Deconvolution"):
        return str(layer.convolution_param.num_output)
    if layer.type == "InnerProduct":
        return str(layer.inner_product_param.num_output)
    return ""


def _layer_label(layer: Any, rankdir: str, display_lrm: bool) -> str:
    """Name, type and what matters; in one line where layers stand one above the other, else in several."""
    separator = " " if rankdir in ("TB", "BT") else r"\n"
    parts = [layer.name, f"({layer.type})"]
    if layer.type == "Pooling":
        pooling = layer.pooling_param
        parts[1] = f"(Pooling {caffe_pb2.PoolingParameter.PoolMethod.Name(pooling.pool)})"
        parts += _window(pooling.kernel_size, pooling.stride, pooling.pad)
    elif layer.type in ("Convolution", "Deconvolution"):
        conv = layer.convolution_param
        parts += _window(_first(conv.kernel_size, 1), _first(conv.stride, 1), _first(conv.pad, 0))
    if display_lrm and layer.type in ("Convolution", "Deconvolution", "InnerProduct"):
        weights, bias = _lr_mults(layer)
        if weights or bias:
            parts.append(f"lr mult: {weights:.1f}, {bias:.1f}")
    return separator.join(parts)


def _window(kernel: int, stride: int, pad: int) -> list[str]:
    return [f"kernel size: {kernel}", f"stride: {stride}", f"pad: {pad}"]


def _first(values: Any, default: int) -> int:
    return int(values[0]) if values else default


def _lr_mults(layer: Any) -> tuple[float, float]:
    """lr_mult of weights and biases. Raises NetError for more than two."""
    given = [spec.lr_mult for spec in layer.param]
    if len(given) > 2:
        raise NetError(layer.name, f"has {len(given)} param blocks; a {layer.type} takes two")
    weights, bias = [*given, 1.0, 1.0][:2]
    return weights, bias
