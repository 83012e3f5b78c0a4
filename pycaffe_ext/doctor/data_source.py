"""What a data layer reads: where it lies, how much there is, labels and pixels."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import CaffeError, DataError
from ..model.view import LayerView
from ..surgery.inputs import image_shape
from ..text import Scalar

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..datasets.databases import Database

Shape = tuple[int, ...]
_PARAMS = {
    "Data": "data_param",
    "ImageData": "image_data_param",
    "HDF5Data": "hdf5_data_param",
    "WindowData": "window_data_param",
}


class Paths:
    """Where the sources that a net names are: as the user says, from the current folder, or beside or above the net."""

    def __init__(self, net: str, given: Mapping[str, str]) -> None:
        self._folders = [Path(), *Path(net).resolve().parents]
        self._given = dict(given)

    def find(self, source: str) -> str:
        """The path, or the source itself where there is nothing."""
        if source in self._given:
            return self._given[source]
        return next((str(path) for folder in self._folders if os.path.exists(path := folder / source)), source)


class Item(NamedTuple):
    """An entry: its key (for lists the file's name), its label, and its pixels C x H x W."""

    key: bytes
    label: int
    pixels: npt.NDArray[Any]


class DataSource:
    """The source of one data layer; `absent` says in words why it cannot be looked at, `damaged` what is wrong with it.

    What is not there may be there on another machine; what is there and cannot be read is a mistake.
    """

    def __init__(self, layer: LayerView, message: Any, paths: Paths) -> None:
        self.layer, self.message, self.paths = layer, message, paths
        self.param: Any = getattr(message, _PARAMS[layer.type]) if message and layer.type in _PARAMS else None
        self.batch_size = int(self.param.batch_size) if self.param is not None else 0
        self.written: str = self.param.source if self.param is not None else ""
        self.path = paths.find(self.written) if self.written else ""
        self.counted: dict[str, Any] = {}  # what label_counts.py has counted, by blob

    @cached_property
    def place(self) -> Scalar | LayerView:
        """Where the net names the source."""
        found = self.layer.scalar_in(_PARAMS.get(self.layer.type, ""), "source")
        return self.layer if found is None else found

    @property
    def is_single_label(self) -> bool:
        """Whether it gives each image with one label."""
        return self.layer.type in ("Data", "ImageData") and len(self.layer.tops) > 1

    @cached_property
    def absent(self) -> str:
        if self.layer.type not in ("Data", "ImageData", "HDF5Data"):
            return f"what layer '{self.layer.name}' ({self.layer.type}) reads: such layers are not looked into"
        if not os.path.exists(self.path):
            return f"'{self.written}', which is not there (--db {self.written or 'SOURCE'}=PATH)"
        return ""

    @cached_property
    def damaged(self) -> str:
        if self.absent:
            return ""
        try:
            self._open()
        except CaffeError as error:
            return str(error)
        return ""

    @property
    def usable(self) -> bool:
        return not self.absent and not self.damaged

    def _open(self) -> None:
        if self.layer.type == "Data":
            self._database  # noqa: B018
        elif self.layer.type == "ImageData":
            self._listing  # noqa: B018
        else:
            self._hdf5  # noqa: B018

    def close(self) -> None:
        """Closes its files; what needs them opens them again."""
        for name in ("_database", "_hdf5"):
            opened = self.__dict__.pop(name, None)
            for file in opened if isinstance(opened, list) else [opened] if opened is not None else []:
                file.close()

    @cached_property
    def _database(self) -> Database:
        from ..datasets.databases import open_database

        return open_database(self.path, self.param.backend)

    @cached_property
    def _listing(self) -> Any:
        from ..datasets.sources.list_file import list_file

        return list_file(self.path, self.paths.find(self.param.root_folder) if self.param.root_folder else "")

    @cached_property
    def _hdf5(self) -> list[Any]:
        import h5py

        files = [self.paths.find(name) for name in Path(self.path).read_text(errors="surrogateescape").split()]
        if not files:
            raise DataError(f"{self.path}: names no HDF5 file")
        try:
            return [h5py.File(name, "r") for name in files]
        except OSError as error:
            raise DataError(f"{self.path}: names what is no HDF5 file: {error}") from error

    def __len__(self) -> int:
        """How many entries there are."""
        if self.layer.type == "Data":
            return len(self._database)
        if self.layer.type == "ImageData":
            return len(self._listing.entries)
        return sum(len(file[self.layer.top_names[0]]) for file in self._hdf5)

    def keys(self) -> Iterator[bytes]:
        """The keys of a database in order; for lists nothing that could be compared."""
        if self.layer.type == "Data":
            yield from (key for key, _ in self._database)

    def labels(self) -> Iterator[tuple[bytes, int]]:
        """Key and label of every entry with a label of its own. Raises DataError."""
        if self.layer.type == "ImageData":
            yield from ((os.fsencode(entry.name), entry.label) for entry in self._listing.entries)
            return
        from ..datasets.datum import parse_datum

        for key, value in self._database:
            with self._database.naming(key):
                yield key, parse_datum(value).label

    def items(self, most: int = 0) -> Iterator[Item]:
        """Entries with their pixels, `most` of them evenly spread over all (0: all). Raises DataError, FileError."""
        step = max(1, -(-len(self) // most)) if most else 1
        if self.layer.type == "ImageData":
            from ..datasets.images import read_image
            from ..proto.files import read_bytes

            for entry in self._listing.entries[::step]:
                path = self.paths.find(self.param.root_folder + entry.name)
                image = read_image(path, read_bytes(path), gray=not self.param.is_color)
                planes = image[None] if image.ndim == 2 else image.transpose(2, 0, 1)
                yield Item(os.fsencode(entry.name), entry.label, planes)
            return
        from ..datasets.datum import datum_array, parse_datum

        transform = self.message.transform_param
        for number, (key, value) in enumerate(self._database):
            if number % step == 0:
                with self._database.naming(key):
                    datum = parse_datum(value)
                    pixels = datum_array(datum, force_color=transform.force_color, force_gray=transform.force_gray)
                yield Item(key, datum.label, pixels)

    def rows(self, top: str) -> npt.NDArray[Any]:
        """All values of one dataset of HDF5 files, one row for each item. Raises DataError."""
        import numpy as np

        if any(top not in file for file in self._hdf5):
            raise DataError(f"{self.path}: a file lacks dataset '{top}'")
        return np.concatenate([file[top][:] for file in self._hdf5])

    @cached_property
    def raw_shape(self) -> Shape | None:
        """C x H x W of the first entry as it is stored; None where it cannot be looked at."""
        if self.layer.type not in ("Data", "ImageData") or not self.usable:
            return None
        if self.layer.type == "ImageData" and self.param.new_height:
            return (3 if self.param.is_color else 1, self.param.new_height, self.param.new_width)
        try:
            return tuple(next(self.items()).pixels.shape)
        except CaffeError:
            return None

    def top_shapes(self) -> list[Shape | None]:
        """The shapes of the layer's tops, None for each that is not known."""
        tops = self.layer.top_names
        if self.layer.type == "HDF5Data" and self.usable:
            first = self._hdf5[0]
            return [(self.batch_size, *first[top].shape[1:]) if top in first else None for top in tops]
        shapes: list[Shape | None] = [None] * len(tops)
        if self.layer.type not in ("Data", "ImageData"):
            return shapes
        batch, crop = self.batch_size or 1, int(self.message.transform_param.crop_size)
        raw = self.raw_shape
        if raw is not None:
            shapes[0] = (batch, raw[0], crop or raw[1], crop or raw[2])
        elif len(tops) == 2 and (image := image_shape(self.layer)):
            shapes[0] = (batch, *image)
        if len(tops) == 2:
            shapes[1] = (batch,)
        return shapes
