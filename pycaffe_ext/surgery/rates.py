"""The lr_mult and decay_mult of a layer's parameters, in param blocks or in V1's blobs_lr and weight_decay."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from ..errors import OptionError
from ..model.view import LayerView
from ..text import Edit, Field, Scalar
from ..text.layout import New, insert_after, insert_first, replace
from .operation import Request

DEFAULT = 1.0
"""Caffe's lr_mult, and decay_mult, for a parameter that does not say."""

_V1 = {"lr_mult": "blobs_lr", "decay_mult": "weight_decay"}


def written(layer: LayerView, field: str = "lr_mult") -> list[Scalar | None]:
    """What says the lr_mult (or decay_mult) of each parameter, in order; None where a param block does not."""
    if layer.is_v1:
        return [*layer.body.scalars(_V1[field])]
    return [param.scalar(field) for param in layer.params]


def rate_of(layer: LayerView, index: int, field: str = "lr_mult") -> float:
    """The lr_mult (or decay_mult) of a layer's parameter."""
    rates = written(layer, field)
    scalar = rates[index] if index < len(rates) else None
    number = DEFAULT if scalar is None else scalar.number
    if scalar is not None and number is None:
        raise layer.document.error(scalar.start, f"{field} must be a number, not {scalar.text}")
    return DEFAULT if number is None else number


def set_rates(layer: LayerView, wanted: Mapping[int, str], field: str = "lr_mult") -> Iterator[Edit]:
    """Writes the lr_mult (or decay_mult) of parameters by index, where it differs; blocks that are missing are added.

    A parameter between them that is not wanted gets Caffe's default, which it had before.
    """
    rates = written(layer, field)
    given = len(rates)
    for index, text in wanted.items():
        if index < given and rate_of(layer, index, field) != float(text):
            scalar = rates[index]
            if scalar is not None:
                yield from replace(scalar, text)
            else:
                yield insert_first(layer.document, layer.params[index], New(field, text))
    missing = [wanted.get(index, "1") for index in range(given, max(wanted, default=-1) + 1)]
    if any(float(text) != DEFAULT for text in missing):
        new = [New(_V1[field], text) if layer.is_v1 else New("param", [New(field, text)]) for text in missing]
        yield insert_after(layer.document, last_heading(layer, field), new, layer.body.fields)


def last_heading(layer: LayerView, field: str = "lr_mult") -> Field:
    """The field behind which a layer's param blocks go: the last one there is, else top, bottom, type or name."""
    for name in (*([_V1[field], "blobs_lr"] if layer.is_v1 else ["param"]), "top", "bottom", "type", "name"):
        found = layer.body.named(name)
        if found:
            return found[-1]
    raise layer.error("has neither name nor type")


def two_rates(request: Request, text: str) -> list[str]:
    """One or two finite numbers, as texts. Raises OptionError."""
    rates = text.split(",")
    try:
        if len(rates) > 2 or not all(math.isfinite(float(rate)) for rate in rates):
            raise ValueError
    except ValueError:
        raise OptionError(f"{request.flag} takes one or two numbers behind the =, not '{text}'") from None
    return rates
