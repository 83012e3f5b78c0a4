"""What is done to an image is done to its label map: coordinates drawn into the one are found in the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycaffe_ext.datasets.pairs.geometry import Draws, View, centered_view, cut, drawn_view

number = st.floats(0, 1, exclude_max=True)
OUTSIDE = np.array([250, 250], np.float32)


def ramps(height: int, width: int) -> np.ndarray:
    """2 x height x width: each pixel's row and column."""
    return np.stack(np.mgrid[:height, :width]).astype(np.uint8)


@settings(max_examples=300, deadline=None)
@given(
    step=st.sampled_from([1, 1, 2, 4]),
    label_size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    label_crop=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    draws=st.builds(Draws, number, number, number, number, number),
    scales=st.sampled_from([(1, 1), (0.5, 0.5), (0.4, 2.5), (3, 3)]),
    rotation=st.sampled_from([0, 0, 5, 90, 180]),
)
def test_coordinates_stay_together(
    step: int,
    label_size: tuple[int, int],
    label_crop: tuple[int, int],
    draws: Draws,
    scales: tuple[float, float],
    rotation: float,
) -> None:
    size, crop = ((pair[0] * step, pair[1] * step) for pair in (label_size, label_crop))
    view = drawn_view(size, crop, draws, mirror=True, scales=scales, rotation=rotation, step=step)
    image, missing = cut(ramps(*size), view, OUTSIDE, smooth=True)
    labels, ignored = cut(ramps(*label_size), view, OUTSIDE, smooth=False, step=step)
    assert image.shape == (2, *crop) and labels.shape == (2, *label_crop)
    missing = np.zeros(crop, bool) if missing is None else missing
    ignored = np.zeros(label_crop, bool) if ignored is None else ignored
    assert np.array_equal(image[0] == 250, missing) and np.array_equal(labels[0] == 250, ignored)

    # The centre of a label is that of the pixel in the middle of those it stands for, or between the middle two.
    middle = [slice((step - 1) // 2, None, step), slice(step // 2, None, step)]
    at_centers = [(image[:, rows, columns], missing[rows, columns]) for rows in middle for columns in middle]
    inside = ~ignored
    if step == 1:
        assert np.array_equal(missing, ignored)
    for _, absent in at_centers:
        inside &= ~absent
    found = np.mean([pixels for pixels, _ in at_centers], axis=0) + 0.5  # in coordinates of the image
    expected = (labels + 0.5) * step
    # half a label, the rounding to whole values and to 32nds of a pixel, and the image's edge where values stay
    assert (np.abs(found - expected)[:, inside] <= step / 2 + 0.5 + 1 / 32 + (step > 1) * 0.5).all()


@settings(max_examples=100, deadline=None)
@given(
    size=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    crop=st.tuples(st.integers(1, 15), st.integers(1, 15)),
    place=st.tuples(st.integers(-16, 16), st.integers(-16, 16)),
    mirror=st.booleans(),
)
def test_windows_are_what_the_general_way_gives(
    size: tuple[int, int], crop: tuple[int, int], place: tuple[int, int], mirror: bool
) -> None:
    view = View(*crop, *place, mirror)
    planes = ramps(*size)
    window, missing = cut(planes, view, OUTSIDE, smooth=True)
    turned = view._replace(angle=360.0)  # the same view, by interpolation
    general, absent = cut(planes, turned, OUTSIDE, smooth=True)
    assert np.array_equal(window, general)
    assert (missing is None) == (absent is None)
    assert missing is None or np.array_equal(missing, absent)


def test_turning_and_mirroring() -> None:
    planes = ramps(6, 6)
    for smooth in (True, False):
        quarter, _ = cut(planes, View(6, 6, 0, 0, angle=90), OUTSIDE, smooth=smooth)
        assert np.array_equal(quarter, np.rot90(planes, 1, axes=(1, 2)))
        mirrored, _ = cut(planes, View(6, 6, 0, 0, True, angle=90), OUTSIDE, smooth=smooth)
        assert np.array_equal(mirrored, quarter[..., ::-1])


def test_scaling() -> None:
    planes = ramps(5, 7)
    double, missing = cut(planes, View(10, 14, 0, 0, scale=2), OUTSIDE, smooth=False)
    assert np.array_equal(double, planes.repeat(2, axis=1).repeat(2, axis=2))
    assert missing is None
    small, missing = cut(planes, View(4, 4, 0, 0, scale=0.5), OUTSIDE, smooth=True)
    # the centre of pixel (2, 3) is row 5, column 7 of the image, just outside
    assert np.array_equal(missing, [[column >= 3 or row >= 2 for column in (0, 1, 2, 3)] for row in (0, 1, 2, 3)])
    assert np.array_equal(small[:, :2, :3], np.stack(np.mgrid[1:5:2, 1:7:2]))  # halfway, rounded up


def test_bilinear_weights() -> None:
    planes = np.array([[[0, 200], [100, 40]]], np.float32)
    found, _ = cut(planes, View(8, 8, 0, 0, scale=4), np.zeros(1, np.float32), smooth=True)
    # pixel (3, 4) has its centre at row 0.875, column 1.125 of the image: 3/8 and 5/8 of the way between centres
    assert found[0, 3, 4] == pytest.approx((200 * 5 / 8) * 5 / 8 + (100 * 3 / 8 + 40 * 5 / 8) * 3 / 8)


def test_every_place_is_drawn_and_no_other() -> None:
    draws = [Draws(0.9, a / 50, b / 50, 0, 0) for a in range(50) for b in range(50)]
    places = {
        drawn_view((9, 14), (5, 10), d, mirror=False, scales=(1, 1), rotation=0, step=2)[2:4] for d in draws
    }  # fmt: skip
    assert places == {(top, left) for top in (0, 2, 4) for left in (0, 2, 4)}
    padded = {drawn_view((3, 3), (5, 4), d, mirror=False, scales=(1, 1), rotation=0)[2:4] for d in draws}
    assert padded == {(top, left) for top in (0, -1, -2) for left in (0, -1)}


def test_centre() -> None:
    assert centered_view((9, 20), (4, 5)) == View(4, 5, 2, 7)
    assert centered_view((20, 20), (8, 8), step=4) == View(8, 8, 4, 4)
