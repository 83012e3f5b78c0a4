"""How many parameters a layer has and what each one is, from its text alone."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache

from ..errors import OptionError
from ..model.view import LayerView, NetView

_log = logging.getLogger(__name__)

WEIGHT, BIAS, STATISTIC = "weight", "bias", "statistic"

_STATISTICS = (STATISTIC,) * 3  # BatchNorm's mean, variance and moving average factor
# types of Caffe and of common forks whose number of parameters is always the same
_FIXED = {
    "BatchNorm": _STATISTICS,
    "BatchNormScale": (*_STATISTICS, WEIGHT, BIAS),
    "BN": (WEIGHT, BIAS),
    "BNConv": (WEIGHT, BIAS, STATISTIC, STATISTIC),
    "Normalize": (WEIGHT,),
    "Parameter": (WEIGHT,),
    "PReLU": (WEIGHT,),
}
# by the message that says bias_term; a fork's type with such a message (DepthwiseConvolution) is taken for one
_MESSAGE = {
    "Convolution": "convolution_param",
    "Deconvolution": "convolution_param",
    "InnerProduct": "inner_product_param",
    "Embed": "embed_param",
}
_STATES = {"RNN": 1, "LSTM": 2}


def roles_of(layer: LayerView) -> tuple[str, ...] | None:
    """What each parameter of a layer is: weight, bias or statistic; None for a type that is not known here.

    Of an unknown type that has param blocks the first is taken for its weight, the second for its bias.
    Statistics never learn by gradient: their lr_mult has to be 0.
    """
    known = _known_roles(layer)
    written = len(layer.rates)
    if known is None:
        return (WEIGHT, BIAS, *[WEIGHT] * written)[:written] or None
    return known + (STATISTIC,) * (written - len(known)) if known else known


def _known_roles(layer: LayerView) -> tuple[str, ...] | None:
    kind = layer.type
    if kind == "BatchNorm" and layer.is_true("batch_norm_param", "scale_bias"):  # NVCaffe: Scale in the same layer
        return _FIXED["BatchNormScale"]
    if kind in _FIXED:
        return _FIXED[kind]
    if kind == "Scale":
        weight = (WEIGHT,) if len(layer.bottoms) == 1 else ()
        return weight + (BIAS,) * layer.is_true("scale_param", "bias_term")
    if kind == "Bias":
        return (BIAS,) * (len(layer.bottoms) == 1)
    if kind in _STATES:
        exposed = _STATES[kind] * layer.is_true("recurrent_param", "expose_hidden")
        static = (WEIGHT,) * (len(layer.bottoms) == 3 + exposed)
        return (WEIGHT, BIAS, *static, WEIGHT) + (WEIGHT, BIAS) * (kind == "RNN")
    if kind in _MESSAGE:
        return _weight_and_bias(layer, _MESSAGE[kind])
    if kind in _without_parameters():
        return ()
    message = next((one for one in _MESSAGE.values() if layer.body.messages(one)), None)
    return _weight_and_bias(layer, message) if message else None


def _weight_and_bias(layer: LayerView, message: str) -> tuple[str, ...]:
    field = "biasterm" if layer.is_v0 else "bias_term"
    return (WEIGHT, BIAS) if layer.is_true(message, field, default=True) else (WEIGHT,)


@cache
def _without_parameters() -> frozenset[str]:
    from ..model.rules import Rule, known_types, rule_for  # not above: it brings protobuf

    never = {name for name in known_types() if type(rule_for(name)).params is Rule.params}
    return frozenset(never - {"Python"})  # its code decides


def with_parameters(net: NetView, layers: Sequence[LayerView], where: str) -> list[LayerView]:
    """Those of the layers that have parameters; warns where that is not known.

    Raises NetError where none has, OptionError for a prototxt without layers.
    """
    found = [layer for layer in layers if roles_of(layer)]
    unknown = dict.fromkeys(layer.type for layer in layers if layer.bottoms and roles_of(layer) is None)
    if not found and not layers:
        raise OptionError(f"{net.document.file}: there are no layers; is this the net and not the solver?")
    if not found:
        types = ", ".join(dict.fromkeys(layer.type for layer in layers))
        problem = f"no layer in {where} has parameters as far as is known ({types})"
        raise layers[0].error(problem + ("; give it param { } blocks" if unknown else ""))
    if unknown:
        _log.warning(
            "%s: not known whether %s have parameters; without param { } they are left as they are",
            net.document.file,
            ", ".join(unknown),
        )
    return found
