"""Mirrored training images, where one class is another's mirror image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...datasets.class_names import labels_file
from ...surgery.inputs import is_data
from ..case import Case
from ..check import Check
from ..data_source import DataSource
from ..finding import Finding
from ..labelled import map_uses
from ..mirror_names import mirrored_names
from ..mirror_test import MirrorResult, mirror_test

_EFFECT = (
    "every other image is shown mirrored, under the label of what it was before: both classes look alike to the net,"
    " and accuracy between them stays at chance, whatever else is changed"
)


class MirroredClasses(Check):
    """mirror: true with classes that are each other's mirror image (by name, and measured on the database)"""

    def find(self, case: Case) -> Iterator[Finding]:
        for source in _mirrored(case):
            names = _names(case, source)
            by_name = mirrored_names(names)
            result = _measure(case, source)
            pairs = {(pair.a, pair.b): pair for pair in result.pairs} if result else {}
            for a, b in sorted({*by_name, *pairs}):
                reasons = []
                if (a, b) in by_name:
                    reasons.append("by their names one is the other's mirror image")
                if result and (a, b) in pairs:
                    reasons.append(_measured_words(result, a, b))
                doubt = ""
                if result and not pairs:
                    doubt = (
                        f"; a classifier of edges does not bear that out ({result.accuracy:.0%} of held-out images"
                        f" right as they are, {result.mirrored:.0%} mirrored)"
                    )
                finding = case.warning if doubt else case.error
                yield finding(
                    source.layer.scalar_in("transform_param", "mirror") or source.layer,
                    f"mirror: true in '{source.layer.name}', but {_class(names, a)} and {_class(names, b)}:"
                    f" {'; '.join(reasons)}{doubt}",
                    _EFFECT,
                    "Turn the mirror off. If the net to start from was trained with mirrored copies, let deeper layers"
                    " learn too: they learned to see both as one.",
                    case.surgery("--set", f"{source.layer.name}.transform_param.mirror=false"),
                )

    def measured(self, case: Case) -> Iterator[str]:
        for source in _mirrored(case):
            result = _measure(case, source)
            if result and not result.pairs:
                yield (
                    f"mirrored classes: none in '{source.written}': a classifier of edges gets {result.accuracy:.0%} of"
                    f" held-out images right, {result.mirrored:.0%} of their mirror images ({result.images:,} images)"
                )

    def lacks(self, case: Case) -> Iterator[str]:
        for source in _mirrored(case):
            if not source.usable:
                yield source.absent or f"'{source.written}', which cannot be read"


def _mirrored(case: Case) -> list[DataSource]:
    """What is mirrored in training and has labels that may say left or right."""
    if case.is_deploy:
        return []
    maps = {use.labels.layer.index for use in map_uses(case) if use.labels is not None}
    found = []
    for layer in case.train.layers:
        source = case.source(layer) if is_data(layer) else None
        transform = getattr(source.message, "transform_param", None) if source is not None else None
        if source is None or transform is None or not transform.mirror:
            continue
        if source.is_single_label or (maps and layer.index not in maps):
            found.append(source)
    return found


def _names(case: Case, source: DataSource) -> list[str]:
    """The class names beside the database, or beside that of the labels."""
    labels = [use.labels for use in map_uses(case) if use.labels is not None] if not source.is_single_label else []
    for one in (source, *labels):
        path = labels_file(Path(one.path)) if one.path else None
        if path is not None and path.is_file():
            return path.read_text(errors="replace").splitlines()
    return []


def _measure(case: Case, source: DataSource) -> MirrorResult | None:
    """Whether the images themselves say so; only where each has one label."""
    if not source.is_single_label or not source.usable:
        return None
    if "mirror" not in source.counted:
        most = min(len(source), case.sample or len(source))
        items = case.progress(source.items(most), most, f"images of {source.written}")
        source.counted["mirror"] = mirror_test((item.pixels, item.label) for item in items)
    result: MirrorResult | None = source.counted["mirror"]
    return result


def _measured_words(result: MirrorResult, a: int, b: int) -> str:
    pair = next(pair for pair in result.pairs if (pair.a, pair.b) == (a, b))
    return (
        f"measured, a classifier of edges takes {pair.kept:.0%} of held-out images of {a} for {a}, and once mirrored"
        f" {pair.swapped:.0%} for {b}"
    )


def _class(names: list[str], label: int) -> str:
    return f"class {label} '{names[label].strip()}'" if label < len(names) else f"class {label}"


check = MirroredClasses()
