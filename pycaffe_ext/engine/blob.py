"""Blobs: an array of data with its gradient, as layers pass it on and learn it."""

from __future__ import annotations

from math import prod
from typing import Any

import torch

from ..errors import ShapeError
from .heads import Array, Memory, Shape

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
    def stamp(self) -> tuple[int, int] | None:
        """Equal to an earlier stamp only where the data is what it was; None while a script may change it."""
        return self._data.stamp

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
        """Looks at the data of `other` from now on; the diff stays its own."""
        self._data = other._data

    def share_diff(self, other: Blob) -> None:
        """Looks at the diff of `other` from now on; the data stays its own."""
        self._diff = other._diff

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
