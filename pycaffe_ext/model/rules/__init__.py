"""One rule per layer type: counts, parameters, shapes. Importing this package registers them all."""

from . import convolution, data, inner_product, losses, neurons, normalization, pooling, recurrent, reshaping
from .base import Param, Rule, Shape, known_types, rule_for

__all__ = [
    "Param",
    "Rule",
    "Shape",
    "convolution",
    "data",
    "inner_product",
    "known_types",
    "losses",
    "neurons",
    "normalization",
    "pooling",
    "recurrent",
    "reshaping",
    "rule_for",
]
