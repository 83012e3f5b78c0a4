"""Mean files and mean values: size, channels, and labels that must have none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from ...errors import CaffeError
from ...proto.blobs import blob_shape
from ...proto.caffe_pb2 import BlobProto
from ...proto.files import read_binary
from ..case import Case
from ..check import Check
from ..data_source import DataSource
from ..finding import Finding
from ..labelled import all_class_uses, data_layers

_ABORTS = "Caffe ends with a failed check in its first batch"


class Mean(Check):
    """mean files of another size than the images; mean or scale on labels"""

    def find(self, case: Case) -> Iterator[Finding]:
        for source in _transformed(case):
            transform = source.message.transform_param
            place = source.layer.scalar_in("transform_param", "mean_file") or source.layer
            if transform.HasField("mean_file") and len(transform.mean_value):
                yield case.error(
                    place,
                    f"'{source.layer.name}' has both mean_file and mean_value",
                    "Caffe ends with a failed check as soon as it builds the net",
                    "Keep one of them.",
                    case.surgery("--unset", f"{source.layer.name}.transform_param.mean_file"),
                )
            elif transform.HasField("mean_file"):
                yield from self._file(case, source, place)
            channels = source.raw_shape[0] if source.raw_shape else 0
            if channels and len(transform.mean_value) not in (0, 1, channels):
                count = len(transform.mean_value)
                yield case.error(
                    source.layer.scalar_in("transform_param", "mean_value") or source.layer,
                    f"'{source.layer.name}' has {count} mean_values, its images have {channels} channels",
                    _ABORTS,
                    f"Give 1 or {channels}.",
                )
        yield from self._of_labels(case)

    @staticmethod
    def _file(case: Case, source: DataSource, place: Any) -> Iterator[Finding]:
        path = case.paths.find(source.message.transform_param.mean_file)
        if not os.path.exists(path):
            return
        try:
            shape = blob_shape(read_binary(path, BlobProto()))
        except CaffeError as error:
            yield case.error(place, str(error), _ABORTS, "Make the mean anew.", _compute(source, path))
            return
        if source.raw_shape is not None and shape != (1, *source.raw_shape):
            yield case.error(
                place,
                f"the mean in '{source.message.transform_param.mean_file}' is {_size(shape[1:])}, but the images in"
                f" '{source.written}' are {_size(source.raw_shape)}",
                f"{_ABORTS}: a mean is taken off before the crop, so it must have the stored images' size",
                "Make the mean from this database, or give mean_value for each channel instead.",
                _compute(source, path),
            )

    @staticmethod
    def _of_labels(case: Case) -> Iterator[Finding]:
        sources = {use.labels.layer.index: use.labels for use in all_class_uses(case) if use.labels is not None}
        for source in sources.values():
            if source.layer.type not in ("Data", "ImageData") or source.is_single_label:
                continue  # its first top is no label
            transform = source.message.transform_param
            if transform.HasField("mean_file") or len(transform.mean_value) or transform.scale != 1:
                yield case.error(
                    source.layer,
                    f"'{source.layer.name}' gives labels, and takes a mean off them or scales them",
                    "labels are no longer the numbers of classes: the net learns other classes, or Caffe reads beyond"
                    " its scores",
                    "Take mean_file, mean_value and scale out of its transform_param.",
                    case.surgery("--unset", f"{source.layer.name}.transform_param"),
                )

    def lacks(self, case: Case) -> Iterator[str]:
        for source in _transformed(case):
            transform = source.message.transform_param
            if transform.HasField("mean_file"):
                if not os.path.exists(case.paths.find(transform.mean_file)):
                    yield f"mean file '{transform.mean_file}', which is not there"
                elif source.raw_shape is None:
                    yield source.absent or f"'{source.written}', which cannot be read"


def _transformed(case: Case) -> list[DataSource]:
    return [one for one in data_layers(case) if getattr(one.message, "transform_param", None) is not None]


def _compute(source: DataSource, path: str) -> str:
    return f"compute_image_mean {source.path} {path}"


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


check = Mean()
