"""pycaffe_ext.io: the same numbers as pycaffe's io, bit for bit, and clear words where it cannot go on."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from real_caffe import needs_real_caffe

from pycaffe_ext import io
from pycaffe_ext.errors import DataError, OptionError, UnknownNameError

SPLINES = re.compile(r"resize[245] ")  # scikit-image has their places from a decomposition, with rounding noise


def _images(folder: Path) -> None:
    random = np.random.default_rng(0)
    colour = random.integers(0, 256, (37, 51, 3), np.uint8)
    gray = colour[:, :, 0]
    cv2.imwrite(str(folder / "rgba.png"), np.dstack([colour, gray]))
    cv2.imwrite(str(folder / "gray16.png"), gray.astype(np.uint16) * 250 + 3)
    cv2.imwrite(str(folder / "bits.png"), (gray > 127) * np.uint8(255), [cv2.IMWRITE_PNG_BILEVEL, 1])
    options = {"png": [], "jpg": [], "bmp": [], "tif": [cv2.IMWRITE_TIFF_COMPRESSION, 1]}
    for kind, option in options.items():
        cv2.imwrite(str(folder / f"rgb.{kind}"), colour, option)
        cv2.imwrite(str(folder / f"gray.{kind}"), gray, option)


@needs_real_caffe
def test_every_number_is_pycaffes(both_sides: Callable) -> None:
    real, ours = both_sides("io_numbers", _images)
    assert len(real) > 500
    for name, expected in real.items():
        found = ours[name]
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype), name
        if SPLINES.match(name):
            assert np.abs(found - expected).max() <= 1e-9 * np.abs(expected).max(), name
        else:
            assert np.array_equal(found, expected), name


def test_a_tie_between_two_pixels_goes_to_the_later_one() -> None:
    """In scikit-image the rounding noise of a decomposition decides, so there is nothing to agree with."""
    image = np.arange(6.0).reshape(6, 1, 1)
    assert io.resize_image(image, (2, 1), interp_order=0).shape == (2, 1, 1)
    blurred = io.interpolation.ndimage.gaussian_filter(image / 5, (1.0, 0, 0), mode="constant") * 5
    assert np.allclose(io.resize_image(image, (2, 1), interp_order=0), blurred[[1, 4]])


def test_preprocess_leaves_the_image_as_it_is() -> None:
    transformer = io.Transformer({"data": (1, 3, 4, 5)})
    transformer.set_raw_scale("data", 255)
    image = np.ones((4, 5, 3), np.float32)
    transformer.preprocess("data", image)
    assert (image == 1).all()


def test_a_transformer_says_what_does_not_fit() -> None:
    transformer = io.Transformer({"data": (1, 3, 4, 5)})
    with pytest.raises(UnknownNameError, match=r"inputs are data: no net input 'date'; did you mean 'data'\?"):
        transformer.preprocess("date", np.zeros((4, 5, 3)))
    with pytest.raises(OptionError, match=r"\(0, 1\) orders 2 axes, an item of input 'data' has 3"):
        transformer.set_transpose("data", (0, 1))
    with pytest.raises(OptionError, match=r"\(1, 0\) orders 2 channels, input 'data' has 3"):
        transformer.set_channel_swap("data", (1, 0))
    with pytest.raises(ValueError, match=r"2 numbers for the 3 channels of input 'data'"):
        transformer.set_mean("data", np.zeros(2))
    with pytest.raises(ValueError, match=r"a mean of shape \(2, 4, 5\) for input 'data' of shape \(3, 4, 5\)"):
        transformer.set_mean("data", np.zeros((2, 4, 5)))


def test_a_constant_mean_of_another_size_stays_constant() -> None:
    transformer = io.Transformer({"data": (1, 3, 4, 5)})
    transformer.set_mean("data", np.full((3, 9, 9), 7.0))
    assert np.array_equal(transformer.mean["data"], np.full((3, 4, 5), 7.0))


@pytest.mark.parametrize(
    ("content", "problem"), [(None, "cannot be read"), (b"", "is empty"), (b"text", "not an image")]
)
def test_a_file_that_is_no_image_is_named(tmp_path: Path, content: bytes | None, problem: str) -> None:
    path = tmp_path / "photo.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=rf"photo\.jpg: .*{problem}"):
        io.load_image(path)


def test_transparency_is_dropped(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 5, 4), np.uint8)
    cv2.imwrite(str(tmp_path / "rgba.png"), pixels)
    assert np.array_equal(io.load_image(tmp_path / "rgba.png"), pixels[:, :, 2::-1] / np.float32(255))
    luma = pixels[:, :, 2::-1] / 255 @ [0.2125, 0.7154, 0.0721]
    assert np.allclose(io.load_image(tmp_path / "rgba.png", color=False)[:, :, 0], luma)
