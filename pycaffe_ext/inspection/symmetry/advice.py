"""Where to unfreeze a net from, so that it can learn what its later layers have lost."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from typing import NamedTuple

from ..learning.validation import Validated
from ..subject import Subject
from .measure import LayerSymmetry

_LEAST = 0.02  # of accuracy: a smaller loss is not worth training another layer for


class Advice(NamedTuple):
    """`text` says why; `layer` is the first to learn ("" for all); `line` is the command that makes it so."""

    text: str
    layer: str
    line: str


def first_asymmetric(layers: Sequence[LayerSymmetry], least: float = 0.999) -> str | None:
    """The first blob that does not change as the picture does: its equivariance is below `least`."""
    return next((layer.blob for layer in layers if layer.equivariance.agreement < least), None)


def advise(subject: Subject, layers: Sequence[LayerSymmetry]) -> Advice:
    """From the read-outs: what follows the deepest blob that still tells as well as the best one must learn anew.

    "As well" is within two standard errors of the best accuracy (at least 0.02). Where the net pools what it makes of
    a map over all places, averages over the map are what counts. Blobs must be in the net's order.
    """
    readouts = {layer.blob: usable_readout(subject, layer) for layer in layers}
    best = max(readouts, key=lambda blob: readouts[blob].accuracy)
    last = list(readouts)[-1]
    top = readouts[best].accuracy
    allowed = max(_LEAST, 2 * readouts[best].error)
    if top - 0.5 < allowed:
        text = (
            f"No layer lets a linear classifier tell the two apart (at best {top:.1%} at {best}; chance is 50%): "
            "either these pictures do not show the difference, or the whole net must learn it."
        )
        return Advice(text, "", _line(subject, "--unfreeze '*'"))
    deepest = [blob for blob, found in readouts.items() if found.accuracy >= top - allowed][-1]
    layer = first_after(subject, deepest)
    averaged = _is_averaged(subject, deepest)
    text = (
        f"{deepest} is the last blob whose {'averages' if averaged else 'values'} tell them apart about as well as "
        f"the best do: "
        f"{readouts[deepest].accuracy:.1%}, against {top:.1%} at {best}; chance is 50%."
        f"{f' At the end, {last} gives {readouts[last].accuracy:.1%}.' if deepest != last else ''}"
        f" So learn from {layer} on."
    )
    return Advice(text, layer, _line(subject, f"--freeze-all --unfreeze-from {shlex.quote(layer)}"))


def usable_readout(subject: Subject, layer: LayerSymmetry) -> Validated:
    """The read-out that says what reaches the net's end from a blob: of the map, or of its averages."""
    assert layer.readout and layer.of_averages
    return layer.of_averages if _is_averaged(subject, layer.blob) else layer.readout


def _is_averaged(subject: Subject, blob: str) -> bool:
    """Whether a layer after this blob pools a map over all its places."""
    blobs = subject.net.blobs
    for layer in list(subject.net.param.layer)[_made(subject, blob) + 1 :]:
        if layer.type == "Pooling":
            before, after = (tuple(blobs[name].shape[2:]) for name in (layer.bottom[0], layer.top[0]))
            if before != (1, 1) and after == (1, 1):
                return True
    return False


def _made(subject: Subject, blob: str) -> int:
    """The index of the last layer that makes a blob."""
    return max(index for index, layer in enumerate(subject.net.param.layer) if blob in layer.top)


def first_after(subject: Subject, blob: str) -> str:
    """The first layer with parameters after the one that makes a blob; the last there is, where none follows."""
    layers = subject.net.param.layer
    made = _made(subject, blob)
    learning = [index for index, layer in enumerate(layers) if layer.name in subject.net.params]
    return str(layers[next((index for index in learning if index > made), learning[-1])].name)


def _line(subject: Subject, operations: str) -> str:
    stem, ending = os.path.splitext(subject.file)
    return f"surgery.py {shlex.quote(subject.file)} {operations} -o {shlex.quote(f'{stem}_unfrozen{ending}')}"
