"""A net that runs: layers in order, blobs between them, gradients back.

Each layer runs on its own with a small autograd graph from its bottoms and parameters to its tops. That is
what lets scripts run parts of a net, write into blobs between layers, and set any diff before `backward`.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Sequence
from operator import index
from os import PathLike
from typing import Any

import torch

from ..errors import NetError, ShapeError
from ..model.load import read_net
from ..model.phases import filter_net
from ..model.rules import Shape
from ..model.splits import insert_splits
from ..model.upgrade import upgrade_net
from ..proto import caffe_pb2
from . import memory, parameters, weights
from .blob import Blob
from .failures import naming
from .layer import Layer, create
from .passes import Passes
from .pycaffe_api import PycaffeNet
from .wiring import backward_need, check_gradient_exists, loss_weights, wire

Hook = Callable[[int], None]


class Net(PycaffeNet):
    """A net built from a prototxt file (or a NetParameter) for a phase.

    ``Net(file, phase, level=0, stages=None, weights=None)``, or pycaffe's older ``Net(file, weights, phase)``.
    Raises FileError, PrototxtError, NetError, ShapeError, UnknownNameError, each naming the layer; TypeError for a
    file without a phase.
    """

    def __init__(
        self,
        network_file: str | bytes | PathLike[str] | Any,
        phase: int | str | None = None,
        level: int | None = 0,
        stages: Sequence[str] | None = None,
        weights: str | PathLike[str] | None = None,
    ) -> None:
        if isinstance(phase, str | PathLike):  # the older order of arguments
            weights, phase, level = phase, level, 0
        if isinstance(network_file, caffe_pb2.NetParameter):
            param = upgrade_net(network_file)
        elif phase is None:
            raise TypeError("a net from a file needs its phase: caffe.TRAIN or caffe.TEST")
        else:
            param = read_net(os.fsdecode(network_file))
        if phase is not None:
            param.state.phase = index(phase)
        if level is not None:
            param.state.level = level
        param.state.stage.extend(stages or ())
        self._build(param)
        if weights is not None:
            self.copy_from(weights)

    def _build(self, param: Any) -> None:
        net = insert_splits(filter_net(param, param.state))
        for layer_param in net.layer:
            if not layer_param.HasField("phase"):
                layer_param.phase = param.state.phase
        self.name = str(net.name)
        self.param = net
        self.phase = int(param.state.phase)
        self.debug_info = bool(net.debug_info)  # for who writes a log; a solver sets it for its nets
        self.keep_passes = True  # False (a solver's test nets): forward leaves nothing for backward
        self.goes_back = self.phase != caffe_pb2.TEST  # whether it has been seen, or is likely, to go backward
        self.keep_graphs = True  # False (a solver's net): a graph is freed as soon as backward has used it
        wiring = wire(net)
        self._wiring = wiring
        self._blobs = [Blob() for _ in wiring.blob_names]
        self._bottoms = [[self._blobs[b] for b in blobs] for blobs in wiring.bottoms]
        self._tops = [[self._blobs[b] for b in blobs] for blobs in wiring.tops]
        self.layers: list[Layer] = []
        stated = [len(layer_param.param) for layer_param in net.layer]
        self._shapes_seen: list[list[Shape] | None] = [None] * len(net.layer)
        for i, layer_param in enumerate(net.layer):
            with naming(layer_param, self._bottoms[i]):
                layer = create(layer_param)
                self.layers.append(layer)
                layer.connect(self._bottoms[i], self._tops[i])
                layer.set_up([blob.shape for blob in self._bottoms[i]])
                self._reshape_layer(i)
        self._loss_weights = [loss_weights(layer, len(tops)) for layer, tops in zip(net.layer, self._tops, strict=True)]
        memory.check_building(self)
        for layer in self.layers:
            with naming(layer.param):
                layer.fill()
        self._set_loss_diffs()
        self._learn = parameters.learn(self.layers, stated)
        self._need = backward_need(net, wiring, self._learn, self._loss_weights)
        self.learnables = parameters.share(self.layers)
        self._passes = Passes(self)
        self._hooks: dict[str, list[Hook]] = {
            name: [] for name in ("before_forward", "after_forward", "before_backward", "after_backward")
        }

    def _set_loss_diffs(self) -> None:
        """A loss starts its backward pass with its weight as its top's diff."""
        for tops, weights_of_tops in zip(self._tops, self._loss_weights, strict=True):
            for blob, weight in zip(tops, weights_of_tops, strict=True):
                if weight:
                    blob.grad = torch.full(blob.shape, weight, device=blob.tensor.device)

    def _reshape_layer(self, i: int) -> None:
        bottoms = [blob.shape for blob in self._bottoms[i]]
        layer = self.layers[i]
        for blob, shape in zip(self._tops[i], layer.shapes(bottoms), strict=True):
            if blob in self._bottoms[i] and blob.shape != shape:
                raise ShapeError(layer.name, f"makes {shape} of {blob.shape} in place; give its top another name")
            if bottoms or self._shapes_seen[i] is None:  # a reshaped input stays as the user made it
                blob.reshape(*shape)
        self._shapes_seen[i] = bottoms

    # Running

    def reshape(self) -> None:
        """Passes the shapes of the inputs on through the net."""
        for i, layer in enumerate(self.layers):
            with naming(layer.param, self._bottoms[i]):
                self._reshape_layer(i)
        self._set_loss_diffs()

    def _forward(self, start: int, end: int) -> float:
        """Runs layers start..end (inclusive); returns the weighted sum of their losses."""
        self._check_part(start, end)
        memory.check_forward(self, start, end)
        self._passes.forget(start, end)
        loss = 0.0
        groups = self._passes.groups(start, end, one_by_one=self._is_watched)
        for i, first in enumerate(groups, start):
            for hook in self._hooks["before_forward"]:
                hook(i)
            with naming(self.layers[i].param, self._bottoms[i]):
                self._reshape_if_needed(i)
                if first is not None:
                    loss += self._forward_layer(i, first)
            for hook in self._hooks["after_forward"]:
                hook(i)
        return loss

    def _check_part(self, first: int, last: int) -> None:
        if first < 0 or last >= len(self.layers):
            raise NetError("", f"has no layers {first} to {last}: they are numbered from 0 to {len(self.layers) - 1}")

    @property
    def _is_watched(self) -> bool:
        """Whether somebody looks at what each layer does."""
        return any(self._hooks.values())

    def _reshape_if_needed(self, i: int) -> None:
        if self.layers[i].reshapes_always or [blob.shape for blob in self._bottoms[i]] != self._shapes_seen[i]:
            self._reshape_layer(i)
            memory.check_forward(self, i, i)

    def _forward_layer(self, i: int, first: int) -> float:
        tops = self._passes.forward(i, first)
        loss = 0.0
        for blob, top, weight in zip(self._tops[i], tops, self._loss_weights[i], strict=True):
            if top is not None:
                blob.tensor = top.detach()
            if weight:
                if not blob.has_grad:  # the top has taken another shape since
                    blob.grad = torch.full_like(blob.tensor, weight)
                loss += weight * float(blob.tensor.sum())
        return loss

    def _backward(self, start: int, end: int) -> None:
        """Runs layers start..end (start >= end) backward: diffs of tops to diffs of bottoms and parameters."""
        self._check_part(end, start)
        memory.check_backward(self, start, end)
        self.goes_back = True
        reached = start + 1
        for i in range(start, end - 1, -1):
            for hook in self._hooks["before_backward"]:
                hook(i)
            if self._need.layers[i] and i < reached:
                with naming(self.layers[i].param, self._bottoms[i]):
                    check_gradient_exists(self.layers[i].param, self._need.bottoms[i])
                    reached = self._passes.backward(i, end)
            for hook in self._hooks["after_backward"]:
                hook(i)

    def clear_param_diffs(self) -> None:
        """Sets the gradients of all parameters to zero."""
        for learnable in self.learnables:
            learnable.blob.clear_grad()

    def forget_diffs(self) -> None:
        """Frees the blobs' diffs that a pass backward writes anew: all but those of outputs, from which it starts."""
        outputs = set(self._wiring.outputs)
        for number, blob in enumerate(self._blobs):
            if number not in outputs:
                blob.forget_grad()

    # Weights

    def copy_from(self, path: str | PathLike[str]) -> None:
        """Takes the parameters of layers of the same name from a caffemodel (binary or HDF5).

        Raises FileError; ShapeError naming the layer and both shapes. Nothing is taken when one does not fit.
        """
        weights.copy_from(self, path)

    def save(self, path: str | PathLike[str], write_diff: bool = False) -> None:
        """Writes a caffemodel. Raises FileError."""
        weights.save(self, path, write_diff=write_diff)

    def save_hdf5(self, path: str | PathLike[str], write_diff: bool = False) -> None:
        """Writes the parameters in HDF5, as Caffe lays them out. Raises FileError."""
        weights.save_hdf5(self, path, write_diff=write_diff)

    def load_hdf5(self, path: str | PathLike[str]) -> None:
        """Takes parameters from Caffe's HDF5. Raises FileError, ShapeError."""
        weights.copy_from_hdf5(self, path)

    def share_with(self, other: Net) -> None:
        """Looks at the parameters of `other`'s layers of the same name from now on."""
        weights.share_with(self, other)

    def close(self) -> None:
        """Ends the threads and files of data layers; the net is of no use afterwards."""
        for layer in self.layers:
            layer.close()

    # What pycaffe shows

    @property
    def _blob_names(self) -> list[str]:
        return self._wiring.blob_names

    @property
    def _layer_names(self) -> list[str]:
        return [layer.name for layer in self.layers]

    @property
    def blob_loss_weights(self) -> OrderedDict[str, float]:
        """The loss weight of each blob by name (0: none)."""
        found = OrderedDict((name, 0.0) for name in self._blob_names)
        for tops, weights_of_tops in zip(self._wiring.tops, self._loss_weights, strict=True):
            for blob, weight in zip(tops, weights_of_tops, strict=True):
                found[self._blob_names[blob]] = weight
        return found
