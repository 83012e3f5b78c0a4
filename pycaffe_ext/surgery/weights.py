"""Weights of a net in a file: names and blobs, changed without touching what is not meant.

weights = Weights.read("caffenet.caffemodel")
weights.rename("fc7", "fc7_old")
weights.set_blobs("conv1", [weights.blobs("conv1")[0][:, ::-1], weights.blobs("conv1")[1]])
weights.drop("fc8")
weights.write("new.caffemodel")

Layers that are not changed, and fields that nothing here knows, go into the new file byte for byte. Only names and
blobs are looked at, as Caffe does when it loads weights; the bottoms, tops and fields that a caffemodel also holds
stay as they were.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from typing import Any, NamedTuple

import numpy.typing as npt

from ..atomic import replacing_file
from ..errors import DataError, FileError, UnknownNameError
from . import wire
from .weight_layers import LAYERS, V1_LAYERS, Array, Layer, NewBlob, Piece, Shape, Span, read_layer, size_of

AnyPath = str | PathLike[str]

_CHUNK = 1 << 24
_LIMIT = (1 << 31) - 1  # protobuf reads no longer file


class Change(NamedTuple):
    """What became of a layer's blobs. `kind`: kept, renamed, new shape, new values, dropped, new.

    `before` and `after` are the shapes of its blobs, empty where it was or is not there.
    """

    kind: str
    name: str
    was: str
    before: tuple[Shape, ...]
    after: tuple[Shape, ...]


class Weights:
    """The layers of a caffemodel, in file order. Layers of one name are changed together; the last one's blobs count,
    as in Caffe.
    """

    def __init__(self, layers: Iterable[Layer | Span] = (), file: str = "<weights>") -> None:
        self.file = file
        self._parts: list[Layer | Span] = list(layers)
        self._read = tuple(self.layers)

    @classmethod
    def read(cls, path: AnyPath) -> Weights:
        """A binary caffemodel of any age, or Caffe's HDF5. Raises FileError where it is damaged or something else."""
        try:
            with open(path, "rb") as file:
                first = file.read(8)
                if first == b"\x89HDF\r\n\x1a\n":
                    from .weights_hdf5 import read_layers

                    return cls(read_layers(path), str(path))
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if first else b""
        except (OSError, ValueError) as error:
            problem = error.strerror if isinstance(error, OSError) else str(error)
            raise FileError(path, f"cannot be read: {problem}") from error
        return cls.from_bytes(data, str(path))

    @classmethod
    def from_bytes(cls, data: wire.Buffer, file: str = "<weights>") -> Weights:
        """A binary caffemodel. Raises FileError, as `read` does."""
        parts: list[Layer | Span] = []
        found = None
        try:
            for found in wire.fields(data, 0, len(data)):
                is_layer = found.number in (LAYERS, V1_LAYERS) and found.wire == wire.LENGTH
                parts.append(read_layer(data, found) if is_layer else Span(data, found.start, found.end))
        except (wire.WireError, DataError) as error:
            raise FileError(file, _problem(error, data, parts)) from error
        if not any(isinstance(part, Layer) for part in parts):
            raise FileError(file, "holds no layers, so it is no caffemodel" if len(data) else "is empty")
        return cls(parts, file)

    @property
    def layers(self) -> list[Layer]:
        """All layers, in file order."""
        return [part for part in self._parts if isinstance(part, Layer)]

    @property
    def names(self) -> list[str]:
        """The names of all layers, each once, in file order; those without blobs too."""
        return list(dict.fromkeys(layer.name for layer in self.layers))

    def __contains__(self, name: object) -> bool:
        """Whether a layer of that name has blobs."""
        return any(layer.name == name and layer.blobs for layer in self.layers)

    def shapes(self, name: str) -> list[Shape]:
        """The shapes of a layer's blobs. Raises UnknownNameError, DataError where numbers and shape disagree."""
        return [self._in(name, lambda one=blob: one.shape) for blob in self._blobs(name)]

    def legacy(self, name: str) -> list[bool]:
        """Whether each blob has the old num x channels x height x width for a shape, ones in front filled up."""
        return [blob.legacy for blob in self._blobs(name)]

    def blobs(self, name: str) -> list[Array]:
        """The layer's blobs as float32 arrays of their shapes, copies. Raises UnknownNameError, DataError."""
        return [self._in(name, blob.array) for blob in self._blobs(name)]

    def set_blobs(self, name: str, arrays: Sequence[npt.ArrayLike]) -> None:
        """Other blobs for a layer (any number of any shape). Raises UnknownNameError."""
        new = [NewBlob(array) for array in arrays]
        for layer in self._named(name):
            layer.blobs = list(new)

    def rename(self, old: str, new: str) -> None:
        """Raises UnknownNameError, DataError where a layer of the new name is there already."""
        layers = self._named(old)
        if new != old and any(layer.name == new for layer in self.layers):
            raise DataError(
                f"{self.file}: has a layer '{new}' already, so '{old}' cannot be renamed to it; choose another name"
            )
        for layer in layers:
            layer.name = new

    def rename_all(self, new_name: Callable[[str], str]) -> None:
        """Gives every layer the name that a function makes of its old one."""
        for layer in self.layers:
            layer.name = new_name(layer.name)

    def drop(self, name: str) -> None:
        """Takes the layer out: Caffe then starts it from its fillers. Raises UnknownNameError."""
        gone = self._named(name)
        self._parts = [part for part in self._parts if not any(part is layer for layer in gone)]

    def add(self, name: str, arrays: Sequence[npt.ArrayLike], type: str = "", after: str | None = None) -> None:
        """A new layer behind the one named `after`, or behind all. Raises DataError where the name is taken."""
        if any(layer.name == name for layer in self.layers):
            raise DataError(f"{self.file}: has a layer '{name}' already; choose another name")
        layers = self._named(after) if after is not None else self.layers
        place = self._parts.index(layers[-1]) + 1 if layers else len(self._parts)
        number = layers[-1].number if layers else LAYERS  # Caffe refuses a file with layers of both ages
        self._parts.insert(place, Layer(name, [NewBlob(array) for array in arrays], type, number))

    def take_from(self, other: Weights, name: str, new: str) -> None:
        """A layer of another file, blobs as they are, under a new name. Raises UnknownNameError, DataError."""
        if any(layer.name == new for layer in self.layers):
            raise DataError(f"{self.file}: has a layer '{new}' already; choose another name")
        found = other._named(name)[-1]
        number = self.layers[-1].number if self.layers else LAYERS
        self._parts.append(Layer(new, list(found.blobs), found.type, number))

    def copy(self) -> Weights:
        """Weights that change apart from these; the file's bytes are shared."""
        new = Weights(file=self.file)
        new.become(self)
        return new

    def replace_parts(self, parts: Sequence[Layer | Span]) -> None:
        """Other content for the whole file."""
        self._parts = list(parts)

    def become(self, other: Weights) -> None:
        """Takes over all that `other` has."""
        self._parts = [part.copy() if isinstance(part, Layer) else part for part in other._parts]
        self._read = other._read

    def changes(self) -> list[Change]:
        """What became of each layer with blobs, in file order, those that were dropped last."""
        rows = [row for layer in self.layers if (row := _change(layer))]
        kept = [layer.was for layer in self.layers]
        gone = [layer for layer in self._read if layer.blobs and layer.was not in kept]
        return rows + [Change("dropped", layer.name, layer.name, _shapes(layer), ()) for layer in gone]

    def pieces(self) -> list[Piece]:
        """The binary file, piece by piece; of those read from a file only where they lie."""
        pieces: list[Piece] = []
        for part in self._parts:
            pieces += part.pieces() if isinstance(part, Layer) else [part]
        return pieces

    def to_bytes(self) -> bytes:
        """The binary file."""
        return b"".join(one for piece in self.pieces() for one in _chunks(piece))

    def write(self, path: AnyPath) -> None:
        """Writes the file, whole or not at all: HDF5 where its name ends in .h5, else binary. Raises FileError."""
        if str(path).endswith(".h5"):
            from .weights_hdf5 import write_layers

            write_layers(path, self.layers)
            return
        pieces = self.pieces()
        if size_of(pieces) > _LIMIT:
            raise FileError(path, "cannot be written: a binary file holds at most 2 GB; use a name that ends in .h5")
        with replacing_file(path) as file:
            for piece in pieces:
                for chunk in _chunks(piece):
                    file.write(chunk)

    def _named(self, name: str) -> list[Layer]:
        found = [layer for layer in self.layers if layer.name == name]
        if not found:
            raise UnknownNameError("layer", name, self.names, where=self.file)
        with_blobs = [layer for layer in found if layer.blobs]
        return with_blobs or found

    def _blobs(self, name: str) -> list[Any]:
        return self._named(name)[-1].blobs

    def _in(self, name: str, read: Any) -> Any:
        try:
            return read()
        except DataError as error:
            raise DataError(f"{self.file}: layer '{name}': {error}") from error


