"""Every net and every solver under models/ and examples/ of Caffe's source is built as real Caffe builds it.

They are read where real Caffe's source lies and never copied into this project. What they name and nobody has,
databases, lists and means, is drawn, small; fillers are constant, since only names and shapes are compared.
"""

from __future__ import annotations

import gc
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import h5py
import lmdb
import numpy as np
import pytest
import real_caffe
from engine import net_shapes
from real_caffe import RealFolder, needs_real_caffe

import pycaffe_ext as caffe
from pycaffe_ext.errors import CaffeError
from pycaffe_ext.proto.blobs import array_to_blob
from pycaffe_ext.proto.caffe_pb2 import Datum
from pycaffe_ext.proto.files import write_binary

pytestmark = needs_real_caffe

SOURCE = real_caffe.chroot / "source" / "caffe"
FOUND = [path for part in ("models", "examples") for path in (SOURCE / part).rglob("*.prototxt")]
FILES = sorted(str(path.relative_to(SOURCE)) for path in FOUND if path.name != "lenet_auto_solver.prototxt")
# lenet_auto_solver.prototxt names nets that a notebook writes: test_notebooks.py runs it

DATABASES = {  # channels, height, width
    "examples/cifar10/cifar10_train_lmdb": (3, 32, 32),
    "examples/cifar10/cifar10_test_lmdb": (3, 32, 32),
    "examples/mnist/mnist_train_lmdb": (1, 28, 28),
    "examples/mnist/mnist_test_lmdb": (1, 28, 28),
    "examples/siamese/mnist_siamese_train_leveldb": (2, 28, 28),
    "examples/siamese/mnist_siamese_test_leveldb": (2, 28, 28),
    "examples/imagenet/ilsvrc12_train_lmdb": (3, 256, 256),
    "examples/imagenet/ilsvrc12_val_lmdb": (3, 256, 256),
}
MEANS = {"examples/cifar10/mean.binaryproto": (3, 32, 32), "data/ilsvrc12/imagenet_mean.binaryproto": (3, 256, 256)}
LISTS = ["data/flickr_style/train.txt", "data/flickr_style/test.txt", "examples/_temp/file_list.txt"]
WINDOWS = [f"examples/finetune_pascal_detection/window_file_2007_{part}.txt" for part in ("trainval", "test")]
TABLES = ["examples/hdf5_classification/data/train.txt", "examples/hdf5_classification/data/test.txt"]
SUBSTITUTIONS = [
    (r'type: *"(gaussian|xavier)"', 'type: "constant"'),
    (r"sparse: *\d+", ""),
    (r'(source: "[^"]*_leveldb")', r"\1 backend: LMDB"),
]


def lay_out(folder: Path) -> None:
    """The nets, with what they name."""
    for name in FILES:
        text = (SOURCE / name).read_text()
        for pattern, replacement in SUBSTITUTIONS:
            text = re.sub(pattern, replacement, text)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for name in (*DATABASES, *MEANS, *LISTS, *WINDOWS, *TABLES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    for name, shape in DATABASES.items():
        datum = Datum(data=bytes(int(np.prod(shape))), label=0, channels=shape[0], height=shape[1], width=shape[2])
        with lmdb.open(str(folder / name), map_size=1 << 22) as database, database.begin(write=True) as writing:
            writing.put(b"0", datum.SerializeToString())
    for name, shape in MEANS.items():
        write_binary(folder / name, array_to_blob(np.zeros((1, *shape)), legacy=True))
    cv2.imwrite(str(folder / "grey.png"), np.full((256, 256, 3), 127, np.uint8))
    for name in LISTS:
        (folder / name).write_text("grey.png 0\n")
    for name in WINDOWS:
        (folder / name).write_text("# 0\ngrey.png\n3\n256\n256\n2\n1 0.9 0 0 99 99\n0 0.1 9 9 80 80\n")
    for name in TABLES:
        with h5py.File(folder / "rows.h5", "w") as file:
            file["data"], file["label"] = np.zeros((2, 4)), np.zeros(2)
        (folder / name).write_text("rows.h5\n")


@pytest.fixture(scope="module")
def real() -> Iterator[RealFolder]:
    """The folder, with what real Caffe says of every file in shapes.json."""
    with real_caffe.folder() as folder:
        lay_out(folder.path)
        layers = SOURCE.relative_to(real_caffe.chroot) / "examples" / "pycaffe" / "layers"
        folder.python(Path(net_shapes.__file__), *FILES, env={"PYTHONPATH": f"/{layers}"})
        yield folder


@pytest.mark.parametrize("name", FILES)
def test_is_built_as_in_real_caffe(real: RealFolder, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(real.path)
    monkeypatch.syspath_prepend(str(SOURCE / "examples" / "pycaffe" / "layers"))
    monkeypatch.setitem(sys.modules, "caffe", caffe)
    monkeypatch.setenv("PYCAFFE_EXT_ALLOW_PYTHON_LAYERS", "1")
    for way, expected in json.loads((real.path / "shapes.json").read_text())[name].items():
        if name.endswith("mnist_autoencoder.prototxt") and way == "TEST":  # its solvers name the stage that it needs
            assert "Unknown bottom blob 'data'" in expected
            with pytest.raises(CaffeError, match="'data'"):
                net_shapes.describe_file(caffe, name, way)
        elif name.endswith("lenet_consolidated_solver.prototxt"):  # real Caffe overlooks V1 layers inside a solver
            assert [net["layers"] for net in expected] == [[], [], []]
            assert [len(net["layers"]) for net in net_shapes.describe_file(caffe, name, way)] == [12, 12, 12]
        else:
            assert net_shapes.describe_file(caffe, name, way) == expected
    gc.collect()
