"""What `debug_info: true` writes into the log: the mean absolute value of every blob as the layers run."""

from __future__ import annotations

from math import sqrt

import torch

from ..engine.net import Net
from ..glog import log, number


class DebugLog:
    """Writes the lines of a net, in each pass that runs while its `debug_info` is set."""

    def __init__(self, net: Net) -> None:
        self._net = net
        net.after_forward(self._forward)
        net.after_backward(self._backward)

    def _forward(self, index: int) -> None:
        net = self._net
        if not net.debug_info:
            return
        layer = net.layers[index]
        for blob in net._top_ids(index):
            told = number(_mean(net._blobs[blob].tensor))
            log("net.cpp:593", f"    [Forward] Layer {layer.name}, top blob {net._blob_names[blob]} data: {told}")
        given = [spec.name for spec in layer.param.param]
        for i, parameter in enumerate(layer.blobs):
            name = (given[i] if i < len(given) else "") or i
            told = number(_mean(parameter.tensor))
            log("net.cpp:605", f"    [Forward] Layer {layer.name}, param blob {name} data: {told}")

    def _backward(self, index: int) -> None:
        net = self._net
        if not net.debug_info:
            return
        layer, need = net.layers[index], net._need
        if need.layers[index]:
            for blob, wanted in zip(net._bottom_ids(index), need.bottoms[index], strict=True):
                if wanted:
                    told, name = number(_mean(net._blobs[blob].grad)), net._blob_names[blob]
                    log("net.cpp:621", f"    [Backward] Layer {layer.name}, bottom blob {name} diff: {told}")
            for i, (parameter, wanted) in enumerate(zip(layer.blobs, need.params[index], strict=True)):
                if wanted:
                    told = number(_mean(parameter.grad))
                    log("net.cpp:632", f"    [Backward] Layer {layer.name}, param blob {i} diff: {told}")
        if index == 0:
            self._all_parameters()

    def _all_parameters(self) -> None:
        """The norms of all parameters and of their gradients: Caffe writes them as an error, so that they are seen."""
        blobs = [learnable.blob for learnable in self._net.learnables]
        pairs = [[blob.tensor for blob in blobs], [blob.grad for blob in blobs]]
        first = ", ".join(number(sum(float(tensor.abs().sum()) for tensor in tensors)) for tensors in pairs)
        second = ", ".join(number(sqrt(sum(float(tensor.square().sum()) for tensor in tensors))) for tensors in pairs)
        message = f"    [Backward] All net params (data, diff): L1 norm = ({first}); L2 norm = ({second})"
        log("net.cpp:721", message, "E")


def _mean(tensor: torch.Tensor) -> float:
    return float(tensor.abs().sum()) / tensor.numel() if tensor.numel() else float("nan")
