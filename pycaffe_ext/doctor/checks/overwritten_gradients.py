"""Layers in place whose gradient Caffe computes from numbers that are overwritten by then."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.view import LayerView
from ...surgery.rates import rate_of
from ...surgery.roles import roles_of
from ..case import Case
from ..check import Check
from ..finding import Finding
from ..phase_net import PhaseNet

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
                    if culprit is not None and any(_learns(before) for before in net.layers[:place]):
                        yield _finding(case, layer, culprit)


def _overwriter(net: PhaseNet, place: int) -> LayerView | None:
    """The layer that overwrites what the one at `place` needs for its gradient."""
    layer = net.layers[place]
    if not _is_in_place(layer):
        return None
    if layer.type in _BY_THEMSELVES:
        return layer
    if layer.type not in _BY_ANOTHER:
        return None
    blob, harmless = layer.top_names[0], _SAME_SIGN.get(layer.type, ())
    for other in net.layers[place + 1 :]:
        if blob in other.top_names:
            if not _is_in_place(other):
                return None  # another blob of the same name
            if other.type not in harmless:
                return other
    return None


def _is_in_place(layer: LayerView) -> bool:
    return layer.top_names[:1] == layer.bottom_names[:1] and len(layer.top_names) == 1


def _learns(layer: LayerView) -> bool:
    return any(rate_of(layer, index) for index in range(len(roles_of(layer) or ())))


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
