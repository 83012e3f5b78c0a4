"""Some classes of a head, or all in another order; the rows of its weights and biases follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...errors import OptionError
from ...model.view import LayerView, NetView
from ...text import Document, Edit
from ..labels import behind, warn_of_labels, warn_of_top_k
from ..operation import Operation, Option, Request
from ..roles import roles_of
from .num_output import set_num_output

if TYPE_CHECKING:
    from ..weights import Weights

__all__ = ["keep_classes", "permute_classes"]

_TYPES = ("InnerProduct", "Convolution")


def keep_classes(document: Document, layer: str, classes: Sequence[int]) -> Iterator[Edit]:
    """The layer keeps these outputs, in this order. Raises UnknownNameError, NetError, OptionError."""
    outputs = _outputs(document, layer, "--keep-classes")
    if bad := [one for one in classes if one >= outputs]:
        raise OptionError(f"--keep-classes: '{layer}' has classes 0 to {outputs - 1}, no class {bad[0]}")
    if len(set(classes)) < len(classes):
        raise OptionError(f"--keep-classes: a class of '{layer}' is given twice")
    yield from set_num_output(document, layer, len(classes))


def permute_classes(document: Document, layer: str, classes: Sequence[int]) -> Iterator[Edit]:
    """Checks that `classes` holds each of the layer's outputs once; the text stays. Raises as keep_classes does."""
    outputs = _outputs(document, layer, "--permute-classes")
    if sorted(classes) != list(range(outputs)):
        raise OptionError(f"--permute-classes: '{layer}' has {outputs} classes; give each of 0 to {outputs - 1} once")
    yield from ()


def _outputs(document: Document, name: str, flag: str) -> int:
    net = NetView(document)
    layers = net.named(name)
    for layer in layers:
        if layer.type not in _TYPES or _group(layer) != 1:
            raise layer.error(f"{flag} takes an InnerProduct, or a Convolution without groups, not a {layer.type}")
        if other := next((one for one in behind(net, layer) if roles_of(one)), None):
            raise layer.error(f"is no head: '{other.name}' with parameters takes its outputs; use --prune")
    found = layers[0].scalar_in("inner_product_param", "num_output") or layers[0].scalar_in(
        "convolution_param", "num_output"
    )
    if found is None or not found.number:
        raise layers[0].error("has no num_output")
    return int(found.number)


def _group(layer: LayerView) -> float:
    group = layer.scalar_in("convolution_param", "group")
    return 1 if group is None else group.number or 1


def chosen(request: Request) -> tuple[str, list[int]]:
    """Layer and class numbers of "LAYER=0,3,5-9". Raises OptionError."""
    layer, text = request.pair("LAYER=0,3,5-9")
    classes: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        numbers = (first, last) if dash else (first, first)
        if not all(number.isascii() and number.isdigit() for number in numbers) or int(numbers[0]) > int(numbers[1]):
            raise OptionError(f"{request.flag} takes LAYER=0,3,5-9, not '{request.value}'")
        classes += range(int(numbers[0]), int(numbers[1]) + 1)
    return layer, classes


class Classes(Operation):
    """Some classes of a head, or all in another order."""

    options = (
        Option(
            "--keep-classes",
            "keep these outputs of a last layer, in this order, with their weights (fc8=0,3,5-9)",
            "LAYER=CLASSES",
        ),
        Option("--permute-classes", "order the outputs anew: in fc8=2,0,1 the old class 2 is first", "LAYER=CLASSES"),
    )
    touches = frozenset({"layer.num_output", "layer.*.num_output"})

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        layer, classes = chosen(requests[0])
        if requests[0].flag == "--permute-classes":
            raise OptionError("--permute-classes changes weights alone: give --weights IN --save-weights OUT")
        return keep_classes(document, layer, classes)

    def edits_with(self, document: Document, requests: Sequence[Request], weights: Weights) -> Iterator[Edit]:
        layer, classes = chosen(requests[0])
        is_order = requests[0].flag == "--permute-classes"
        return (permute_classes if is_order else keep_classes)(document, layer, classes)

    def weights(self, before: Document, after: Document, weights: Weights, requests: Sequence[Request]) -> None:
        name, classes = chosen(requests[0])
        net = NetView(after)
        layer = net.named(name)[0]
        warn_of_labels(net, layer, f"'{name}' has other classes now, old numbers {', '.join(map(str, classes[:20]))}")
        warn_of_top_k(net, layer, len(classes))
        if name not in weights:
            return
        outputs = _outputs(before, name, requests[0].flag)
        blobs = weights.blobs(name)
        axis = 1 if layer.is_true("inner_product_param", "transpose") else 0
        is_matrix = layer.type == "InnerProduct"
        matrix = blobs[0].reshape(blobs[0].shape[-2:]) if is_matrix else blobs[0]  # legacy: 1 x 1 x N x K
        if matrix.shape[axis] != outputs:
            raise layer.error(f"has {outputs} outputs, its weights in {weights.file} are of shape {blobs[0].shape}")
        new = [matrix.take(classes, axis), *(blob.reshape(-1).take(classes) for blob in blobs[1:])]
        weights.set_blobs(name, new)


operation = Classes()
