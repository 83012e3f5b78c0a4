"""What is mutated: the project's own nets and solvers, nets of the golden cases, weights that the engine saves."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import cv2
import h5py
import lmdb
import numpy as np

import pycaffe_ext as caffe
from pycaffe_ext.engine.solver import get_solver
from pycaffe_ext.proto import caffe_pb2
from pycaffe_ext.proto.blobs import array_to_blob
from pycaffe_ext.proto.files import write_binary

TESTS = Path(__file__).parents[1]
PROTOTXT = TESTS.parent / "prototxt"

READERS = [
    """layer { name: "data" type: "ImageData" top: "data" top: "label" transform_param { crop_size: 9 mirror: true }
         image_data_param { source: "files/list.txt" batch_size: 3 shuffle: true new_height: 12 new_width: 14 } }""",
    """layer { name: "data" type: "WindowData" top: "data" top: "label" transform_param { crop_size: 7 mean_value: 3 }
         window_data_param { source: "files/windows.txt" batch_size: 4 fg_fraction: 0.5 context_pad: 1 } }""",
    """layer { name: "data" type: "HDF5Data" top: "data" top: "label"
         hdf5_data_param { source: "files/hdf5.txt" batch_size: 3 shuffle: true } }""",
    """layer { name: "data" type: "MemoryData" top: "data" top: "label"
         memory_data_param { batch_size: 2 channels: 3 height: 4 width: 5 } }""",
    """layer { name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param {
         shape { dim: 4 dim: 3 } shape { dim: 4 } data_filler { type: "gaussian" std: 2 } data_filler { value: 1 } } }
       layer { name: "out" type: "HDF5Output" bottom: "data" bottom: "label"
         hdf5_output_param { file_name: "out.h5" } }""",
    """layer { name: "data" type: "Data" top: "data" top: "label" data_param { source: "files/images" batch_size: 2
         backend: LMDB } transform_param { mean_file: "files/mean.binaryproto" scale: 0.1 crop_size: 10 } }
       layer { name: "script" type: "Python" bottom: "data" top: "same" python_param { module: "a" layer: "B" } }""",
]
FULL_SOLVER = """
net: "net.prototxt" test_iter: 1 test_interval: 2 base_lr: 0.01 momentum: 0.5 weight_decay: 0.001 gamma: 0.5 power: 0.75
stepsize: 2 stepvalue: 2 stepvalue: 3 lr_policy: "multistep" clip_gradients: 5 iter_size: 2 average_loss: 2 max_iter: 4
display: 1 snapshot: 2 snapshot_prefix: "out" random_seed: 3 regularization_type: "L1" delta: 0.001 momentum2: 0.9
solver_mode: CPU type: "Adam"
"""


@dataclass(frozen=True)
class Weights:
    """A file that the engine saved; `net` and `solver` are texts that it fits."""

    file: Path
    net: str
    solver: str


@cache
def nets() -> list[str]:
    """Texts of nets; paths in them count from a folder in which `link` was called."""
    found = [_smaller(path.read_text()) for path in sorted(PROTOTXT.glob("*/*.prototxt")) if path.stem != "solver"]
    found += [path.read_text() for path in sorted((TESTS / "model/files").glob("*.prototxt"))]
    for path in sorted((TESTS / "golden").glob("*.npz")):
        with np.load(path) as file:
            cases = json.loads(str(file["cases"])) if "cases" in file else {}
        found += [case["net"].replace("FOLDER", "files") for case in cases.values()]
    return found + READERS


def solver(random: Random) -> str:
    """The text of a solver of net.prototxt, short enough to be run."""
    texts = [path.read_text() for path in sorted(PROTOTXT.glob("*/solver.prototxt"))]
    kind = random.choice(["SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam"])
    return _smaller(random.choice([*texts, *3 * [FULL_SOLVER.replace("Adam", kind)]]))


def trained_net(random: Random) -> str:
    """A net with layers that learn, as solvers want."""
    return random.choice([net for net in nets() if "Loss" in net and ("InnerProduct" in net or "Convolution" in net)])


def _smaller(text: str) -> str:
    """The same structure with fewer channels and items, and few iterations, so that it runs in no time."""
    smaller = {
        "num_output": lambda value: value // 16 if value >= 32 else value,
        "batch_size": lambda value: min(value, 2),
        "test_iter": lambda value: 1,
        "test_interval": lambda value: 2,
        "max_iter": lambda value: 3,
        "snapshot": lambda value: 2,
        "display": lambda value: 1,
    }
    for field, change in smaller.items():
        text = re.sub(rf"\b{field}: (\d+)", lambda found, f=field, c=change: f"{f}: {c(int(found[1]))}", text)
    text = re.sub(r'^net: ".*"', 'net: "net.prototxt"', text, flags=re.M)
    return re.sub(r'^snapshot_prefix: ".*"', 'snapshot_prefix: "out"', text, flags=re.M)


def prepare(folder: Path) -> None:
    """Makes, once, what the nets read and the weights that are mutated."""
    random = np.random.default_rng(5)
    (folder / "files").mkdir(parents=True)
    files = folder / "files"
    for name, channels, size in (("images", 3, 12), ("mean", 3, 12)):
        pixels = random.integers(0, 255, (channels, size, size), dtype=np.uint8)
        if name == "images":
            _write_lmdb(files / name, pixels)
        else:
            write_binary(files / f"{name}.binaryproto", array_to_blob(pixels[None], legacy=True))
    write_binary(files / "H.binaryproto", array_to_blob(random.random((1, 1, 5, 5))))
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(files / name), random.integers(0, 255, (20, 24, 3), dtype=np.uint8))
    (files / "list.txt").write_text("files/a.png 0\nfiles/b.png 1\n")
    windows = "3\n20\n24\n2\n1 0.9 2 3 12 15\n1 0.1 1 1 9 8\n"
    (files / "windows.txt").write_text(f"# 0\nfiles/a.png\n{windows}# 1\nfiles/b.png\n{windows}")
    with h5py.File(files / "rows.h5", "w") as file:
        file["data"], file["label"] = random.random((7, 2, 3)), np.arange(7.0)
    (files / "hdf5.txt").write_text("files/rows.h5\n")
    for text in nets():
        for source in re.findall(r'source: "((?:data|demo)/[^"]*)"', text):
            channels = 1 if "labels" in source or "cells" in source or "fashion" in source else 3
            size = {"fashion": 28, "imagenet": 256, "cells": 572}.get(source.split("/")[1].split("_")[0], 96)
            if not (folder / source).exists():
                _write_lmdb(folder / source, random.integers(0, 2, (channels, size, size), dtype=np.uint8))
    (folder / "data/imagenet").mkdir(parents=True, exist_ok=True)
    write_binary(folder / "data/imagenet/mean.binaryproto", array_to_blob(np.zeros((1, 3, 256, 256)), legacy=True))
    _save_weights(folder / "weights")


def _write_lmdb(path: Path, pixels: Any) -> None:
    path.mkdir(parents=True)
    channels, height, width = pixels.shape
    datum = caffe_pb2.Datum(channels=channels, height=height, width=width, data=pixels.tobytes(), label=1)
    with lmdb.open(str(path), map_size=1 << 24) as database, database.begin(write=True) as transaction:
        for key in (b"0", b"1"):
            transaction.put(key, datum.SerializeToString())


NETS_WITH_WEIGHTS = {
    "toy": """name: "Toy" layer { name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param {
          shape { dim: 4 dim: 2 dim: 5 dim: 3 } shape { dim: 4 } data_filler { value: 0.5 } data_filler { value: 2 } } }
        layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" param { name: "w" } param { lr_mult: 2 }
          convolution_param { num_output: 6 kernel_size: 3 weight_filler { type: "xavier" } } }
        layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
        layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip" inner_product_param { num_output: 3 } }
        layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }""",
    "shared": """layer { name: "x" type: "Input" top: "x" top: "y" input_param { shape { dim: 2 dim: 3 } } }
        layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" param { name: "w" } param { name: "b" }
          inner_product_param { num_output: 3 weight_filler { type: "msra" } } }
        layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" param { name: "w" } param { name: "b" }
          inner_product_param { num_output: 3 } }
        layer { name: "loss" type: "EuclideanLoss" bottom: "b" bottom: "y" top: "loss" }""",
}


def _save_weights(folder: Path) -> None:
    """Of each net a binary caffemodel and an HDF5 one, and the solverstates of solvers with one and two histories."""
    folder.mkdir()
    for name, text in NETS_WITH_WEIGHTS.items():
        (folder / f"{name}.prototxt").write_text(text)
        for kind in ("SGD", "Adam"):
            for form in ("BINARYPROTO", "HDF5"):
                fields = FULL_SOLVER.replace("net.prototxt", str(folder / f"{name}.prototxt"))
                param = caffe_pb2.SolverParameter()
                caffe.io.caffe_pb2  # noqa: B018
                from google.protobuf import text_format

                text_format.Parse(fields.replace("Adam", kind), param)
                param.snapshot_format = caffe_pb2.SolverParameter.SnapshotFormat.Value(form)
                param.snapshot_prefix = str(folder / f"{name}_{kind}")
                param.snapshot_diff = kind == "Adam"
                solver = get_solver(param)
                solver.step(1)
                solver.snapshot()


def weights(folder: Path) -> list[Weights]:
    """The files that `prepare` saved."""
    return [
        Weights(path, NETS_WITH_WEIGHTS[name], FULL_SOLVER.replace("Adam", kind))
        for path in sorted((folder / "weights").glob("*_iter_1.*"))
        for name, kind in [path.name.split("_")[:2]]
    ]


def link(folder: Path, prepared: Path) -> None:
    """Lets the paths of the nets be found from `folder`."""
    for name in ("files", "data", "demo"):
        if (prepared / name).exists():
            (folder / name).symlink_to(prepared / name)


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
