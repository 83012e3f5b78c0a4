"""Layers that share their parameters: one set of weights, learned by all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...errors import OptionError
from ...model.view import LayerView, NetView
from ...text import Document, Edit
from ...text.layout import New, insert_after, insert_first, quoted, replace
from ..operation import Operation, Option, Request
from ..rates import last_heading
from ..roles import BIAS, roles_of

if TYPE_CHECKING:
    from ..weights import Weights

__all__ = ["share_parameters"]


def share_parameters(document: Document, names: Sequence[str]) -> Iterator[Edit]:
    """Gives the parameters of these layers the names that those of the first one have, or FIRST_w and FIRST_b.

    Raises UnknownNameError, NetError where types or numbers of parameters differ, or shapes as far as they are known.
    """
    net = NetView(document)
    layers = [layer for name in names for layer in net.named(name)]
    first = layers[0]
    roles = roles_of(first)
    if not roles:
        raise first.error(f"{first.type} has no parameters to share, as far as is known")
    _check(document, layers)
    there = _names(first)
    shared = [
        (there[index] if index < len(there) else "")
        or f"{first.name}_{'b' if role == BIAS else 'w'}{index if index > 1 else ''}"
        for index, role in enumerate(roles)
    ]
    for layer in layers:
        yield from _set_names(layer, shared)


def _check(document: Document, layers: Sequence[LayerView]) -> None:
    from ..counts import parameter_shapes

    shapes, _ = parameter_shapes(document)
    first = layers[0]
    for layer in layers[1:]:
        if (layer.type, roles_of(layer)) != (first.type, roles_of(first)):
            raise layer.error(f"{layer.type} cannot share the parameters of '{first.name}' ({first.type})")
        ours, theirs = shapes.get(layer.name), shapes.get(first.name)
        if ours is not None and theirs is not None and ours != theirs:
            raise layer.error(f"has parameters of shape {ours}, those of '{first.name}' are {theirs}")


def _names(layer: LayerView) -> list[str]:
    if layer.is_v1:
        return [scalar.value for scalar in layer.body.scalars("param")]
    return [param.text_of("name") for param in layer.params]


def _set_names(layer: LayerView, names: Sequence[str]) -> Iterator[Edit]:
    document, mark = layer.document, layer.body.scalar("name")
    texts = [quoted(name, like=mark) for name in names]
    if layer.is_v1:
        there = layer.body.scalars("param")
        for scalar, name, text in zip(there, names, texts, strict=False):
            if scalar.value != name:
                yield from replace(scalar, text)
        missing = [New("param", text) for text in texts[len(there) :]]
    else:
        for param, name, text in zip(layer.params, names, texts, strict=False):
            written = param.scalar("name")
            if written is None:
                yield insert_first(document, param, New("name", text))
            elif written.value != name:
                yield from replace(written, text)
        missing = [New("param", [New("name", text)]) for text in texts[len(layer.params) :]]
    if missing:
        yield insert_after(document, last_heading(layer), missing, layer.body.fields)


class Share(Operation):
    """Layers that share their parameters."""

    options = (Option("--share", "these layers share parameters; the first one's weights are kept", "A,B[,...]"),)
    touches = frozenset({"layer.param.name", "layer.param"})

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        return share_parameters(document, _layers(requests[0]))

    def weights(self, before: Document, after: Document, weights: Weights, requests: Sequence[Request]) -> None:
        """All get the blobs of the first: of layers that share, Caffe takes those it loads last."""
        first, *others = _layers(requests[0])
        for name in others:
            if first in weights and name in weights:
                weights.set_blobs(name, weights.blobs(first))
            elif name in weights:
                weights.drop(name)


def _layers(request: Request) -> list[str]:
    names = request.value.split(",")
    if len(names) < 2 or not all(names) or len(set(names)) < len(names):
        raise OptionError(f"--share takes two or more layers, as conv1,conv1_p, not '{request.value}'")
    return names


operation = Share()
