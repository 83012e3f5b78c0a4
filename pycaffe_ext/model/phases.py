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
    return not broken(state, rule)


def broken(state: NetState, rule: NetStateRule) -> str:
    """The first condition of `rule` that `state` does not meet, in the words of Caffe's log; empty if it meets all."""
    if rule.HasField("phase") and rule.phase != state.phase:
        return f"phase ({state.phase}) differed from the phase ({rule.phase})"
    if rule.HasField("min_level") and rule.min_level > state.level:
        return f"level ({state.level}) is above the min_level ({rule.min_level})"  # "above" is Caffe's word
    if rule.HasField("max_level") and rule.max_level < state.level:
        return f"level ({state.level}) is above the max_level ({rule.max_level})"
    for stage in rule.stage:
        if stage not in state.stage:
            return f"did not contain stage '{stage}'"
    for stage in rule.not_stage:
        if stage in state.stage:
            return f"contained a not_stage '{stage}'"
    return ""


def _is_in(layer: LayerParameter, state: NetState) -> bool:
    if layer.include and layer.exclude:
        raise NetError(layer.name, "has both include and exclude rules; keep those of one kind")
    if layer.include:
        return any(meets(state, rule) for rule in layer.include)
    return not any(meets(state, rule) for rule in layer.exclude)
