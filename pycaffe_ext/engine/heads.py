"""Numbers with two heads: an array on the host for people, a tensor on the device for the engine.

Each of the two knows when it is stale, so that numbers move only when the other side asks for them. On the CPU both
are the same memory.
"""

from __future__ import annotations

import weakref
from enum import Enum
from itertools import count
from math import prod

import numpy as np
import numpy.typing as npt
import torch

from . import device
from .layouts import channels_last

Shape = tuple[int, ...]
Array = npt.NDArray[np.float32]


def storage(tensor: torch.Tensor) -> int:
    """Where the tensor's numbers lie: equal for tensors that look at one memory."""
    return tensor.untyped_storage().data_ptr()


class Head(Enum):
    EMPTY = 0  # zeros that nobody has asked for yet: no memory is taken
    HOST = 1
    DEVICE = 2


_changes = count()


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
        self._change = next(_changes)  # the last time that the numbers were set, or shown to be written
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
        self._change = next(_changes)
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
        self._change = next(_changes)
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
            self._change = next(_changes)

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
    def stamp(self) -> tuple[int, int] | None:
        """Equal to an earlier stamp only where the numbers are what they were; None while a script may change them."""
        if self.is_held:
            return None
        return self._change, 0 if self._tensor is None else self._tensor._version

    @property
    def is_held(self) -> bool:
        """Whether a script may still hold the array."""
        return self._seen is not None and self._seen() is not None
