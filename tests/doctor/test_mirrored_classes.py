"""mirror: true with classes that mirror each other: by name, and measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from doctor.examine import ROOT, assert_cured, data, entries, fc, findings, loss, report

from pycaffe_ext.doctor import Severity
from pycaffe_ext.doctor.mirror_names import mirrored_names
from pycaffe_ext.doctor.mirror_test import mirror_test


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["left", "right"], [(0, 1)]),
        (["nose", "Right eye", "Left eye"], [(1, 2)]),
        (["eye_l", "eye_r", "mouth"], [(0, 1)]),
        (["turnLeft", "turnRight", "turn"], [(0, 1)]),
        (["l", "r"], [(0, 1)]),
        (["a", "l", "r", "z"], []),  # letters
        (["leftover", "rightful"], []),
        (["cat", "dog", "left"], []),
    ],
)
def test_names(names: list[str], pairs: list[tuple[int, int]]) -> None:
    assert mirrored_names(names) == pairs


def arrows(count: int, *, mirrored: bool) -> list[tuple[Any, int]]:
    """Noisy pictures 14 x 19: class 1 is class 0 mirrored, or turned by a right angle about the middle."""
    random = np.random.default_rng(3)
    found = []
    for number in range(count):
        label = number % 2
        image = random.integers(0, 60, (14, 19, 3))
        row = 6 + int(random.integers(-1, 2))
        image[row - 1 : row + 2, 3:16] += 130  # a bar
        if mirrored:
            image[2:12, 3:6] += 60  # its head, to the left
        else:
            image[2:12, 8:11] += 60 * label  # a cross, as symmetric as the bar
        found.append((image[:, ::-1] if mirrored and label else image, label))
    return [(image.astype(np.uint8), label) for image, label in found]


def net(source: Path, mirror: bool = True) -> str:
    return data(str(source), transform=f"mirror: {str(mirror).lower()}") + fc("fc", "data", 2) + loss("fc")


def test_classes_that_mirror_each_other_are_measured(tmp_path: Path) -> None:
    source = entries(tmp_path / "db", arrows(120, mirrored=True))
    (found,) = findings(tmp_path, "mirrored-classes", net(source))
    assert (found.severity, found.line) == (Severity.ERROR, 1)
    assert "measured" in found.problem and "names" not in found.problem
    assert not findings(tmp_path, "mirrored-classes", net(source, mirror=False))
    (found,) = findings(tmp_path, "mirrored-classes", net(source))
    assert_cured(tmp_path, found)


def test_classes_that_do_not(tmp_path: Path) -> None:
    source = entries(tmp_path / "db", arrows(120, mirrored=False))
    found = report(tmp_path, net(source))
    assert not found.findings and "mirrored classes: none" in " ".join(found.measured)
    (tmp_path / "labels.txt").write_text("left\nright\n")  # the names say so, the images do not
    (doubt,) = findings(tmp_path, "mirrored-classes", net(source))
    assert doubt.severity is Severity.WARNING and "does not bear that out" in doubt.problem


def test_names_are_enough_where_images_are_few(tmp_path: Path) -> None:
    source = entries(tmp_path / "db", arrows(10, mirrored=True))
    assert not findings(tmp_path, "mirrored-classes", net(source))
    (tmp_path / "labels.txt").write_text("left\nright\n")
    (found,) = findings(tmp_path, "mirrored-classes", net(source))
    assert found.severity is Severity.ERROR and "class 0 'left' and class 1 'right'" in found.problem


def test_what_is_measured() -> None:
    pictures = [(image.transpose(2, 0, 1), label) for image, label in arrows(120, mirrored=True)]
    result = mirror_test(pictures)
    assert result is not None and result.images == 120
    assert result.accuracy > 0.95 and result.mirrored < 0.05
    assert [(pair.a, pair.b) for pair in result.pairs] == [(0, 1)]
    shuffled = np.random.default_rng(5).permutation([label for _, label in pictures])
    chance = mirror_test([(image, int(label)) for (image, _), label in zip(pictures, shuffled, strict=True)])
    assert chance is not None and not chance.pairs


def test_the_coins_net_with_its_mirror_on(tmp_path: Path) -> None:
    """The project's own net, on pictures that take the coins' place."""
    source = entries(
        tmp_path / "train", [(np.kron(a, np.ones((7, 5, 1), np.uint8)), b) for a, b in arrows(90, mirrored=True)]
    )
    text = (ROOT / "prototxt/coins/train_val.prototxt").read_text()
    for part in ("train", "test"):
        text = text.replace(f"demo/coins/{part}_lmdb", str(source))
    text = text.replace("mirror: false", "mirror: true", 1)
    (found,) = findings(tmp_path, "mirrored-classes", text)
    assert (found.severity, found.layer or "data", found.line) == (Severity.ERROR, "data", 13)
    assert_cured(tmp_path, found)
