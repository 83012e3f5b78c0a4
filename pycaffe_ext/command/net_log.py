"""The log lines that tell how a net was built: its text, layers, shapes, memory, and who runs backward."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod
from os import PathLike
from typing import Any

from google.protobuf import text_format

from ..engine.layer import Layer
from ..engine.net import Net
from ..glog import log, number
from ..model.load import read_net, read_unchanged
from ..model.phases import broken, filter_net
from ..model.upgrade import needs_upgrade
from .data_log import log_opened, log_read

_BYTES = 4  # of a float32


def read_given(path: str | PathLike[str], phase: int, level: int, stages: Sequence[str]) -> Any:
    """The net of a file, in a state; says in the log if the file is of an older form. Raises what read_net raises."""
    log_upgrade(path)
    net = read_net(path)
    net.state.phase, net.state.level = phase, level
    net.state.stage.extend(stages)
    return net


def log_upgrade(path: str | PathLike[str]) -> None:
    """Says which older forms of the file are brought up to date."""
    for form in needs_upgrade(read_unchanged(path)):
        log("upgrade_proto.cpp:46", f"Upgraded {form} of {path}")


def log_net(net: Net, given: Any) -> None:
    """Writes what Caffe writes while it builds a net. `given`: the message that it was built from, with its state."""
    _log_rules(given)
    log("net.cpp:53", f"Initializing net from parameters: \n{text_of(filter_net(given, given.state))}")
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
    for layer, needs in zip(reversed(net.layers), reversed(net._need.layers), strict=True):
        if needs:
            log("net.cpp:200", f"{layer.name} needs backward computation.")
        else:
            log("net.cpp:202", f"{layer.name} does not need backward computation.")
    for name in net.outputs:
        log("net.cpp:244", f"This network produces output {name}")
    log("net.cpp:257", "Network initialization done.")


def text_of(message: Any) -> str:
    """A message as Caffe's log has it: numbers that are whole without a point."""
    return re.sub(r"(?m)(: -?\d+)\.0$", r"\1", text_format.MessageToString(message)).rstrip()


def log_ignored(net: Net, file: str) -> None:
    """Names the layers of a file of weights that the net does not have."""
    for name in net.ignored_layers.get(file, ()):
        log("net.cpp:746", f"Ignoring source layer {name}")


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


def _has_inner_layer(layer: Layer) -> bool:
    """Whether Caffe makes this layer with another one, of the same name, inside."""
    return layer.type in ("SoftmaxWithLoss", "InfogainLoss") or (
        layer.type == "Scale" and bool(layer.param.scale_param.bias_term)
    )
