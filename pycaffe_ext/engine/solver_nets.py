"""The nets that a solver trains and tests, from the fields of its SolverParameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import NetError
from ..model.load import read_net
from ..model.upgrade import upgrade_net
from ..proto import caffe_pb2
from .net import Net


@dataclass(frozen=True)
class Source:
    """Where a net of a solver comes from: the field, the file that it names (else empty), and the net to build."""

    field: str
    file: str
    net: Any


def train_source(param: Any) -> Source:
    """The training net with its state. Raises NetError unless exactly one is named."""
    fields = ("train_net_param", "train_net", "net_param", "net")
    given = [(name, getattr(param, name)) for name in fields if param.HasField(name)]
    if len(given) != 1:
        raise NetError("", f"the solver must name one training net (net or train_net), it names {len(given)}")
    return _source(*given[0], caffe_pb2.TRAIN, param.train_state)


def test_sources(param: Any) -> list[Source]:
    """One net per test_iter: the test nets named, then `net` again for the rest. Raises NetError."""
    sources = [("test_net_param", net) for net in param.test_net_param]
    sources += [("test_net", net) for net in param.test_net]
    generic = [(name, getattr(param, name)) for name in ("net_param", "net") if param.HasField(name)]
    rest = len(param.test_iter) - len(sources)
    if rest < 0 or (rest and not generic):
        raise NetError("", f"test_iter is given {len(param.test_iter)} times for {len(sources)} test nets")
    sources += generic * rest
    states = list(param.test_state) or [caffe_pb2.NetState()] * len(sources)
    if len(states) != len(sources):
        raise NetError("", f"test_state is given {len(states)} times for {len(sources)} test nets")
    if sources and param.test_interval < 1:
        raise NetError("", "test_iter needs a test_interval of at least 1")
    return [_source(*source, caffe_pb2.TEST, state) for source, state in zip(sources, states, strict=True)]


def train_net(param: Any) -> Net:
    """The training net, with the solver's weights. Raises what train_source raises."""
    net = _build(param, train_source(param).net)
    net.keep_graphs = False
    return net


def test_nets(param: Any) -> list[Net]:
    """The test nets, with the solver's weights. Raises what test_sources raises."""
    nets = [_build(param, source.net) for source in test_sources(param)]
    for net in nets:
        net.keep_passes = False
        net.debug_info = param.debug_info
    return nets


def _source(field: str, value: Any, phase: int, state: Any) -> Source:
    """The net of one field (a message or a file), in the phase, then in its own state, then in the solver's."""
    is_message = field.endswith("_param")
    net_param = upgrade_net(value) if is_message else read_net(value)
    merged = caffe_pb2.NetState(phase=phase)
    merged.MergeFrom(net_param.state)
    merged.MergeFrom(state)
    net_param.state.CopyFrom(merged)
    return Source(field, "" if is_message else value, net_param)


def _build(param: Any, net_param: Any) -> Net:
    net = Net(net_param, level=None)
    for files in param.weights:
        for file in files.split(","):
            net.copy_from(file.strip())
    return net
