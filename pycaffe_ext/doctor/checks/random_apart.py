"""Random crops, mirrors and orders that images and their separately loaded labels do not share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...text import Scalar
from ..case import Case
from ..check import Check
from ..data_source import DataSource
from ..finding import Finding
from ..labelled import pairs


class RandomApart(Check):
    """random crop, mirror or order on images whose labels another layer loads"""

    def find(self, case: Case) -> Iterator[Finding]:
        for pair in pairs(case):
            for source in (pair.images, pair.labels):
                for field, what in _random(source, is_train=pair.net.name == "TRAIN", maps=pair.is_map):
                    place: Any = _written(source, field)
                    other = pair.labels if source is pair.images else pair.images
                    options = {
                        "mirror": f"{source.layer.name}.transform_param.mirror=false",
                        "shuffle": f"{source.layer.name}.image_data_param.shuffle=false",
                    }
                    commands = (
                        [case.surgery("--set", options[field])]
                        if field in options
                        else [case.surgery("--unset", f"{source.layer.name}.transform_param.{field}")]
                        if field == "crop_size"
                        else []
                    )
                    yield case.error(
                        place,
                        f"{what} in '{source.layer.name}', but '{other.layer.name}' draws its own random numbers"
                        f" (phase {pair.net.name})",
                        "labels no longer lie on what they name: the net learns blurred regions, or background only",
                        "Take it out; enlarge the data before, with images and labels together.",
                        *commands,
                    )


def _random(source: DataSource, *, is_train: bool, maps: bool) -> Iterator[tuple[str, str]]:
    transform = getattr(source.message, "transform_param", None)
    if transform is not None and maps:
        if transform.mirror:
            yield "mirror", "mirror: true"
        if transform.crop_size and is_train and _cuts(source, transform.crop_size):
            yield "crop_size", f"crop_size: {transform.crop_size} (at random in TRAIN)"
    if source.layer.type in ("ImageData", "HDF5Data") and source.param.shuffle:
        yield "shuffle", "shuffle: true"
    if getattr(source.param, "rand_skip", 0):
        yield "rand_skip", f"rand_skip: {source.param.rand_skip}"


def _cuts(source: DataSource, crop: int) -> bool:
    """Whether a crop leaves a choice; one of the images' own size does not."""
    return source.raw_shape is None or source.raw_shape[1:] != (crop, crop)


def _written(source: DataSource, field: str) -> Scalar | Any:
    for message in ("transform_param", "image_data_param", "data_param", "hdf5_data_param"):
        found = source.layer.scalar_in(message, field)
        if found is not None:
            return found
    return source.layer


check = RandomApart()
