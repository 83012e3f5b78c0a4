"""Batches to the last bit as real Caffe's Data layer gives them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import real_caffe
from google.protobuf import text_format
from PIL import Image
from real_caffe import RealFolder, needs_real_caffe

from pycaffe_ext.datasets.databases import open_database
from pycaffe_ext.datasets.datum import encoded_datum, raw_datum
from pycaffe_ext.datasets.images import encode
from pycaffe_ext.datasets.reading import BatchReader
from pycaffe_ext.datasets.transform import Transformer
from pycaffe_ext.datasets.writer import writing_lmdb
from pycaffe_ext.proto import caffe_pb2
from pycaffe_ext.proto.blobs import array_to_blob
from pycaffe_ext.proto.files import write_binary

pytestmark = needs_real_caffe

SEED, BATCHES = 1701, 12
REAL = """
import sys, numpy, caffe
caffe.set_mode_cpu()
for name, phase in zip(sys.argv[3::2], sys.argv[4::2]):
    caffe.set_random_seed(int(sys.argv[1]))
    net = caffe.Net(name + '.prototxt', caffe.TRAIN if phase == 'TRAIN' else caffe.TEST)
    data, labels = [], []
    for _ in range(int(sys.argv[2])):
        net.forward()
        data.append(net.blobs['data'].data.ravel().copy())
        labels.append(net.blobs['label'].data.copy())
    numpy.savez(name, shape=net.blobs['data'].data.shape, data=numpy.concatenate(data), labels=labels)
"""

CASES = {  # database, batch_size, phase, transform_param
    "plain": ("raw", 3, "TEST", ""),
    "centre": ("raw", 3, "TEST", "crop_size: 16 scale: 0.00390625"),
    "mean values": ("raw", 4, "TEST", "crop_size: 7 mean_value: 104 mean_value: 117.5 mean_value: 1.3 scale: 0.017"),
    "mean file": ("raw", 3, "TEST", 'mean_file: "mean.binaryproto" crop_size: 10 scale: 0.3'),
    "mirror in test": ("raw", 3, "TEST", "mirror: true mean_value: 7"),
    "random crops": ("raw", 3, "TRAIN", 'crop_size: 12 mirror: true mean_file: "mean.binaryproto" scale: 0.017'),
    "crops only": ("raw", 3, "TRAIN", "crop_size: 19"),
    "floats": ("float", 3, "TRAIN", "crop_size: 3 mirror: true mean_value: 1.25 scale: 3"),
    "label maps": ("maps", 2, "TEST", ""),
    "encoded": ("encoded", 1, "TEST", ""),
    "encoded colour": ("encoded", 4, "TRAIN", "force_color: true crop_size: 14 mirror: true mean_value: 100"),
    "encoded grey": ("encoded", 4, "TEST", "force_gray: true crop_size: 14"),
}


def write(path: Path, values: list[bytes]) -> None:
    with writing_lmdb(path) as writer:
        for number, value in enumerate(values):
            writer.put(b"%08d" % number, value)


def turned(path: Path, image: Any) -> bytes:
    """A JPEG that says that it lies on its side: forced to colour or grey it is turned, else not."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(image).save(path / "turned.jpg", exif=exif)
    return (path / "turned.jpg").read_bytes()


@pytest.fixture(scope="module")
def truth() -> Iterator[Callable[[str], tuple[RealFolder, Any]]]:
    random = np.random.default_rng(0)
    images = list(random.integers(0, 256, (7, 19, 23, 3)).astype(np.uint8))
    soft = [cv2.GaussianBlur(image, (5, 5), 0) for image in images]
    with real_caffe.folder() as real:
        write(real.path / "raw", [raw_datum(image, 3 * label - 4) for label, image in enumerate(images)])
        write(real.path / "maps", [raw_datum(image[..., 0] % 5, 0) for image in images])
        floats = [
            caffe_pb2.Datum(channels=2, height=3, width=4, label=label, float_data=random.normal(0, 9, 24))
            for label in range(5)
        ]
        write(real.path / "float", [datum.SerializeToString() for datum in floats])
        files = [
            encode(soft[0], "jpg"),
            encode(soft[1], "png"),
            encode(soft[2][..., 0], "jpg"),
            turned(real.path, soft[3]),
        ]
        write(real.path / "encoded", [encoded_datum(content, label) for label, content in enumerate(files)])
        mean = random.random((1, 3, 19, 23)).astype(np.float32) * 255
        write_binary(real.path / "mean.binaryproto", array_to_blob(mean, legacy=True))
        arguments = []
        for name, (source, batch_size, phase, transform) in CASES.items():
            (real.path / f"{name}.prototxt").write_text(
                f'layer {{ name: "data" type: "Data" top: "data" top: "label" transform_param {{ {transform} }} '
                f'data_param {{ source: "{source}" batch_size: {batch_size} backend: LMDB }} }}'
            )
            arguments += [name, phase]
        real.python(REAL, str(SEED), str(BATCHES), *arguments)
        yield lambda name: (real, np.load(real.path / f"{name}.npz"))


@pytest.mark.parametrize("name", CASES)
def test_batches(truth: Callable[[str], tuple[RealFolder, Any]], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    real, expected = truth(name)
    monkeypatch.chdir(real.path)  # where the mean file is
    source, batch_size, phase, transform = CASES[name]
    # Caffe seeds its generator, draws two numbers from it for each Data layer, and seeds crops and mirrors with the
    # second.
    seed = int(np.random.RandomState(SEED).randint(0, 1 << 32, 2, np.uint32)[1])
    param = text_format.Parse(transform, caffe_pb2.TransformationParameter())
    transformer = Transformer(param, caffe_pb2.Phase.Value(phase), seed)
    batches = BatchReader(open_database(os.path.join(real.path, source)), batch_size, transformer)
    data, labels = [], []
    for _ in range(BATCHES):
        batch = batches.next()
        data.append(batch.data.ravel().copy())
        labels.append(batch.labels.copy())
    batches.close()
    assert batch.data.shape == tuple(expected["shape"])
    assert np.array_equal(np.array(labels), expected["labels"])
    assert np.concatenate(data).tobytes() == expected["data"].tobytes()
