"""Layers in place whose gradient Caffe computes from numbers that are overwritten by then."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.view import LayerView
from ..case import Case
from ..check import Check
from ..finding import Finding
from ..phase_net import PhaseNet
from ..rates import rates_of

_BY_THEMSELVES = ("BNLL", "Log", "Power")  # read their bottom, or write over their top's diff
_BY_ANOTHER = ("Clip", "ELU", "Exp", "ReLU", "Sigmoid", "Swish", "TanH")  # read what their blob holds in the end
_SAME_SIGN = {"ReLU": ("Dropout", "ReLU")}


class OverwrittenGradients(Check):
    """a layer in place whose gradient needs what is overwritten"""

    def find(self, case: Case) -> Iterator[Finding]:
        if case.is_deploy:
            return
        for net in case.phases:
            if net.name == "TRAIN":
                for place, layer in enumerate(net.layers):
                    culprit = _overwriter(net, place)
                    if culprit is not None and any(any(rates_of(before)) for before in net.layers[:place]):
                        yield _finding(case, layer, culprit)


def _overwriter(net: PhaseNet, place: int) -> LayerView | None:
    """The layer that overwrites what the one at `place` needs for its gradient."""
    layer = net.layers[place]
    if layer.type not in (*_BY_THEMSELVES, *_BY_ANOTHER) or list(layer.top_names) != list(layer.bottom_names):
        return None
    if layer.type in _BY_THEMSELVES:
        return layer
    blob, harmless = layer.top_names[0], _SAME_SIGN.get(layer.type, ())
    for other in net.layers[place + 1 :]:
        if blob in other.top_names:
            if blob not in other.bottom_names:
                return None  # another blob of the same name
            if other.type not in harmless:
                return other
    return None


def _finding(case: Case, layer: LayerView, culprit: LayerView) -> Finding:
    by = (
        "works in place" if culprit is layer else f"works in place, and so does '{culprit.name}' ({culprit.type}) later"
    )
    return case.warning(
        layer,
        f"{layer.type} {by}: its gradient needs what is then overwritten",
        "both engines, true to Caffe, pass a gradient down that is not the derivative: layers before it learn something"
        " else than the loss asks for",
        f"Give '{culprit.name}' a top of its own name, and that name to the layers that take it.",
    )


check = OverwrittenGradients()
