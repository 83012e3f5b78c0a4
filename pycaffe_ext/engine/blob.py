"""Blobs with two heads, as in Caffe: numpy arrays for people, tensors on the device for the engine.

Each of a blob's two memories (data and diff) knows which head is fresh, so that numbers move between host
and device only when the other side asks for them. On the CPU both heads are the same memory.
"""

from __future__ import annotations

import weakref
from enum import Enum
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ..errors import ShapeError
from . import device
from .layouts import channels_last

Shape = tuple[int, ...]
Array = npt.NDArray[np.float32]


_MOST_AXES, _MOST_NUMBERS = 32, 2**31 - 1  # Caffe's limits


def _checked(shape: Shape) -> Shape:
    """Raises ShapeError for what Caffe has no blobs for; the layer's name is not known here."""
    if len(shape) > _MOST_AXES:
        raise ShapeError("", f"a blob has at most {_MOST_AXES} axes, this one would have {len(shape)}")
    if min(shape, default=0) < 0:
        raise ShapeError("", f"a blob cannot have the negative size in {shape}")
    if prod(shape) > _MOST_NUMBERS:
        raise ShapeError(
            "", f"a blob holds at most {_MOST_NUMBERS} numbers, one of shape {shape} would hold {prod(shape)}"
        )
    return shape


def storage(tensor: torch.Tensor) -> int:
    """Where the tensor's numbers lie: equal for tensors that look at one memory."""
    return tensor.untyped_storage().data_ptr()


class Head(Enum):
    EMPTY = 0  # zeros that nobody has asked for yet: no memory is taken
    HOST = 1
    DEVICE = 2


class Memory:
    """`count` numbers that can be seen from the host (an array) and from the device (a tensor).

    Shapes are the caller's: several blobs may look at one memory in different shapes.
    """

    def __init__(self) -> None:
        self._head = Head.EMPTY
        self._tensor: torch.Tensor | None = None
        self._host: Array | None = None
        self._seen: weakref.ref[Array] | None = None  # the array that a script may still hold
        self._lent = False
        self.prefers_channels_last = False

    def tensor(self, shape: Shape) -> torch.Tensor:
        """The numbers on the current device, to read. Moves them there when they are elsewhere."""
        tensor = self._on_device(shape)
        if self.prefers_channels_last and not self.is_held:
            tensor = self._tensor = channels_last(tensor)
        return tensor

    def _on_device(self, shape: Shape) -> torch.Tensor:
        target = device.current()
        if self._head is Head.EMPTY:
            self._tensor, self._head = torch.zeros(shape, device=target), Head.DEVICE
        elif self._head is Head.HOST:
            assert self._host is not None
            self._tensor, self._head = torch.from_numpy(self._host).to(target), Head.DEVICE
        assert self._tensor is not None
        if self._tensor.device != target:
            self._tensor = self._tensor.to(target)
        if self._tensor.shape != shape:  # a view, so that what is written there is written here
            self._tensor = self._tensor.contiguous().view(shape)
        return self._tensor

    def array(self, shape: Shape) -> Array:
        """The numbers as a writable array; what is written there is seen by the next `tensor`."""
        held = self._seen() if self._seen is not None else None
        if self._head is Head.HOST:
            assert self._host is not None
            array = self._host
        else:
            tensor = self._on_device(shape).detach()
            if self._lent or not tensor.is_contiguous():
                self._tensor, self._lent = tensor.clone(memory_format=torch.contiguous_format), False
                tensor = self._tensor
            if tensor.device.type == "cpu":
                array = tensor.numpy()  # the same memory: the device's head stays fresh
                if held is not None and held.ctypes.data == array.ctypes.data and held.size == array.size:
                    array = held
            else:
                array = tensor.cpu().numpy()
                if held is not None and held.size == array.size:
                    held.reshape(-1)[:] = array.reshape(-1)
                    array = held
                self._host, self._head = array, Head.HOST
        if array is not held:
            self._seen = weakref.ref(array)
        return array if array.shape == shape else array.reshape(shape)

    def put(self, tensor: torch.Tensor, *, lent: bool = False) -> None:
        """Makes `tensor` the numbers. An array that a script still holds goes on showing them, as in Caffe.

        `lent`: others may look at the memory of `tensor`, which no script must change.
        """
        held = self._seen() if self._seen is not None else None
        if held is not None and tensor.device.type == "cpu" and held.size == tensor.numel():
            if tensor.data_ptr() != held.ctypes.data:
                # .data: autograd graphs of an earlier pass may have saved this memory; they are stale anyway
                torch.from_numpy(held).view(-1).data.copy_(tensor.reshape(-1))
            tensor, lent = torch.from_numpy(held).view(tensor.shape), False
        self._tensor, self._host, self._head, self._lent = tensor, None, Head.DEVICE, lent

    def clear(self) -> None:
        """All zeros again, without taking memory; zeroed in place when a script holds the array."""
        if self.is_held and self._tensor is not None:
            self.put(torch.zeros_like(self._tensor))
        else:
            self._tensor, self._host, self._head = None, None, Head.EMPTY

    def part(self, count: int) -> Memory:
        """Another memory: the first `count` of these numbers, or zeros where there are not so many."""
        found = Memory()
        numbers = self._tensor if self._head is Head.DEVICE else self._host if self._head is Head.HOST else None
        if numbers is not None and count <= prod(numbers.shape):
            found._head, found._lent = self._head, self._lent
            first = numbers.reshape(-1)[:count]
            if isinstance(first, torch.Tensor):
                found._tensor = first
            else:
                found._host = first
        return found

    @property
    def is_empty(self) -> bool:
        return self._head is Head.EMPTY

    @property
    def is_lent(self) -> bool:
        """Whether others may look at the same memory, so that a script gets a copy."""
        return self._lent

    @property
    def is_held(self) -> bool:
        """Whether a script may still hold the array."""
        return self._seen is not None and self._seen() is not None


