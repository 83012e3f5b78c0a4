"""Mirror, rotation, shift, scale: of pictures as of maps, against plain arrays."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pycaffe_ext.errors import OptionError
from pycaffe_ext.inspection.symmetry.transforms import Transform


@pytest.mark.parametrize("text", ["mirror", "rotate:20", "shift:3,-2", "scale:1.3"])
def test_pictures_and_maps_are_changed_alike(text: str) -> None:
    smooth = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, (31, 26, 3), np.uint8), (0, 0), 2)
    transform = Transform.parse(text)
    changed = transform.of_picture(smooth).astype(np.float32).transpose(2, 0, 1)
    maps, inside = transform.of_maps(smooth.astype(np.float32).transpose(2, 0, 1)[None], 31, 26)
    assert inside.mean() > 0.5
    assert np.abs(maps[0][:, inside] - changed[:, inside]).max() < 1.5  # cv2 counts in 1/32 of a pixel
    assert transform.text == text


def test_transforms_are_the_plain_ones() -> None:
    square = np.random.default_rng(2).normal(size=(2, 3, 6, 6)).astype(np.float32)
    turned, inside = Transform.parse("rotate:90").of_maps(square, 12, 12)
    assert inside.all()
    np.testing.assert_allclose(turned, np.rot90(square, axes=(2, 3)), atol=1e-5)
    shifted, inside = Transform.parse("shift:4").of_maps(square, 12, 12)  # 2 places of the map, which is half as large
    np.testing.assert_allclose(shifted[..., 2:], square[..., :-2], atol=1e-5)
    assert inside[:, 2:].all() and not inside[:, :2].any()
    enlarged, _ = Transform.parse("scale:3").of_maps(np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3), 9, 9)
    np.testing.assert_allclose(enlarged[0, 0, 1], [4 - 1 / 3, 4, 4 + 1 / 3], atol=1e-5)


@pytest.mark.parametrize("text", ["miror", "rotate", "rotate:x", "scale:0", "shift:1,2,3", "mirror:1"])
def test_what_is_no_transform_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="--transform"):
        Transform.parse(text)
