from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pycaffe_ext.datasets.image_list import ImageListBatches
from pycaffe_ext.datasets.transform import Transformer
from pycaffe_ext.errors import DataError
from pycaffe_ext.proto import caffe_pb2


@pytest.fixture
def listed(tmp_path: Path, draw: Callable[..., Any]) -> Path:
    """A list of seven images of 12 x 10 and one that is larger."""
    for number in range(8):
        cv2.imwrite(str(tmp_path / f"{number}.png"), draw(12, 10 + number // 7, number))
    (tmp_path / "list.txt").write_text("".join(f"{number}.png {number}\n" for number in range(8)))
    return tmp_path / "list.txt"


def batches(listed: Path, seed: int = 0, skip: int = 0, workers: int = 2, **fields: Any) -> ImageListBatches:
    param = caffe_pb2.ImageDataParameter(source=str(listed), root_folder=f"{listed.parent}/", **fields)
    transform = caffe_pb2.TransformationParameter(mirror=True, crop_size=9)
    return ImageListBatches(param, Transformer(transform, caffe_pb2.TRAIN, 3), seed, skip, workers)


def test_nothing_depends_on_workers(listed: Path) -> None:
    runs = []
    for workers in (1, 2, 5):
        source = batches(listed, workers=workers, batch_size=5, shuffle=True)
        runs.append([(batch.data.copy(), batch.labels.tolist()) for batch in (source.load(None) for _ in range(9))])
    for run in runs[1:]:
        for (data, labels), (expected, expected_labels) in zip(run, runs[0], strict=True):
            assert np.array_equal(data, expected)
            assert labels == expected_labels


def test_every_round_has_every_image_in_another_order(listed: Path) -> None:
    source = batches(listed, skip=3, batch_size=1, shuffle=True)
    labels = [source.load(None).labels[0] for _ in range(5 + 50 * 8)]
    rounds = [tuple(labels[start : start + 8]) for start in range(5, len(labels), 8)]
    assert {tuple(sorted(order)) for order in rounds} == {tuple(range(8))}
    assert len(set(rounds)) == 50


def test_a_batch_is_written_into_a_used_one(listed: Path) -> None:
    source = batches(listed, batch_size=2)
    first = source.load(None)
    assert source.load(first) is first
    assert first.labels.tolist() == [2, 3]


def test_sizes_that_differ(listed: Path) -> None:
    param = caffe_pb2.ImageDataParameter(source=str(listed), root_folder=f"{listed.parent}/", batch_size=4)
    source = ImageListBatches(param, Transformer(caffe_pb2.TransformationParameter(), caffe_pb2.TEST), 0)
    source.load(None)
    with pytest.raises(
        DataError, match=r"list.txt:8: is 3x12x11, in a batch of 3x12x10; give new_height and new_width"
    ):
        source.load(None)


def test_skipping_too_much(listed: Path) -> None:
    with pytest.raises(DataError, match=r"list.txt: cannot skip 8 of 8 images; lower rand_skip$"):
        batches(listed, skip=8, batch_size=1)
