"""Weight decay per layer: decay_mult of its weights and biases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.view import NetView
from ...text import Document, Edit
from ..operation import Operation, Option, Request
from ..rates import set_rates, two_rates
from ..roles import BIAS, STATISTIC, roles_of, with_parameters

__all__ = ["set_decay_mult"]


def set_decay_mult(document: Document, pattern: str, weight: float, bias: float | None = None) -> Iterator[Edit]:
    """Layers that fit a shell glob get these decay_mult; without `bias` all their parameters get `weight`."""
    return _set(document, pattern, *(f"{float(rate):.9g}" for rate in (weight, bias) if rate is not None))


def _set(document: Document, pattern: str, weight: str, bias: str | None = None) -> Iterator[Edit]:
    net = NetView(document)
    for layer in with_parameters(net, net.matching(pattern), f"'{pattern}'"):
        texts = {BIAS: weight if bias is None else bias}
        roles = enumerate(roles_of(layer) or ())
        wanted = {index: texts.get(role, weight) for index, role in roles if role != STATISTIC}
        yield from set_rates(layer, wanted, "decay_mult")


class DecayMult(Operation):
    """Weight decay per layer."""

    options = (Option("--decay-mult", "decay_mult of weights and biases; W alone is for both", "PATTERN=W[,B]"),)
    touches = frozenset({"layer.param.decay_mult", "layer.weight_decay"})

    def edits(self, document: Document, requests: Sequence[Request]) -> Iterator[Edit]:
        pattern, rates = requests[0].pair("PATTERN=W[,B]")
        return _set(document, pattern, *two_rates(requests[0], rates))


operation = DecayMult()
