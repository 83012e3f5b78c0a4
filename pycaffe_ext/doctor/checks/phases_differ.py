"""What happens to images in training and not in testing, or otherwise."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from ...proto.files import read_bytes
from ...surgery.inputs import is_data
from ..case import Case
from ..check import Check
from ..data_source import DataSource
from ..finding import Finding

_FIELDS = {
    "scale": "images are multiplied by other numbers",
    "mean_value": "another mean is taken off",
    "mean_file": "another mean is taken off",
    "force_color": "images have other channels",
    "force_gray": "images have other channels",
}


class PhasesDiffer(Check):
    """scale, mean or crop that differ between training and testing; a mirror in testing"""

    def find(self, case: Case) -> Iterator[Finding]:
        if len(case.phases) < 2:
            return
        train = {layer.top_names[0]: case.source(layer) for layer in case.train.layers if is_data(layer)}
        for layer in case.test.layers:
            if not is_data(layer):
                continue
            test = case.source(layer)
            other = train.get(layer.top_names[0])
            if not _transform(test):
                continue
            if other is not None and other.layer.index != layer.index and _transform(other):
                yield from self._pair(case, other, test)
            if _transform(test).mirror and (other is None or other.layer.index != layer.index or _is_tested(case)):
                yield case.warning(
                    layer.scalar_in("transform_param", "mirror") or layer,
                    f"mirror: true in '{layer.name}' of phase TEST",
                    "test images are mirrored at random, so that each test gives another accuracy, mostly a lower one",
                    "Mirror in TRAIN only." + _both(other, layer.name),
                    *_set(case, other, layer.name, "mirror=false"),
                )

    @staticmethod
    def _pair(case: Case, train: DataSource, test: DataSource) -> Iterator[Finding]:
        a, b = _transform(train), _transform(test)
        for field, what in _FIELDS.items():
            if _value(case, a, field) != _value(case, b, field):
                place = test.layer.scalar_in("transform_param", field) or test.layer
                line = case.document.position(train.layer.message.start)[0]
                yield case.warning(
                    place,
                    f"{field} of '{test.layer.name}' is {_shown(b, field)} in TEST, and {_shown(a, field)} in TRAIN"
                    f" (line {line})",
                    f"in testing {what} than in training: accuracy is low, or chance, though the loss falls",
                    "Give both phases, and whoever feeds the deploy net, the same.",
                )
        sizes = [_size(source) for source in (train, test)]
        if None not in sizes and sizes[0] != sizes[1] and _fixed_size(case):
            yield case.error(
                test.layer.scalar_in("transform_param", "crop_size") or test.layer,
                f"images of '{test.layer.name}' are {sizes[1]} in TEST, and {sizes[0]} in TRAIN",
                "a fully connected layer takes images of one size: Caffe ends with a failed check when it builds the"
                " test net",
                "Give both phases the same crop_size.",
            )


def _is_tested(case: Case) -> bool:
    """Whether the net is surely tested, and not only trained."""
    return case.solver is not None or any(layer not in case.train.layers for layer in case.test.layers)


def _transform(source: DataSource) -> Any:
    return getattr(source.message, "transform_param", None)


def _value(case: Case, transform: Any, field: str) -> object:
    if field == "mean_file" and transform.mean_file:
        path = case.paths.find(transform.mean_file)
        return read_bytes(path) if os.path.isfile(path) else transform.mean_file
    value = getattr(transform, field)
    return tuple(value) if field == "mean_value" else value


def _shown(transform: Any, field: str) -> str:
    value = getattr(transform, field)
    if field == "mean_value":
        return ", ".join(f"{one:g}" for one in value) or "none"
    if field == "scale":
        return f"{value:g}"
    return f"'{value}'" if isinstance(value, str) and value else str(value or "none").lower()


def _size(source: DataSource) -> str | None:
    """Rows x columns of what the layer gives, where that is sure."""
    crop = _transform(source).crop_size
    shape = (crop, crop) if crop else source.raw_shape[1:] if source.raw_shape else None
    return "x".join(map(str, shape)) if shape else None


def _fixed_size(case: Case) -> bool:
    return any(layer.type == "InnerProduct" for layer in case.train.layers)


def _both(train: DataSource | None, name: str) -> str:
    shared = train is not None and train.layer.name == name and _transform(train) and _transform(train).mirror
    return " (By hand: the layer of TRAIN has the same name.)" if shared else ""


def _set(case: Case, train: DataSource | None, name: str, value: str) -> list[str]:
    return [] if _both(train, name) else [case.surgery("--set", f"{name}.transform_param.{value}")]


check = PhasesDiffer()
