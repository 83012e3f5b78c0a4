"""Which layers are in a net: include and exclude rules against phase, level and stages."""

from __future__ import annotations

from ..errors import NetError
from ..proto.caffe_pb2 import LayerParameter, NetParameter, NetState, NetStateRule


def filter_net(net: NetParameter, state: NetState) -> NetParameter:
    """A new net with the layers that `state` lets in; it holds `state` as its own. `net` is unchanged.

    A layer without rules is in. With include rules it is in if one of them is met, with exclude rules it is
    out if one of them is met. Raises NetError for a layer that has both.
    """
    new = NetParameter()
    new.CopyFrom(net)
    new.state.CopyFrom(state)
    del new.layer[:]
    new.layer.extend(layer for layer in net.layer if _is_in(layer, state))
    return new


def meets(state: NetState, rule: NetStateRule) -> bool:
    """Whether `state` meets every condition of `rule`; a rule without conditions is always met."""
    return (
        (not rule.HasField("phase") or rule.phase == state.phase)
        and (not rule.HasField("min_level") or rule.min_level <= state.level)
        and (not rule.HasField("max_level") or rule.max_level >= state.level)
        and set(rule.stage) <= set(state.stage)
        and set(rule.not_stage).isdisjoint(state.stage)
    )


def _is_in(layer: LayerParameter, state: NetState) -> bool:
    if layer.include and layer.exclude:
        raise NetError(layer.name, "has both include and exclude rules; keep those of one kind")
    if layer.include:
        return any(meets(state, rule) for rule in layer.include)
    return not any(meets(state, rule) for rule in layer.exclude)
