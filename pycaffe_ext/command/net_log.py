"""The log lines that tell how a net was built: its text, layers, shapes, memory, who runs backward, and weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from os import PathLike
from typing import Any

from ..engine.layer import Layer
from ..engine.net import Net
from ..engine.weights import WeightsTaken
from ..engine.wiring import backward_need
from ..glog import log, number
from ..model.load import read_net, read_unchanged
from ..model.phases import broken, filter_net
from ..model.rules import Shape
from ..model.rules.recurrent import Recurrent
from ..model.upgrade_log import Line, net_upgrade
from ..proto import caffe_pb2
from .data_log import log_opened, log_read
from .hdf5_log import log_layers
from .message_text import text_of
from .unrolled import unrolled

_BYTES = 4  # of a float32
_WITH_FILLERS = {"Bias", "Convolution", "Deconvolution", "Embed", "InnerProduct", "Parameter", "PReLU", "Scale"}


def read_given(path: str | PathLike[str], phase: int, level: int, stages: Sequence[str]) -> Any:
    """The net of a file, in a state; says in the log if the file is of an older form. Raises what read_net raises."""
    net = read_net(path)
    log_upgrade(net_upgrade(read_unchanged(path), path))
    net.state.phase, net.state.level = phase, level
    net.state.stage.extend(stages)
    return net


def log_upgrade(lines: Iterable[Line]) -> None:
    """Says what was brought up to date in a file."""
    for line in lines:
        log("upgrade_proto.cpp:46", line.text, line.severity)


def log_net(net: Net, given: Any) -> None:
    """Writes what Caffe writes while it builds a net. `given`: the message that it was built from, with its state."""
    _log_rules(given)
    filtered = filter_net(given, given.state)
    if not given.HasField("state"):
        filtered.ClearField("state")
    log("net.cpp:53", f"Initializing net from parameters: \n{text_of(filtered)}")
    memory = 0
    owners: dict[str, tuple[str, int]] = {}
    for i, layer in enumerate(net.layers):
        memory += _log_layer(net, i, layer)
        log("net.cpp:139", f"Memory required for data: {memory}")
        for j, spec in enumerate(layer.param.param):
            if spec.name in owners:
                owner, index = owners[spec.name]
                shared = f"Sharing parameters '{spec.name}' owned by layer '{owner}', param index {index}"
                log("net.cpp:467", shared)
            elif spec.name:
                owners[spec.name] = layer.name, j
    for layer, needs in zip(reversed(net.layers), reversed(_needs(net)), strict=True):
        if needs:
            log("net.cpp:200", f"{layer.name} needs backward computation.")
        else:
            log("net.cpp:202", f"{layer.name} does not need backward computation.")
    for name in net.outputs:
        log("net.cpp:244", f"This network produces output {name}")
    log("net.cpp:257", "Network initialization done.")


def log_weights(taken: WeightsTaken) -> None:
    """What is said of a file of weights: its older form, and those of its layers that the net does not have."""
    log_upgrade(taken.upgraded)
    log_layers(taken)


def _needs(net: Net) -> list[bool]:
    """Which layers run backward; Caffe says so before it looks at force_backward."""
    if not net.param.force_backward:
        return net._need.layers
    param = caffe_pb2.NetParameter()
    param.CopyFrom(net.param)
    param.force_backward = False
    return backward_need(param, net._wiring, net._learn, net._loss_weights).layers


def _log_rules(given: Any) -> None:
    """Names the rules that are not met, up to the one that decides about its layer."""
    for layer in given.layer:
        for rule in layer.include or layer.exclude:
            condition = broken(given.state, rule)
            if not condition:
                break
            log("net.cpp:296", f"The NetState {condition} specified by a rule in layer {layer.name}")


def _log_layer(net: Net, i: int, layer: Layer) -> int:
    """Returns the bytes that its tops take."""
    bottoms, tops = net._bottom_ids(i), net._top_ids(i)
    log("layer_factory.hpp:77", f"Creating layer {layer.name}")
    log_opened(layer)
    log("net.cpp:86", f"Creating Layer {layer.name}")
    for blob in bottoms:
        log("net.cpp:408", f"{layer.name} <- {net._blob_names[blob]}")
    for blob in tops:
        in_place = blob in bottoms
        source, remark = ("net.cpp:369", " (in-place)") if in_place else ("net.cpp:382", "")
        log(source, f"{layer.name} -> {net._blob_names[blob]}{remark}")
    if tops:
        log_read(layer, net._blobs[tops[0]].shape)
    if layer.type in _WITH_FILLERS | {"BatchNorm"} and layer.param.blobs:
        log("inner_product_layer.cpp:24", "Skipping parameter initialization")
    if isinstance(layer.rule, Recurrent):
        _log_unrolled(layer, layer.rule, [net._blobs[blob].shape for blob in bottoms])
    if _has_inner_layer(layer):
        log("layer_factory.hpp:77", f"Creating layer {layer.name}")
    log("net.cpp:124", f"Setting up {layer.name}")
    taken = 0
    for blob, weight in zip(tops, net._loss_weights[i], strict=True):
        shape = net._blobs[blob].shape
        log("net.cpp:131", "Top shape: " + "".join(f"{size} " for size in shape) + f"({prod(shape)})")
        if weight:
            log("net.cpp:134", f"    with loss weight {number(weight)}")
        taken += prod(shape) * _BYTES
    return taken


def _log_unrolled(layer: Layer, rule: Recurrent, bottoms: list[Shape]) -> None:
    """The net of single steps that Caffe builds inside, and which of its parameters are the layer's."""
    steps, streams = bottoms[0][:2]
    of = f"{steps} timesteps of {streams} independent streams."
    log("recurrent_layer.cpp:20", f"Initializing recurrent layer: assuming input batch contains {of}")
    given = unrolled(layer.param, bottoms, has_static=rule.has_static(layer.param))
    plain = caffe_pb2.NetParameter()
    plain.CopyFrom(given)
    for one in plain.layer:  # fillers would draw numbers
        one.inner_product_param.ClearField("weight_filler")
        one.inner_product_param.ClearField("bias_filler")
    log_net(Net(plain, level=None), given)
    names = [spec.name for one in given.layer for spec in one.param]
    for name in dict.fromkeys(names):
        log("recurrent_layer.cpp:150", f"Adding parameter {names.index(name)}: {name}")


def _has_inner_layer(layer: Layer) -> bool:
    """Whether Caffe makes this layer with another one, of the same name, inside."""
    return layer.type in ("SoftmaxWithLoss", "InfogainLoss") or (
        layer.type == "Scale" and bool(layer.param.scale_param.bias_term)
    )
