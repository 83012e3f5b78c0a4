"""A part of a net as a net: what leads to a blob, or what follows from it. The two are the net cut in two."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ...errors import UnknownNameError
from ...model.view import LayerView
from ...text import Document, Edit
from ...text.layout import New, remove_block
from ..inputs import is_data
from ..operation import Operation, Option, Request

if TYPE_CHECKING:
    from ..anatomy import Anatomy, Part

__all__ = ["keep_from", "keep_up_to"]

_log = logging.getLogger(__name__)


def keep_up_to(document: Document, blob: str) -> list[Edit]:
    """Keeps the layers that lead to a blob, those in place on it included, and their data layers.

    Raises UnknownNameError where no layer makes the blob.
    """
    return _up_to(document, blob).edits


def keep_from(document: Document, blob: str) -> list[Edit]:
    """Keeps the layers that a blob leads to; it, and what else they take of the rest, becomes an Input.

    Input and data layers that they need, as for labels, stay.
    Raises UnknownNameError, NetError where a shape is not known.
    """
    return _from(document, blob).edits


class _Cut(NamedTuple):
    edits: list[Edit]
    added: list[str]
    removed: list[str]


def _up_to(document: Document, blob: str) -> _Cut:
    from ..anatomy import Anatomy

    anatomy = Anatomy(document)
    return _cut(anatomy, _before(anatomy, _last_makers(anatomy, blob)), [], [])


def _from(document: Document, blob: str) -> _Cut:
    from ..anatomy import Anatomy
    from ..fields import insert_layers_before, new_layer

    anatomy = Anatomy(document)
    kept = _after(anatomy, blob)
    indices = {part.index for part in kept}
    inputs: dict[str, Part] = {}
    for part in list(kept):
        for name, taken in zip(part.view.bottom_names, part.takes, strict=True):
            makers = {index for index, _ in taken}
            data = [anatomy.parts[index] for index in makers if index >= 0 and _brings(anatomy.parts[index].view)]
            kept += [one for one in data if one not in kept]
            if not makers & indices and not data:
                inputs.setdefault(name, part)
    if not kept:
        raise UnknownNameError("blob that layers take", blob, anatomy.view.blobs, where=document.file)
    first = min(kept, key=lambda part: part.index)
    new, names = [], []
    for name, part in inputs.items():
        if part.view.is_v1:
            raise part.error("is of the old format (layers), which has no Input layer; --upgrade the net first")
        shape = anatomy.needed_shape(part, part.view.bottom_names.index(name))
        dims = New("shape", [New("dim", str(size)) for size in shape])
        names.append(name if name not in {one.name for one in kept} else f"{name}_input")
        new.append(new_layer(part.view, names[-1], "Input", [], [name], [New("input_param", [dims])]))
    edits = [insert_layers_before(first.view, new)] if new else []
    return _cut(anatomy, {part.index for part in kept}, edits, names)


def _brings(layer: LayerView) -> bool:
    return layer.type == "Input" or is_data(layer)


def _last_makers(anatomy: Anatomy, blob: str) -> list[Part]:
    """The layers that make a blob, or the last ones that work on it in place."""
    makers = [part for part in anatomy.parts if blob in part.view.top_names]
    if not makers:
        known = [name for part in anatomy.parts for name in part.view.top_names]
        raise UnknownNameError("blob made by a layer", blob, known, where=anatomy.document.file)
    return makers


def _before(anatomy: Anatomy, parts: Iterable[Part]) -> set[int]:
    found: set[int] = set()
    todo = [part.index for part in parts]
    while todo:
        index = todo.pop()
        if index >= 0 and index not in found:
            found.add(index)
            todo += [maker for makers in anatomy.parts[index].takes for maker, _ in makers]
    return found


def _after(anatomy: Anatomy, blob: str) -> list[Part]:
    """In file order, the layers that follow from the last state of a blob."""
    makers = {part.index for part in _last_makers(anatomy, blob)}
    reached: list[Part] = []
    for part in anatomy.parts:
        if part.index in makers:
            continue
        taken = {made for bottom in part.takes for made in bottom}
        if any((index in makers and name == blob) or index in {one.index for one in reached} for index, name in taken):
            reached.append(part)
    return reached


def _cut(anatomy: Anatomy, kept: set[int], edits: list[Edit], added: list[str]) -> _Cut:
    from ..fields import without_overlap

    gone = [part for part in anatomy.parts if part.index not in kept]
    removals = without_overlap(remove_block(anatomy.document, part.view.field) for part in gone)
    return _Cut([*edits, *removals], added, [part.name for part in gone])


class KeepPart(Operation):
    """A part of a net."""

    options = (
        Option("--up-to", "keep only the layers that lead to a blob (pool5)", "BLOB"),
        Option("--from", "keep only the layers that a blob leads to; it becomes an Input", "BLOB"),
        Option("--split-at", "both, as two nets: with --out-dir DIR, NET_up_to_BLOB and NET_from_BLOB", "BLOB"),
    )
    touches = frozenset()

    def parts(self, request: Request) -> Sequence[tuple[str, Request]]:
        if request.flag != "--split-at":
            return ()
        name = request.value.replace("/", "_")
        return (f"up_to_{name}", Request("--up-to", request.value)), (f"from_{name}", Request("--from", request.value))

    def edits(self, document: Document, requests: Sequence[Request]) -> list[Edit]:
        cut = _asked(document, requests[0])
        if cut.added:
            _log.info("%s: inputs are %s", document.file, ", ".join(cut.added))
        return cut.edits

    def layers(self, document: Document, requests: Sequence[Request]) -> tuple[Sequence[str], Sequence[str]]:
        cut = _asked(document, requests[0])
        return cut.added, cut.removed


def _asked(document: Document, request: Request) -> _Cut:
    return (_from if request.flag == "--from" else _up_to)(document, request.value)


operation = KeepPart()
