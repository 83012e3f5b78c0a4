"""The mean image is compute_image_mean's file, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import real_caffe
from real_caffe import needs_real_caffe

from pycaffe_ext.datasets.datum import encoded_datum, raw_datum
from pycaffe_ext.datasets.images import encode
from pycaffe_ext.datasets.writer import writing_lmdb
from pycaffe_ext.proto import caffe_pb2
from pycaffe_ext.proto.blobs import blob_to_array
from pycaffe_ext.proto.files import read_binary

Output = pytest.CaptureFixture[str]


def values(kind: str) -> list[bytes]:
    random = np.random.default_rng(3)
    count = 70000 if kind == "many" else 23  # with many bright ones the sums pass 2^24, where float32 begins to round
    if kind == "many":
        bright = [raw_datum(np.full((1, 2), 255 - n, np.uint8), 0) for n in range(7)]
        return [bright[n % 7] for n in range(count)]
    images = random.integers(0, 256, (count, 11, 13, 3), np.uint8)
    if kind == "float":
        data = random.normal(0, 3, (count, 2 * 3 * 5)).astype(np.float32)
        made = [caffe_pb2.Datum(channels=2, height=3, width=5, float_data=row) for row in data]
        return [datum.SerializeToString() for datum in made]
    return [encoded_datum(encode(image, "jpg"), 0) if kind == "jpg" else raw_datum(image, 0) for image in images]


@needs_real_caffe
@pytest.mark.parametrize("kind", ["raw", "jpg", "float", "many"])
def test_as_compute_image_mean(info: Callable[..., int], capsys: Output, kind: str) -> None:
    with real_caffe.folder() as real:
        with writing_lmdb(real.path / "db") as writer:
            for number, value in enumerate(values(kind)):
                writer.put(b"%08d" % number, value)
        logged = real.run("compute_image_mean", "db", "real.binaryproto", env={"GLOG_minloglevel": "0"}).stderr
        assert info(real.path / "db", "--mean", real.path / "ours.binaryproto", "--json") == 0
        assert (real.path / "ours.binaryproto").read_bytes() == (real.path / "real.binaryproto").read_bytes()
        channels = [float(line.split()[-1]) for line in logged.splitlines() if "mean_value channel" in line]
        assert [float(f"{mean:.6g}") for mean in json.loads(capsys.readouterr().out)["mean"]] == channels


def test_npy_and_binaryproto_hold_the_mean(
    write: Callable[..., Path], info: Callable[..., int], tmp_path: Path
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 4, 5, 3), np.uint8)
    path = write("db", {f"{n:08d}": raw_datum(image, 0) for n, image in enumerate(images)})
    assert info(path, "--mean", tmp_path / "mean.npy", "--workers", 3) == 0
    assert info(path, "--mean", tmp_path / "mean.binaryproto", "--workers", 1) == 0
    mean = np.load(tmp_path / "mean.npy")
    assert mean.dtype == np.float32
    assert np.allclose(mean, images.mean(axis=0).transpose(2, 0, 1), rtol=1e-6)
    blob = read_binary(tmp_path / "mean.binaryproto", caffe_pb2.BlobProto())
    assert np.array_equal(blob_to_array(blob)[0], mean)


def test_other_sizes_are_named(write: Callable[..., Path], info: Callable[..., int], capsys: Output) -> None:
    path = write("db", {"a": raw_datum(np.zeros((2, 3), np.uint8), 0), "b": raw_datum(np.zeros((3, 2), np.uint8), 0)})
    assert info(path, "--mean", path.parent / "mean.npy") == 2
    assert "entry 'b': is 1x3x2, and the first is 1x2x3" in capsys.readouterr().err
    assert not (path.parent / "mean.npy").exists()
