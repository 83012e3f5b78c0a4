"""Two nets side by side into one classifier: the features of both, concatenated, before the head of the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ...errors import OptionError
from ...model.view import LayerView, NetView
from ...text import Document, Edit
from ...text.layout import New, quoted, replace
from ..inputs import is_data
from ..operation import Operation, Option, Request
from .part import keep_up_to
from .prefix import add_prefix

if TYPE_CHECKING:
    from ..weights import Weights

__all__ = ["join"]

PREFIX = "other_"
_HEADS = ("InnerProduct", "Convolution")


def join(document: Document, other: Document, prefix: str = PREFIX) -> Iterator[Edit]:
    """Puts the layers of another net that make its features beside this one's, all their names behind `prefix`.

    The head of a net is its last InnerProduct or Convolution, its features what that takes. Both nets take this one's
    data; a Concat of both features goes to this one's head. Raises NetError where they cannot be joined.
    """
    from ..anatomy import Anatomy
    from ..fields import insert_layers_before, new_layer

    head, features = _head(document)
    _, others = _head(other)
    branch = other.apply(keep_up_to(other, others))
    taken = {layer.name for layer in NetView(document).layers} | set(NetView(document).blobs)
    branch = branch.apply(add_prefix(branch, prefix))
    inputs = _inputs(document)
    renamed = dict(zip(_inputs(branch), inputs, strict=False))
    branch = branch.apply(_with_data(branch, renamed))
    layers = [layer for layer in NetView(branch).layers if not _is_input(layer)]
    if clash := taken & {name for layer in layers for name in (layer.name, *layer.top_names)}:
        raise head.error(f"the net has '{sorted(clash)[0]}' already; join with another --join-prefix")
    if any(layer.is_v1 != head.is_v1 for layer in layers):
        raise layers[0].error(f"is of another format than {document.file}; --upgrade the older net first")
    text = document.newline.join(branch.text[layer.field.start : layer.field.end] for layer in layers)
    both = [New("concat_param", [New("axis", "1")])] if not head.is_v1 else []
    concat = new_layer(head, f"{prefix}concat", "Concat", [features, prefix + others], [f"{prefix}concat"], both)
    yield Edit(head.field.start, head.field.start, text.replace("\r\n", "\n").replace("\n", document.newline))
    yield Edit(head.field.start, head.field.start, document.newline)
    yield insert_layers_before(Anatomy(document).parts[head.index].view, [concat])
    yield from replace(head.bottoms[0], quoted(f"{prefix}concat", like=head.bottoms[0]))


def _head(document: Document) -> tuple[LayerView, str]:
    """The last layer that can be a head, and the blob it takes."""
    found = [layer for layer in NetView(document).layers if layer.type in _HEADS and layer.bottoms]
    if not found:
        raise OptionError(f"{document.file}: has no InnerProduct or Convolution to be its head")
    return found[-1], found[-1].bottom_names[0]


def _is_input(layer: LayerView) -> bool:
    return layer.type == "Input" or is_data(layer)


def _inputs(document: Document) -> list[str]:
    """The data that the layers of a net take, in the order in which they do; labels come last."""
    net = NetView(document)
    given = {scalar.value for scalar in net.inputs} | {
        top for layer in net.layers if _is_input(layer) for top in layer.top_names
    }
    used = [blob for layer in net.layers for blob in layer.bottom_names if blob in given]
    return list(dict.fromkeys(used))


def _with_data(branch: Document, names: dict[str, str]) -> Iterator[Edit]:
    for layer in NetView(branch).layers:
        for scalar in layer.bottoms:
            if scalar.value in names:
                yield from replace(scalar, quoted(names[scalar.value], like=scalar))


class _Wish(NamedTuple):
    other: Document
    prefix: str
    weights: str


class Join(Operation):
    """Two nets side by side into one classifier."""

    options = (
        Option("--join", "another net beside this one: features of both go to this one's last layer", "OTHER.prototxt"),
        Option("--join-weights", "with --join: the weights of the other net", "IN"),
        Option("--join-prefix", f"with --join: goes before all names of the other net (default: {PREFIX})", "TEXT"),
    )
    touches = frozenset({"layer.bottom"})
    together = True

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        wish = _wish(requests)
        return join(document, wish.other, wish.prefix)

    def layers(self, document: Document, requests: Sequence[Request]) -> tuple[Sequence[str], Sequence[str]]:
        wish = _wish(requests)
        branch = wish.other.apply(keep_up_to(wish.other, _head(wish.other)[1]))
        names = [wish.prefix + layer.name for layer in NetView(branch).layers if not _is_input(layer)]
        return [*names, f"{wish.prefix}concat"], ()

    def weights(self, before: Document, after: Document, weights: Weights, requests: Sequence[Request]) -> None:
        """The other net's layers come in; the head, which takes more inputs now, starts from its fillers."""
        from ..fit import drop
        from ..weights import Weights

        wish = _wish(requests)
        if wish.weights:
            theirs = Weights.read(wish.weights)
            for name in self.layers(before, requests)[0]:
                old = name.removeprefix(wish.prefix)
                if old in theirs:
                    weights.take_from(theirs, old, name)
        head, _ = _head(before)
        if head.name in weights:
            drop(weights, head.name, "takes the features of two nets now")


def _wish(requests: Sequence[Request]) -> _Wish:
    values = {request.flag: request.value for request in requests}
    if "--join" not in values or len(values) < len(requests):
        raise OptionError("--join takes one other net; --join-weights and --join-prefix say something to it")
    return _Wish(Document.read(values["--join"]), values.get("--join-prefix", PREFIX), values.get("--join-weights", ""))


operation = Join()
