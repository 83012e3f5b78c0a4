"""BatchNorm: statistics that are taken for parameters, or fixed where what goes in still changes, or the reverse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.view import LayerView
from ...surgery.rates import rate_of
from ...surgery.roles import STATISTIC, roles_of
from ..case import Case
from ..check import Check
from ..finding import Finding
from ..phase_net import PhaseNet
from ..rates import rates_of


class BatchNorm(Check):
    """BatchNorm with statistics that learn, or frozen by halves"""

    def find(self, case: Case) -> Iterator[Finding]:
        for net in case.phases:
            layers = [layer for layer in net.layers if layer.type == "BatchNorm"]
            yield from _learning(case, layers)
            if net.name == "TEST":
                yield from _batch_in_test(case, layers)
            else:
                yield from _drifting(case, net)
                yield from _never_filled(case, layers)


def _learning(case: Case, layers: Sequence[LayerView]) -> Iterator[Finding]:
    def learns(layer: LayerView) -> bool:
        statistics = [index for index, role in enumerate(roles_of(layer) or ()) if role == STATISTIC]
        return len(layer.rates) < 3 and any(rate_of(layer, i) for i in statistics if i < len(layer.rates))

    if found := [layer for layer in layers if learns(layer)]:
        yield case.error(
            found[0],
            f"{_these(found)}: lr_mult of its mean, variance or their weight is not 0",
            "Caffe ends with a failed check: they are no parameters (only of three param { } it makes 0 by itself)",
            "Write lr_mult: 0 for each of the three, or leave out all param { }.",
            *(case.surgery("--unset", f"{name}.param") for name in _names(found)),
        )


def _batch_in_test(case: Case, layers: Sequence[LayerView]) -> Iterator[Finding]:
    written = [(layer, layer.scalar_in("batch_norm_param", "use_global_stats")) for layer in layers]
    found = [layer for layer, value in written if value is not None and not value.is_true]
    if found:
        yield (case.error if case.is_deploy else case.warning)(
            found[0],
            f"{_these(found)}: use_global_stats: false holds in phase TEST too",
            "predictions depend on what else is in the batch; with a batch of one image they are often useless",
            "Leave the field out: Caffe then uses the batch in TRAIN, and what it has learned in TEST.",
            *(case.surgery("--unset", f"{name}.batch_norm_param.use_global_stats") for name in _names(found)),
        )


def _drifting(case: Case, net: PhaseNet) -> Iterator[Finding]:
    found = []
    for place, layer in enumerate(net.layers):
        if layer.type != "BatchNorm" or layer.is_true("batch_norm_param", "use_global_stats"):
            continue
        feeds = [other for one in net.before(place) if rates_of(other := net.layers[one])]
        scales = [net.layers[one] for one in net.takers(place) if net.layers[one].type == "Scale"]
        if feeds and not any(any(rates_of(other)) for other in (*feeds, *scales)):
            found.append(layer)
    if found:
        yield case.warning(
            found[0],
            f"{_these(found)}: all layers before it are frozen, but its statistics go on moving",
            "lr_mult: 0 does not hold them: the frozen layers' output drifts with the new images, in TEST too, where"
            " the weights behind it were not made for that",
            "Freeze its statistics as well.",
            *(case.surgery("--freeze", name) for name in _names(found)),
        )


def _never_filled(case: Case, layers: Sequence[LayerView]) -> Iterator[Finding]:
    fixed = [layer for layer in layers if layer.is_true("batch_norm_param", "use_global_stats")]
    effect = "statistics that no weights bring are 0: the output is the input / sqrt(eps), and the loss nan or 87.33"
    if case.weights is None:
        if fixed and not (case.solver is not None and case.solver.message.weights):
            yield case.note(
                fixed[0],
                f"{_these(fixed)}: use_global_stats: true in training too",
                effect,
                "Start with --weights that hold them (doctor.py looks: --weights W).",
            )
        return
    found = [layer for layer in fixed if layer.name not in case.weights]
    if found:
        yield case.error(
            found[0],
            f"{_these(found)}: use_global_stats: true in training, and '{case.weights.file}' does not have it",
            effect,
            "Let it use the batch's statistics.",
            *(case.surgery("--unset", f"{name}.batch_norm_param.use_global_stats") for name in _names(found)),
        )


def _these(layers: Sequence[LayerView]) -> str:
    """ "BatchNorm", or how many of them and which."""
    if len(layers) == 1:
        return "BatchNorm"
    return f"{len(layers)} BatchNorm layers, '{layers[0].name}' to '{layers[-1].name}'"


def _names(layers: Sequence[LayerView]) -> list[str]:
    """Names for one command each; of many none, a pattern has to be chosen by hand."""
    return [layer.name for layer in layers] if len(layers) <= 3 else []


check = BatchNorm()