def _problem(error: Exception, data: wire.Buffer, parts: Sequence[Layer | Span]) -> str:
    """In words what is wrong with bytes that are no caffemodel."""
    layers = [part for part in parts if isinstance(part, Layer)]
    head = bytes(data[:4096])
    if not layers and (not head or (head.isascii() and b"{" in head and b"\0" not in head)):
        return "is text, not a binary caffemodel; is this the prototxt?" if head else "is empty"
    behind = f" (behind layer '{layers[-1].name}', layer {len(layers)})" if layers else ""
    if isinstance(error, wire.WireError):
        if error.needs > len(data):
            return f"is truncated at its end, byte {len(data)}, or no caffemodel{behind}: {error}"
        return f"is damaged at byte {error.at}, or no caffemodel{behind}: {error}"
    return f"is damaged{behind}: {error}"


def _shapes(layer: Layer) -> tuple[Shape, ...]:
    """As far as they are known: a damaged blob in a layer that nobody asks for does no harm."""
    try:
        return tuple(blob.shape for blob in layer.blobs)
    except DataError:
        return ()


def _change(layer: Layer) -> Change | None:
    was = layer.was
    if was is None or not was.blobs:
        return Change("new", layer.name, "", (), _shapes(layer)) if layer.blobs else None
    kind = "kept" if layer.name == was.name else "renamed"
    before = after = _shapes(was)
    if layer.blobs != was.blobs:
        after = _shapes(layer)
        kind = "new shape" if before != after else "new values"
    return Change(kind, layer.name, was.name, before, after)


def _chunks(piece: Piece) -> Iterable[bytes | memoryview]:
    if not isinstance(piece, Span):
        yield piece
        return
    for start in range(piece.start, piece.end, _CHUNK):
        yield piece.data[start : min(start + _CHUNK, piece.end)]