class Blob:
    """An N-dimensional array with its gradient: what layers pass on, and what they learn.

    `data` and `diff` are writable float32 arrays, as in pycaffe; `tensor` and `grad` are the engine's.
    """

    def __init__(self, *shape: int) -> None:
        self._shape: Shape = _checked(tuple(shape))
        self._data = Memory()
        self._diff = Memory()

    @property
    def shape(self) -> Shape:
        return self._shape

    @property
    def count(self) -> int:
        return prod(self._shape)

    @property
    def data(self) -> Array:
        return self._data.array(self._shape)

    @property
    def diff(self) -> Array:
        return self._diff.array(self._shape)

    @property
    def tensor(self) -> torch.Tensor:
        """The data on the current device."""
        return self._data.tensor(self._shape)

    @tensor.setter
    def tensor(self, value: torch.Tensor) -> None:
        self._set_shape(tuple(value.shape))
        self._data.put(value)

    @property
    def grad(self) -> torch.Tensor:
        """The diff on the current device."""
        return self._diff.tensor(self._shape)

    @grad.setter
    def grad(self, value: torch.Tensor) -> None:
        self._diff.put(value, lent=True)  # autograd may give several blobs one tensor

    @property
    def lends_grad(self) -> bool:
        """Whether other blobs may look at the diff's memory; no script has seen it then."""
        return self._diff.is_lent

    @property
    def is_held(self) -> bool:
        """Whether a script may still hold the array of the data: new data is then written into it."""
        return self._data.is_held

    @property
    def has_data(self) -> bool:
        """Whether the data was ever set; where not it is all zeros and takes no memory."""
        return not self._data.is_empty

    @property
    def has_grad(self) -> bool:
        """Whether the diff was ever set; where not it is all zeros and takes no memory."""
        return not self._diff.is_empty

    def clear_grad(self) -> None:
        self._diff.clear()

    def forget_data(self) -> None:
        """Frees the data's memory, unless a script may still hold it."""
        if not self._data.is_held:
            self._data.clear()

    def forget_grad(self) -> None:
        """Frees the diff's memory, unless a script may still hold it."""
        if not self._diff.is_held:
            self._diff.clear()

    def reshape(self, *shape: int) -> None:
        """Gives the blob another shape. As many numbers as before or fewer stay, in order; more are zeros.

        Raises ShapeError for negative sizes, more than 32 axes and more than 2^31 - 1 numbers, as Caffe does.
        """
        sizes = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        self._set_shape(tuple(int(size) for size in sizes))

    def _set_shape(self, shape: Shape) -> None:
        if shape == self._shape:
            return
        _checked(shape)
        if prod(shape) != self.count:
            self._data, self._diff = (memory.part(prod(shape)) for memory in (self._data, self._diff))
        self._shape = shape

    def prefer_channels_last(self) -> None:
        """Lets the data lie with its channels innermost, while no script holds the array."""
        self._data.prefers_channels_last = True

    def like(self) -> Blob:
        """A blob of zeros of the same shape, that prefers the same layout."""
        made = Blob(*self._shape)
        made._data.prefers_channels_last = self._data.prefers_channels_last
        return made

    def share(self, other: Blob) -> None:
        """Looks at the memories of `other` (equal count) from now on."""
        self._data, self._diff = other._data, other._diff

    def share_data(self, other: Blob) -> None:
        """Looks at the data of `other` (equal count) from now on; the diff stays its own."""
        self._data = other._data

    def shares_data(self, other: Blob) -> bool:
        """Whether both look at one memory of data."""
        return self._data is other._data

    def _legacy(self, axis: int) -> int:
        if len(self._shape) > 4:
            raise ValueError(f"a blob of shape {self._shape} has no num, channels, height, width")
        return self._shape[axis] if axis < len(self._shape) else 1

    num = property(lambda self: self._legacy(0))
    channels = property(lambda self: self._legacy(1))
    height = property(lambda self: self._legacy(2))
    width = property(lambda self: self._legacy(3))

    def __repr__(self) -> str:
        return f"<Blob {' x '.join(map(str, self._shape)) or 'scalar'}>"


class BlobVec(list[Any]):
    """A layer's blobs: a list with pycaffe's add_blob."""

    def add_blob(self, *shape: int) -> None:
        """Appends a blob of zeros of this shape."""
        self.append(Blob(*shape))
