"""Which filters a training keeps small, and how small: `--renormalise-filters [LAYER=]RMS`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

from ..errors import NetError, OptionError, UnknownNameError
from .plan import NetPlan

ALL = ""
"""Stands for all convolutions that learn and are not named."""


def parse_limits(texts: Sequence[str]) -> dict[str, float]:
    """ "0.1" (for ALL) and "conv1=0.1" as a limit by layer name. Raises OptionError."""
    found: dict[str, float] = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        try:
            limit = float(number)
        except ValueError:
            limit = 0.0
        if not (limit > 0 and isfinite(limit)):
            raise OptionError(f"--renormalise-filters takes a number above 0, or LAYER=NUMBER, not '{text}'")
        if name in found:
            raise OptionError(f"--renormalise-filters names {f'layer {name!r}' if name else 'all layers'} twice")
        found[name] = limit
    return found


def limits_for(net: NetPlan, limits: Mapping[str, float]) -> dict[str, float]:
    """The limit of each convolution that has one, by its name.

    Raises UnknownNameError, NetError where a layer that is named is no convolution or does not learn, OptionError
    where ALL are none.
    """
    layers = {layer.name: layer for layer in net.layers}
    for name in limits:
        if name != ALL and name not in layers:
            raise UnknownNameError("layer", name, layers)
        if name != ALL and layers[name].type != "Convolution":
            raise NetError(name, f"is {layers[name].type}; the filters of Convolution layers can be renormalised")
        if name != ALL and not layers[name].lr_mults[0]:
            raise NetError(name, "is frozen (lr_mult 0): its filters stay as they are; do not renormalise them")
    learning = [layer.name for layer in net.layers if layer.type == "Convolution" and layer.lr_mults[0]]
    if ALL in limits and not learning:
        raise OptionError("no convolution learns whose filters could be renormalised")
    return {name: limits.get(name, limits.get(ALL, 0.0)) for name in learning if name in limits or ALL in limits}
