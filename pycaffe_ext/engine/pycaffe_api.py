"""pycaffe's convenience on a net: blobs and parameters by name, forward and backward with keyword arrays."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError, NetError, UnknownNameError
from .blob import Blob, BlobVec
from .layer import Layer
from .wiring import Wiring

if TYPE_CHECKING:
    from .weights import WeightsTaken

Array = npt.NDArray[Any]


class UnknownLayerError(UnknownNameError, ValueError):
    """A layer that `start` or `end` names and the net lacks; a ValueError, as in pycaffe."""


class PycaffeNet:
    """The part of a net that people see. The engine's Net provides the attributes below."""

    layers: list[Layer]
    _blobs: list[Blob]
    _wiring: Wiring
    _hooks: dict[str, list[Callable[[int], None]]]
    _blob_names: Any
    _layer_names: Any
    blob_loss_weights: Any
    _forward: Callable[[int, int], float]
    _backward: Callable[[int, int], None]

    @cached_property
    def blobs(self) -> OrderedDict[str, Blob]:
        """Blobs by name, from input to output."""
        return OrderedDict(zip(self._blob_names, self._blobs, strict=True))

    @cached_property
    def weights_taken(self) -> list[WeightsTaken]:
        """The files that weights were taken from, in order."""
        return []

    @cached_property
    def params(self) -> OrderedDict[str, BlobVec]:
        """Parameter blobs (weights, then biases) by layer name, of the layers that have any."""
        return OrderedDict((layer.name, layer.blobs) for layer in self.layers if layer.blobs)

    @cached_property
    def layer_dict(self) -> OrderedDict[str, Layer]:
        """Layers by name."""
        return OrderedDict((layer.name, layer) for layer in self.layers)

    @cached_property
    def inputs(self) -> list[str]:
        """Names of the blobs that Input layers make."""
        return [self._blob_names[i] for i in self._wiring.inputs]

    @cached_property
    def outputs(self) -> list[str]:
        """Names of the blobs that no layer reads, sorted."""
        return [self._blob_names[i] for i in self._wiring.outputs]

    @cached_property
    def top_names(self) -> OrderedDict[str, list[str]]:
        """Names of each layer's tops."""
        return self._names_by_layer(self._wiring.tops)

    @cached_property
    def bottom_names(self) -> OrderedDict[str, list[str]]:
        """Names of each layer's bottoms."""
        return self._names_by_layer(self._wiring.bottoms)

    def _names_by_layer(self, numbers: list[list[int]]) -> OrderedDict[str, list[str]]:
        return OrderedDict(
            (name, [self._blob_names[b] for b in blobs]) for name, blobs in zip(self._layer_names, numbers, strict=True)
        )

    def _top_ids(self, layer: int) -> list[int]:
        return self._wiring.tops[layer]

    def _bottom_ids(self, layer: int) -> list[int]:
        return self._wiring.bottoms[layer]

    @property
    def _blob_loss_weights(self) -> list[float]:
        return list(self.blob_loss_weights.values())

    @property
    def _inputs(self) -> list[int]:
        return self._wiring.inputs

    @property
    def _outputs(self) -> list[int]:
        return self._wiring.outputs

    def _layer_index(self, name: str) -> int:
        names = list(self._layer_names)
        if name not in names:
            raise UnknownLayerError("layer", name, names)
        return names.index(name)

    def _fill(self, arrays: dict[str, Array], expected: Sequence[str], *, diff: bool) -> None:
        what = "output" if diff else "input"
        if set(arrays) != set(expected):
            raise NetError("", f"{what} arrays {sorted(arrays)} do not match the net's {what}s {sorted(expected)}")
        for name, array in arrays.items():
            blob = self.blobs[name]
            if array.shape[0] != blob.shape[0]:
                raise NetError("", f"{what} '{name}' has shape {array.shape}, its blob {blob.shape}: reshape the net")
            (blob.diff if diff else blob.data)[...] = array

    def forward(
        self, blobs: Sequence[str] | None = None, start: str | None = None, end: str | None = None, **kwargs: Array
    ) -> dict[str, Array]:
        """Runs the net forward; keyword arrays go to the inputs of that name first.

        Returns {name: data} of the outputs (of layer `end` where given) and of `blobs`.
        """
        first = 0 if start is None else self._layer_index(start)
        last = len(self.layers) - 1 if end is None else self._layer_index(end)
        names = {*(self.outputs if end is None else self.top_names[end]), *(blobs or ())}
        if kwargs:
            self._fill(kwargs, self.inputs, diff=False)
        self._forward(first, last)
        by_name = self.blobs
        return {name: by_name[name].data for name in names}

    def backward(
        self, diffs: Sequence[str] | None = None, start: str | None = None, end: str | None = None, **kwargs: Array
    ) -> dict[str, Array]:
        """Runs the net backward; keyword arrays go to the diffs of the outputs of that name first.

        Returns {name: diff} of the inputs (of layer `end`'s bottoms where given) and of `diffs`.
        """
        first = len(self.layers) - 1 if start is None else self._layer_index(start)
        last = 0 if end is None else self._layer_index(end)
        names = {*(self.inputs if end is None else self.bottom_names[end]), *(diffs or ())}
        if kwargs:
            self._fill(kwargs, self.outputs, diff=True)
        self._backward(first, last)
        by_name = self.blobs
        return {name: by_name[name].diff for name in names}

    def forward_all(self, blobs: Sequence[str] | None = None, **kwargs: Array) -> dict[str, Array]:
        """Runs any number of items through the net in batches of its size; returns {name: array}."""
        if not kwargs:
            raise NetError("", "forward_all needs the arrays of the inputs: forward_all(data=array)")
        found: dict[str, list[Array]] = {name: [] for name in {*self.outputs, *(blobs or ())}}
        for batch in self._batch(kwargs):
            for name, data in self.forward(blobs, None, None, **batch).items():
                found[name].extend(data.copy())
        count = len(next(iter(kwargs.values())))
        return {name: np.asarray(items)[:count] for name, items in found.items()}

    def forward_backward_all(
        self, blobs: Sequence[str] | None = None, diffs: Sequence[str] | None = None, **kwargs: Array
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """Runs items forward and backward in batches; returns ({name: data}, {name: diff})."""
        if not kwargs:
            raise NetError("", "forward_backward_all needs the arrays of the inputs, or of the outputs' diffs")
        data: dict[str, list[Array]] = {name: [] for name in {*self.outputs, *(blobs or ())}}
        grads: dict[str, list[Array]] = {name: [] for name in {*self.inputs, *(diffs or ())}}
        forwards = self._batch({name: kwargs[name] for name in self.inputs if name in kwargs})
        backwards = self._batch({name: kwargs[name] for name in self.outputs if name in kwargs})
        nothing: dict[str, Array] = {}
        for bottoms, tops in zip_longest(forwards, backwards, fillvalue=nothing):
            for name, array in self.forward(blobs, None, None, **bottoms).items():
                data[name].extend(array.copy())
            for name, array in self.backward(diffs, None, None, **tops).items():
                grads[name].extend(array.copy())
        count = len(next(iter(kwargs.values())))
        return (
            {name: np.asarray(items)[:count] for name, items in data.items()},
            {name: np.asarray(items)[:count] for name, items in grads.items()},
        )

    def _batch(self, arrays: dict[str, Array]) -> Iterator[dict[str, Array]]:
        """Cuts arrays into batches of the net's size, the last one filled up with zeros."""
        if not arrays:
            return
        count, size = len(next(iter(arrays.values()))), self._blobs[0].shape[0]
        for start in range(0, count, size):
            batch = {}
            for name, items in arrays.items():
                part = np.asarray(items[start : start + size])
                missing = np.zeros((size - len(part), *part.shape[1:]), part.dtype)
                batch[name] = np.concatenate([part, missing]) if len(missing) else part
            yield batch

    def set_input_arrays(self, data: Array, labels: Array) -> None:
        """Gives a MemoryData net its images (N x C x H x W) and labels (N), both float32."""
        for layer in self.layers:
            if layer.type == "MemoryData":
                layer.set_arrays(data, labels)  # type: ignore[attr-defined]
                return
        raise DataError("set_input_arrays: the net has no MemoryData layer")

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise NetError("", "a net cannot be copied or pickled; build it again, and let it share_with this one")

    def before_forward(self, hook: Callable[[int], None]) -> None:
        """Calls hook(layer index) before each layer's forward pass."""
        self._hooks["before_forward"].append(hook)

    def after_forward(self, hook: Callable[[int], None]) -> None:
        """Calls hook(layer index) after each layer's forward pass."""
        self._hooks["after_forward"].append(hook)

    def before_backward(self, hook: Callable[[int], None]) -> None:
        """Calls hook(layer index) before each layer's backward pass."""
        self._hooks["before_backward"].append(hook)

    def after_backward(self, hook: Callable[[int], None]) -> None:
        """Calls hook(layer index) after each layer's backward pass."""
        self._hooks["after_backward"].append(hook)
