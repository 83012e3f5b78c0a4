"""The log lines that tell how a net was built: layers, shapes, memory, and who runs backward."""

from __future__ import annotations

from math import prod

from ..engine.net import Net
from ..glog import log, number

_BYTES = 4  # of a float32


def log_net(net: Net) -> None:
    """Writes what Caffe writes while it builds a net, but for the net's own text."""
    names, shapes = net._blob_names, [blob.shape for blob in net._blobs]
    memory = 0
    for i, layer in enumerate(net.layers):
        bottoms, tops = net._bottom_ids(i), net._top_ids(i)
        log("layer_factory.hpp:77", f"Creating layer {layer.name}")
        log("net.cpp:86", f"Creating Layer {layer.name}")
        for blob in bottoms:
            log("net.cpp:408", f"{layer.name} <- {names[blob]}")
        for blob in tops:
            in_place = blob in bottoms
            source, remark = ("net.cpp:369", " (in-place)") if in_place else ("net.cpp:382", "")
            log(source, f"{layer.name} -> {names[blob]}{remark}")
        log("net.cpp:124", f"Setting up {layer.name}")
        for blob, weight in zip(tops, net._loss_weights[i], strict=True):
            shape = shapes[blob]
            log("net.cpp:131", "Top shape: " + "".join(f"{size} " for size in shape) + f"({prod(shape)})")
            if weight:
                log("net.cpp:134", f"    with loss weight {number(weight)}")
            memory += prod(shape) * _BYTES
        log("net.cpp:139", f"Memory required for data: {memory}")
    for layer, needs in zip(reversed(net.layers), reversed(net._need.layers), strict=True):
        if needs:
            log("net.cpp:200", f"{layer.name} needs backward computation.")
        else:
            log("net.cpp:202", f"{layer.name} does not need backward computation.")
    for name in net.outputs:
        log("net.cpp:244", f"This network produces output {name}")
    log("net.cpp:257", "Network initialization done.")
