from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format

from pycaffe_ext.datasets.transform import Transformer
from pycaffe_ext.errors import DataError, FileError, OptionError
from pycaffe_ext.proto import caffe_pb2
from pycaffe_ext.proto.blobs import array_to_blob
from pycaffe_ext.proto.files import write_binary

IMAGE = np.random.default_rng(0).integers(0, 256, (3, 9, 12)).astype(np.uint8)


def transformer(text: str, phase: int = caffe_pb2.TEST, seed: int = 1) -> Transformer:
    return Transformer(text_format.Parse(text, caffe_pb2.TransformationParameter()), phase, seed)


def test_mean_is_subtracted_before_scaling() -> None:
    out = transformer("mean_value: 104.5 mean_value: 117 mean_value: 3 scale: 0.017")(IMAGE)
    mean = np.array([104.5, 117, 3], np.float32)[:, None, None]
    assert out.dtype == np.float32
    assert np.array_equal(out, (IMAGE.astype(np.float32) - mean) * np.float32(0.017))


def test_one_mean_value_is_for_all_channels() -> None:
    assert np.array_equal(transformer("mean_value: 7")(IMAGE), IMAGE.astype(np.float32) - 7)


def test_mean_file_is_cropped_and_mirrored_with_the_image(tmp_path: Path) -> None:
    mean = np.random.default_rng(1).random((1, 3, 9, 12)).astype(np.float32)
    write_binary(tmp_path / "mean.binaryproto", array_to_blob(mean, legacy=True))
    transform = transformer(f'mean_file: "{tmp_path}/mean.binaryproto" mirror: true crop_size: 4 scale: 2', 0)
    whole = (IMAGE - mean[0]) * np.float32(2)
    windows = [whole[:, y : y + 4, x : x + 4] for y in range(6) for x in range(9)]
    windows += [window[..., ::-1] for window in windows]
    found = set()
    for _ in range(400):
        out = transform(IMAGE)
        [place] = [place for place, window in enumerate(windows) if np.array_equal(window, out)]
        found.add(place)
    assert len(found) > 90  # of 108


def test_test_crops_are_centred_and_round_down() -> None:
    out = transformer("crop_size: 4")(IMAGE)
    assert np.array_equal(out, IMAGE[:, 2:6, 4:8])  # (9 - 4) / 2 = 2


def test_test_phase_mirrors_too() -> None:
    transform = transformer("mirror: true")
    flips = [np.array_equal(transform(IMAGE), IMAGE[..., ::-1]) for _ in range(50)]
    assert 10 < sum(flips) < 40


def test_float_images() -> None:
    floats = IMAGE.astype(np.float32) / 7
    out = transformer("crop_size: 5 mean_value: 1 scale: 3")(floats)
    assert np.array_equal(out, (floats[:, 2:7, 3:8] - np.float32(1)) * np.float32(3))


def test_the_seed_decides() -> None:
    def run(seed: int) -> list[Any]:
        transform = transformer("mirror: true crop_size: 4", caffe_pb2.TRAIN, seed)
        return [transform(IMAGE).tolist() for _ in range(20)]

    assert run(5) == run(5) != run(6)


@pytest.mark.parametrize(
    ("text", "image", "problem"),
    [
        ("crop_size: 10", (3, 9, 12), "crop_size 10 is larger than the image, 3x9x12"),
        ("mean_value: 1 mean_value: 2", (3, 9, 12), "there are 2 mean_values for 3 channels; give 1 or 3"),
    ],
)
def test_images_that_do_not_fit(text: str, image: tuple[int, ...], problem: str) -> None:
    with pytest.raises(DataError, match=f"^{problem}$"):
        transformer(text)(np.zeros(image, np.uint8))


def test_mean_files_that_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "mean.binaryproto"
    write_binary(path, array_to_blob(np.zeros((1, 3, 8, 12), np.float32), legacy=True))
    with pytest.raises(DataError, match=r"^the mean file is 3x8x12, but the image is 3x9x12$"):
        transformer(f'mean_file: "{path}"')(IMAGE)
    write_binary(path, array_to_blob(np.zeros((3, 9, 12), np.float32)))
    with pytest.raises(DataError, match=r"mean\.binaryproto: a mean file holds 1 x channels x height x width"):
        transformer(f'mean_file: "{path}"')
    with pytest.raises(FileError, match="cannot be read: No such file"):
        transformer('mean_file: "nowhere.binaryproto"')


@pytest.mark.parametrize("text", ["force_color: true force_gray: true", 'mean_file: "x" mean_value: 1'])
def test_contradictions(text: str) -> None:
    with pytest.raises(OptionError, match="keep one"):
        transformer(text)
