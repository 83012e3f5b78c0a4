"""One more layer in the way of a blob: behind the layer that makes it, or before one that takes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import OptionError
from ...model.view import NetView
from ...text import Document, Edit, Scalar
from ...text.layout import New, quoted, replace
from ..operation import Operation, Option, Request

if TYPE_CHECKING:
    from ..anatomy import Anatomy, Part
    from ..weights import Weights

__all__ = ["insert_after", "insert_before"]

_FORM = "LAYER=TYPE[:NAME]"


def insert_after(document: Document, layer: str, kind: str, name: str = "", fields: str = "") -> Iterator[Edit]:
    """A layer of type `kind` takes the first top of `layer`; what took that takes the new layer's top.

    Types that work in place by custom (ReLU, Dropout, BatchNorm, Scale ...) do so, and nothing else changes; others
    make a blob of the new layer's name. `fields`: more fields, as text; a top there names the blob.
    Raises UnknownNameError, NetError, PrototxtError.
    """
    from ..anatomy import Anatomy
    from ..fields import insert_layers_after, new_layer
    from ..rewire import scope

    anatomy = Anatomy(document)
    part = _one(anatomy, layer)
    if not part.view.tops:
        raise part.error("makes no blob that a layer behind it could take")
    blob = part.view.top_names[0]
    name, top, more = _named(anatomy, layer, kind, name, fields, in_place=blob)
    if top != blob:
        yield from _renamed((scalar for _, scalar in scope(anatomy, part, blob)), top)
    yield insert_layers_after(part.view, [new_layer(part.view, name, kind, [blob], [top], more)])


def insert_before(document: Document, layer: str, kind: str, name: str = "", fields: str = "") -> Iterator[Edit]:
    """A layer of type `kind` takes the first bottom of `layer`, which takes the new layer's top instead.

    The new top is a blob of the new layer's name; where `layer` works in place, what follows it has that name too.
    """
    from ..anatomy import Anatomy
    from ..fields import insert_layers_before, new_layer
    from ..rewire import scope

    anatomy = Anatomy(document)
    part = _one(anatomy, layer)
    if not part.view.bottoms:
        raise part.error("takes no blob that a layer before it could make")
    blob = part.view.bottom_names[0]
    name, top, more = _named(anatomy, layer, kind, name, fields, in_place=None)
    yield from _renamed(part.view.bottoms[:1], top)
    tops = [scalar for scalar in part.view.tops if scalar.value == blob]
    if tops:
        yield from _renamed([*tops, *(scalar for _, scalar in scope(anatomy, part, blob))], top)
    yield insert_layers_before(part.view, [new_layer(part.view, name, kind, [blob], [top], more)])


def _one(anatomy: Anatomy, name: str) -> Part:
    found = [anatomy.parts[view.index] for view in anatomy.view.named(name)]
    if len(found) > 1:
        raise found[0].error(f"there are {len(found)} layers of this name; rename all but one first")
    return found[0]


def _named(
    anatomy: Anatomy, beside: str, kind: str, name: str, fields: str, in_place: str | None
) -> tuple[str, str, list[New]]:
    """The new layer's name, its top and its other fields."""
    from ..fields import as_new
    from ..kinds import PER_CHANNEL, PER_VALUE

    names = {view.name for view in anatomy.view.layers}
    name = name or new_name(names | set(anatomy.view.blobs), beside, kind)
    if name in names:
        raise OptionError(
            f"{anatomy.document.file}: there is a layer '{name}' already; say TYPE:NAME with another name"
        )
    given = Document(fields, "--with")
    if bad := next((field for field in given.root.fields if field.name in ("name", "type", "bottom", "layer")), None):
        raise given.error(bad.start, f"{bad.name} is said by {_FORM}; leave it out of the fields")
    tops = given.root.scalars("top")
    customary = in_place is not None and kind in PER_VALUE | PER_CHANNEL
    top = tops[-1].value if tops else in_place if customary and in_place is not None else name
    if top != in_place and top in anatomy.view.blobs:
        raise OptionError(f"{anatomy.document.file}: there is a blob '{top}' already; say TYPE:NAME with another name")
    return name, top, as_new([field for field in given.root.fields if field.name != "top"])


def new_name(taken: set[str], beside: str, kind: str) -> str:
    """conv1_relu, or conv1_relu2 and so on where that is taken."""
    name = plain = f"{beside}_{kind.lower()}"
    number = 1
    while name in taken:
        number += 1
        name = f"{plain}{number}"
    return name


def _renamed(scalars: Iterator[Scalar] | Sequence[Scalar], name: str) -> Iterator[Edit]:
    for scalar in scalars:
        yield from replace(scalar, quoted(name, like=scalar))


class Insert(Operation):
    """One more layer."""

    options = (
        Option(
            "--insert-after",
            "a layer that takes LAYER's top (conv1=BatchNorm:bn1), in place where that is the custom of its type",
            _FORM,
        ),
        Option("--insert-before", "a layer that gives LAYER its first bottom (fc6=Dropout)", _FORM),
        Option(
            "--with",
            "behind --insert-*: the new layer's other fields, as text or in a file"
            " ('convolution_param { num_output: 64 kernel_size: 1 }')",
            "FIELDS",
        ),
    )
    touches = frozenset({"layer.bottom", "layer.top"})
    together = True

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        net = document
        for flag, layer, kind, name, fields in _inserts(requests):
            net = net.apply(
                (insert_after if flag == "--insert-after" else insert_before)(net, layer, kind, name, fields)
            )
        yield Edit(0, len(document.text), net.text)

    def layers(self, document: Document, requests: Sequence[Request]) -> tuple[Sequence[str], Sequence[str]]:
        net = NetView(document)
        names: list[str] = []
        taken = {view.name for view in net.layers} | set(net.blobs)
        for _, layer, kind, name, _ in _inserts(requests):
            names.append(name or new_name(taken | set(names), layer, kind))
        return names, ()

    def weights(self, before: Document, after: Document, weights: Weights, requests: Sequence[Request]) -> None:
        """The new layer starts from its fillers; so do layers whose input it makes another size."""
        from ..fit import drop_misfits

        drop_misfits(before, after, weights)


def _inserts(requests: Sequence[Request]) -> list[tuple[str, str, str, str, str]]:
    """Flag, layer, type, name (may be empty) and fields of each."""
    found: list[tuple[str, str, str, str, str]] = []
    for request in requests:
        if request.flag == "--with":
            if not found or found[-1][-1]:
                raise OptionError("--with says something to the --insert-after or --insert-before just before it")
            found[-1] = (*found[-1][:-1], _text(request.value))
        else:
            layer, right = request.pair(_FORM)
            kind, _, name = right.partition(":")
            found.append((request.flag, layer, kind, name, ""))
    return found


def _text(value: str) -> str:
    """Fields as they are given, or those of the file that is named."""
    if any(mark in value for mark in ":{"):
        return value
    if not Path(value).exists():
        raise OptionError(f"--with takes fields, as 'relu_param {{ negative_slope: 0.1 }}', or a file, not '{value}'")
    return Document.read(value).text


operation = Insert()
