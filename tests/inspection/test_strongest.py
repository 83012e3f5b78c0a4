"""Peaks, patches, and the strongest of a data set, against what is found by looking at every picture at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from inspection.conftest import SmallNet

from pycaffe_ext.datasets.datum import raw_datum
from pycaffe_ext.datasets.writer import writing_lmdb
from pycaffe_ext.errors import OptionError, UnknownNameError
from pycaffe_ext.inspection.backprojection import backproject
from pycaffe_ext.inspection.patches import Box, Patches, cut
from pycaffe_ext.inspection.photographs import Photograph, Photographs
from pycaffe_ext.inspection.streams import stream
from pycaffe_ext.inspection.units.peaks import parse_units, peak, peaks_only
from pycaffe_ext.inspection.units.strongest import strongest, views, views_of_sights


class Drawn(Sequence[Photograph]):
    """Pictures that are drawn when they are asked for, and how many are alive at a time."""

    def __init__(self, count: int) -> None:
        self.asked: list[int] = []
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Photograph:  # type: ignore[override]
        self.asked.append(index)
        rng = np.random.default_rng(index)
        return Photograph(f"{index}.png", rng.integers(0, 256, (23, 19, 3), np.uint8), index % 4)


@pytest.mark.parametrize(
    ("text", "expected"), [("3", [3]), ("0-2,5", [0, 1, 2, 5]), ("4-99", [4, 5, 6]), ("2, 2,1-2", [2, 1])]
)
def test_units_by_number_and_range(text: str, expected: list[int]) -> None:
    assert parse_units(text, 7, "conv2") == expected


@pytest.mark.parametrize("text", ["7", "x", "", "1-", "3-1", "-1", "1,,2"])
def test_units_that_are_none(text: str) -> None:
    with pytest.raises(OptionError, match="--unit"):
        parse_units(text, 7, "conv2")


def test_a_peak_is_the_first_of_the_largest() -> None:
    values = np.zeros((2, 3, 4), np.float32)
    values[1, 1, 2] = values[1, 2, 0] = 5
    assert peak(values, 1) == (5, (1, 2))
    assert peak(np.array([1.0, 3.0], np.float32), 1) == (3, ())
    kept = peaks_only(np.stack([values, values + 1]), [1, 0])
    assert kept[0, 1, 1, 2] == 5 and kept[1, 0, 0, 0] == 1 and np.count_nonzero(kept) == 2


def test_the_strongest_are_those_of_all_pictures_at_once(small_net: SmallNet) -> None:
    subject, drawn, wanted = small_net.subject(), Drawn(41), [0, 3, 6]
    found = strongest(subject, drawn, "conv2", wanted, count=4, batch=7)
    every = subject.activations(subject.batch([drawn[i].pixels for i in range(41)]), "conv2")
    for unit in wanted:
        best = np.argsort(-every[:, unit].max(axis=(1, 2)), kind="stable")[:4]
        assert [sight.number for sight in found[unit]] == best.tolist()
        for sight in found[unit]:
            values = every[sight.number, unit]
            assert sight.peak.value == pytest.approx(values.max(), rel=1e-5)
            assert values[sight.peak.place] == pytest.approx(values.max(), rel=1e-5)
            assert (sight.name, sight.label) == (f"{sight.number}.png", sight.number % 4)


def test_a_silent_unit_has_seen_nothing(small_net: SmallNet) -> None:
    subject = small_net.subject()
    subject.net.params["conv2"][1].data[2] = -1000
    found = strongest(subject, Drawn(5), "conv2", [2, 3], count=9)
    assert found[2] == [] and len(found[3]) == 5


def test_pictures_stream(small_net: SmallNet) -> None:
    """When a batch comes, no picture behind the next batch has been asked for."""
    drawn = Drawn(23)
    for number, shown in enumerate(stream(small_net.subject(), drawn, 5)):
        assert shown.indices == list(range(23))[5 * number :][:5]
        assert len(drawn.asked) <= 5 * (number + 2)
    assert drawn.asked == list(range(23))


def test_a_view_is_the_patch_that_the_peak_sees(small_net: SmallNet) -> None:
    """Nothing but the receptive field is traced back to, and all that moves the activation lies in it."""
    subject = small_net.subject()
    batch = subject.batch([Drawn(3)[i].pixels for i in range(3)])
    patches = Patches(subject, "conv2")
    for item, view in enumerate(views(subject, batch, "conv2", [1, 5, 1], patches, method="gradient")):
        unit = [1, 5, 1][item]
        one = backproject(
            subject, batch[item : item + 1], "conv2", lambda values, unit=unit: peaks_only(values, [unit])
        )
        assert abs(view.traced - one[0].transpose(1, 2, 0)).max() < 2e-6 * abs(one).max()
        inside = np.zeros(view.traced.shape, bool)
        box = view.box
        inside[max(box.top, 0) : max(box.bottom, 0), max(box.left, 0) : max(box.right, 0)] = True
        assert not view.traced[~inside].any() and view.traced[inside].any()
        assert (box.bottom - box.top, box.right - box.left) == (8, 8)  # 3 + 1 for the pooling, 2 x 2 for conv2
        assert view.seen == pytest.approx(Drawn(3)[item].pixels, abs=0.5)


def test_views_of_sights_come_in_their_order(small_net: SmallNet) -> None:
    subject, drawn = small_net.subject(), Drawn(12)
    sights = strongest(subject, drawn, "conv2", [4, 0], count=3)
    drawn.asked.clear()
    found = views_of_sights(subject, drawn, "conv2", sights, batch=4)
    assert drawn.asked == sorted(drawn.asked)  # a database is read forward
    for unit, of_unit in found.items():
        assert [view.peak.place for view in of_unit] == [sight.peak.place for sight in sights[unit]]
        for view, sight in zip(of_unit, sights[unit], strict=True):
            assert view.peak.value == pytest.approx(sight.peak.value, rel=1e-5)
            assert view.seen == pytest.approx(drawn[sight.number].pixels, abs=0.5)


def test_a_database_gives_the_same(small_net: SmallNet, tmp_path: Path) -> None:
    drawn = Drawn(10)
    with writing_lmdb(tmp_path / "db") as database:
        for index in range(10):
            database.put(b"%04d" % index, raw_datum(drawn[index].pixels, index % 4))
    subject = small_net.subject()
    of_list = strongest(subject, drawn, "conv2", [3], count=3)[3]
    of_database = strongest(subject, Photographs(str(tmp_path / "db")), "conv2", [3], count=3)[3]
    assert [(one.number, one.label, one.peak) for one in of_database] == [
        (one.number, one.label, one.peak) for one in of_list
    ]


def test_boxes_and_their_cuts(small_net: SmallNet) -> None:
    subject = small_net.subject()
    assert Patches(subject, "conv1").box((4, 9)) == Box(4, 9, 7, 12)
    assert Patches(subject, "conv2").box((0, 2)) == Box(-2, 2, 6, 10)
    assert Patches(subject, "fc").box(()) == Box(0, 0, 23, 19)
    with pytest.raises(UnknownNameError, match="did you mean 'conv1'"):
        Patches(subject, "cnov1")
    pixels = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
    found = cut(pixels, Box(-1, 2, 3, 6), 255)
    assert found.shape == (4, 4, 3)
    assert (found[1:, :2] == pixels[:3, 2:]).all() and (found[0] == 255).all() and (found[:, 2:] == 255).all()
    assert (cut(pixels, Box(6, 6, 8, 9), 255) == 255).all()


def test_a_picture_of_another_size_is_seen_as_the_net_sees_it(small_net: SmallNet) -> None:
    subject = small_net.subject()
    photographs = Photographs(small_net.images)
    (sight,) = strongest(subject, photographs, "conv1", [1], count=1)[1]
    (view,) = views_of_sights(subject, photographs, "conv1", {1: [sight]})[1]
    pixels = photographs[sight.number].pixels
    assert view.seen.shape == (23, 19, 3) and pixels.shape == (29, 31, 3)
    resized = cv2.resize(pixels, (25, 23), interpolation=cv2.INTER_AREA)[:, 3:22]
    assert abs(view.seen - resized).mean() < 12
