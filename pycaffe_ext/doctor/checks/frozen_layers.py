"""Layers that are frozen in part, or in vain."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.view import LayerView
from ...surgery.rates import rate_of
from ...surgery.roles import BIAS, WEIGHT, roles_of
from ..case import Case
from ..check import Check
from ..finding import Finding
from ..phase_net import PhaseNet
from ..rates import rates_of

_WEIGHED = ("Convolution", "InnerProduct", "Deconvolution", "Embed", "LSTM", "RNN")


class FrozenLayers(Check):
    """frozen layers that learn in part, or that cost backward time all the same"""

    def find(self, case: Case) -> Iterator[Finding]:
        if case.is_deploy:
            return
        net = case.train
        for layer in net.layers:
            yield from self._in_part(case, layer)
        yield from self._in_vain(case, net)
        forced = case.document.root.scalar("force_backward")
        if forced is not None and forced.is_true and any(_is_frozen(layer) for layer in net.layers):
            yield case.note(
                forced,
                "force_backward: true, and layers are frozen",
                "the backward pass goes through all of them to the data, for nothing",
                "Leave it out in training.",
                case.surgery("--unset", "force_backward"),
            )

    @staticmethod
    def _in_part(case: Case, layer: LayerView) -> Iterator[Finding]:
        roles = roles_of(layer) or ()
        if layer.type not in _WEIGHED or WEIGHT not in roles or rate_of(layer, roles.index(WEIGHT)):
            return
        biases = [index for index, role in enumerate(roles) if role == BIAS and rate_of(layer, index)]
        if not biases:
            return
        written = layer.rates[biases[0]] if biases[0] < len(layer.rates) else None
        why = "is not written, and counts 1" if written is None else f"is {rate_of(layer, biases[0]):g}"
        yield case.warning(
            layer,
            f"lr_mult of its weights is 0, but that of its bias {why}",
            "the layer still learns, and the backward pass goes down to it",
            "Freeze the bias too, if the layer is meant to be frozen.",
            case.surgery("--freeze", layer.name),
        )

    @staticmethod
    def _in_vain(case: Case, net: PhaseNet) -> Iterator[Finding]:
        """What learns below frozen layers: forgotten, if it is small beside them (Scale, PReLU, a lone layer)."""
        learns = {place for place, layer in enumerate(net.layers) if _learns(layer)}
        frozen = [place for place, layer in enumerate(net.layers) if _is_frozen(layer)]
        below: dict[int, list[int]] = {}
        for place in frozen:
            for source in net.before(place) & learns:
                below.setdefault(source, []).append(place)
        own = {place for place in below if net.layers[place].type in _WEIGHED}
        small = sorted(set(below) - own)  # Scale, PReLU and the like, which are easily forgotten
        few = sorted(own) if len(own) < len(frozen) else []  # frozen layers among many that learn are meant so
        for sources, finding in ((small, case.warning), (few, case.note)):
            if sources:
                layers = [net.layers[place] for place in sources]
                above = max((below[place] for place in sources), key=len)
                others = f" (and {len(layers) - 1} more, up to '{layers[-1].name}')" if len(layers) > 1 else ""
                yield finding(
                    layers[0],
                    f"{layers[0].type} learns{others} below {len(above)} frozen layer{'s' * (len(above) > 1)},"
                    f" '{net.layers[above[0]].name}' to '{net.layers[above[-1]].name}'",
                    "the backward pass has to go through them down to it: they save no time and no memory",
                    "Freeze it too, if nothing below is meant to learn.",
                    *(case.surgery("--freeze", layer.name) for layer in layers[:3]),
                )


def _learns(layer: LayerView) -> bool:
    return any(rates_of(layer))


def _is_frozen(layer: LayerView) -> bool:
    """A Deconvolution that is held fixed interpolates, and is no layer that was frozen."""
    rates = rates_of(layer)
    return layer.type in _WEIGHED and layer.type != "Deconvolution" and bool(rates) and not any(rates)


check = FrozenLayers()
