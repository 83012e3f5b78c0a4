"""What Caffe's log says while it brings a file up to date, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from typing import Any, NamedTuple

from .upgrade import has_transform_fields
from .upgrade_v0 import is_v0, without_meaning

_BEGIN = "Attempting to upgrade input file specified using deprecated"
_DONE = "Successfully upgraded file specified using deprecated"
_NOTE = "Note that future Caffe releases will"
_TOOL = "./build/tools/upgrade_net_proto"


class Line(NamedTuple):
    """`severity` is I, W or E."""

    severity: str
    text: str


def net_upgrade(net: Any, file: str | PathLike[str]) -> Iterator[Line]:
    """Of a net as it stands in `file`; nothing for one that is up to date."""
    if is_v0(net):
        yield Line("I", f"{_BEGIN} V0LayerParameter: {file}")
        layers = [one.layer for one in net.layers if one.layer.type != "padding"]
        unknown = [(name, layer.type) for layer in layers for name in without_meaning(layer)]
        for name, kind in unknown:
            yield Line("E", f"Unknown parameter {name.removesuffix('_images')} for layer type {kind}")
        if unknown:
            problem = "had one or more problems upgrading V0NetParameter to NetParameter"
            yield Line("E", f"Warning: {problem} (see above); continuing anyway.")
        else:
            yield Line("I", f"{_DONE} V0LayerParameter")
        tools = f"{_TOOL}_text for prototxt and {_TOOL}_binary for model weights"
        rest = "upgrade this and any other net protos to the new format."
        yield Line("W", f"{_NOTE} not support V0NetParameter; use {tools} {rest}")
    elif has_transform_fields(net):
        yield Line("I", f"{_BEGIN} transformation parameters: {file}")
        yield Line("I", f"{_DONE} data transformation parameters.")
        yield Line("W", f"{_NOTE} only support transform_param messages for transformation fields.")
    if any(one.layer.type != "padding" for one in net.layers):
        yield Line("I", f"{_BEGIN} V1LayerParameter: {file}")
        yield Line("I", f"{_DONE} V1LayerParameter")
    if net.input:
        yield Line("I", f"{_BEGIN} input fields: {file}")
        yield Line("I", f"{_DONE} input fields.")
        yield Line("W", f"{_NOTE} only support input layers and not input fields.")
    if any(layer.type == "BatchNorm" and len(layer.param) == 3 for layer in net.layer):
        yield Line("I", f"Attempting to upgrade batch norm layers using deprecated params: {file}")
        yield Line("I", "Successfully upgraded batch norm layers using deprecated params.")


def solver_upgrade(given: Any, upgraded: Any, file: str | PathLike[str]) -> Iterator[Line]:
    """Of a solver as it stands in `file`, and as it was read."""
    if given.HasField("solver_type"):
        yield Line("I", f"{_BEGIN} 'solver_type' field (enum)': {file}")
        yield Line("I", f"{_DONE} 'solver_type' field (enum) to 'type' field (string).")
        yield Line("W", f"{_NOTE} only support 'type' field (string) for a solver's type.")
    if not given.HasField("snapshot_prefix"):
        yield Line("I", f"snapshot_prefix was not specified and is set to {upgraded.snapshot_prefix}")
    elif given.snapshot_prefix != upgraded.snapshot_prefix:
        yield Line("I", f"snapshot_prefix was a directory and is replaced to {upgraded.snapshot_prefix}")
