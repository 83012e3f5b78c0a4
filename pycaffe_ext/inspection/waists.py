"""The narrow places of a net: blobs that everything passes on its way from the input to the output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .subject import Subject

_LOOKS_ON = ("Accuracy", "Silence")


def waists(layers: Sequence[Any], source: str, output: str) -> list[str]:
    """The blobs, in order, through which every path from blob `source` to blob `output` goes, both left out but
    for the output. What is lost there is lost to all that follows; inside a branch another one may still hold it.

    `layers`: LayerParameters in running order, splits included.
    """
    on_path = _between(layers, source, output)
    origin: dict[str, str] = {}  # a split's copies are one value
    last_use = {output: len(layers)}
    for index, layer in enumerate(layers):
        if layer.type == "Split":
            origin.update(dict.fromkeys(layer.top, origin.get(layer.bottom[0], layer.bottom[0])))
        elif index in on_path:
            last_use.update({origin.get(bottom, bottom): index for bottom in layer.bottom})
    last_use[output] = len(layers)
    living, found = {source}, dict[str, None]()
    for index, layer in enumerate(layers):
        if index not in on_path or layer.type == "Split":
            continue
        living |= set(layer.top)
        living = {blob for blob in living if last_use.get(blob, -1) > index}
        if len(living) == 1:
            found[next(iter(living))] = None
    found.pop(source, None)
    return list(found)


def measured_blobs(subject: Subject, named: Sequence[str] | None, *, everything: bool = False) -> list[str]:
    """The blobs to measure: those named, or all, or else the waists (all where there are fewer than three).

    Raises UnknownNameError for a name that is no blob.
    """
    if named:
        return [subject.check_blob(name) for name in named]
    narrow = waists(subject.net.param.layer, subject.input, subject.output)
    return subject.blobs() if everything or len(narrow) < 3 else narrow


def _between(layers: Sequence[Any], source: str, output: str) -> set[int]:
    """The layers that depend on the source and lead to the output, by index."""
    reached, downstream = {source}, set[int]()
    for index, layer in enumerate(layers):
        if reached & set(layer.bottom):
            downstream.add(index)
            reached |= set(layer.top)
        else:
            reached -= set(layer.top) - {source}
    wanted, found = {output}, set[int]()
    for index in reversed(range(len(layers))):
        layer = layers[index]
        if index in downstream and wanted & set(layer.top) and layer.type not in _LOOKS_ON:
            found.add(index)
            wanted = (wanted - set(layer.top)) | set(layer.bottom)
    return found
