"""A new last layer in the place of an old one: new name, new number of outputs, started from its fillers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import FileError, OptionError
from ...model.view import NetView
from ...text import Document, Edit
from ..fillers import FILLED, add_weight_filler
from ..labels import warn_of_labels, warn_of_top_k
from ..operation import Operation, Option, Request
from .num_output import set_num_output
from .rename import rename

if TYPE_CHECKING:
    from ..weights import Weights

__all__ = ["replace_head"]

_FORM = "LAYER=NEW,N (or LAYER=NEW with --class-names FILE)"


def replace_head(document: Document, layer: str, new: str, outputs: int) -> Iterator[Edit]:
    """Renames a layer and its top, gives it `outputs` outputs, and a weight_filler (xavier) where it has none.

    Without a filler Caffe would start it from zeros. Raises UnknownNameError, NetError.
    """
    if new == layer:
        raise OptionError(f"--replace-head: the new name must differ from '{layer}', or the old weights are loaded")
    net = NetView(document)
    for one in net.named(layer):
        warn_of_labels(net, one, f"'{new}' has {outputs} classes")
        warn_of_top_k(net, one, outputs)
        yield from add_weight_filler(one)
    yield from rename(document, layer, new)
    yield from set_num_output(document, layer, outputs)


class ReplaceHead(Operation):
    """A new last layer in the place of an old one."""

    options = (
        Option(
            "--replace-head",
            "a new last layer: new name (top too), N outputs, no old weights, xavier where it has no filler"
            " (fc8=fc8_coins,2)",
            "LAYER=NEW,N",
        ),
        Option("--class-names", "with --replace-head: N is the number of lines of this file", "FILE"),
    )
    touches = frozenset(
        {"input", "layer.name", "layer.bottom", "layer.top", "layer.num_output", "layer.*.num_output"}
        | {"layer.weight_filler.type"}
        | {f"layer.{message}.weight_filler.type" for message in FILLED}
    )
    together = True

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        for layer, new, outputs in _heads(requests):
            yield from replace_head(document, layer, new, outputs)

    def weights(self, before: Document, after: Document, weights: Weights, requests: Sequence[Request]) -> None:
        """The old layer's blobs go; of layers behind it those that do not fit any more."""
        from ..fit import drop, drop_misfits

        for layer, new, outputs in _heads(requests):
            if layer in weights:
                drop(weights, layer, f"is replaced by '{new}' with {outputs} outputs")
            if new in weights:
                drop(weights, new, "is a new layer's name now")
        drop_misfits(before, after, weights)


def _heads(requests: Sequence[Request]) -> list[tuple[str, str, int]]:
    """Layer, new name, number of outputs of each."""
    named = [_class_count(request.value) for request in requests if request.flag == "--class-names"]
    heads = [request.pair(_FORM) for request in requests if request.flag == "--replace-head"]
    if not heads:
        raise OptionError("--class-names says something to --replace-head; give the two side by side")
    if len(named) > 1:
        raise OptionError("--class-names is given twice for one run of --replace-head")
    found = []
    for layer, right in heads:
        new, comma, number = right.rpartition(",")
        if not comma:
            new, number = right, str(named[0]) if named else ""
        if not new or not number.isascii() or not number.isdigit() or int(number) < 1:
            raise OptionError(f"--replace-head takes {_FORM}, not '{layer}={right}'")
        if named and int(number) != named[0]:
            raise OptionError(f"--replace-head says {number} outputs for '{new}', --class-names has {named[0]} names")
        found.append((layer, new, int(number)))
    return found


def _class_count(file: str) -> int:
    """How many class names a file has: its lines. Raises FileError where there are none, or an empty one between."""
    try:
        lines = Path(file).read_bytes().decode(errors="replace").rstrip().splitlines()
    except OSError as error:
        raise FileError(file, f"cannot be read: {error.strerror or error}") from error
    if empty := [number for number, line in enumerate(lines, 1) if not line.strip()]:
        raise FileError(file, f"line {empty[0]} is empty; one class name per line")
    if not lines:
        raise FileError(file, "holds no class names")
    return len(lines)


operation = ReplaceHead()
