"""PairedData in real Caffe, as a Python layer, and in the torch engine, natively: the same batches to the last bit."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import real_caffe
from real_caffe import RealFolder, needs_real_caffe

import pycaffe_ext as caffe
from pycaffe_ext.datasets.datum import encoded_datum, raw_datum
from pycaffe_ext.datasets.images import encode
from pycaffe_ext.datasets.writer import writing_lmdb
from pycaffe_ext.engine.layers.paired_data import PairedData

pytestmark = needs_real_caffe

PACKAGE = Path(caffe.__file__).parent
BATCHES = 7
ALL = "random_scale: 0.6 1.7; random_rotation: 25; mirror: true; mirror_labels: 1:2; shuffle: true; seed: 5"
CASES = {  # databases, phase, settings beside
    "whole": ("same", "TRAIN", "batch_size: 2"),
    "centre": ("many", "TEST", f"batch_size: 3; crop_size: 16x12; mean_value: 104.5 117 123; scale: 0.017; {ALL}"),
    "crops": ("many", "TRAIN", "batch_size: 3; crop_size: 16x12; mirror: true; mirror_labels: 1:2, 4:3; seed: 4294967"),
    "larger": ("same", "TRAIN", "batch_size: 2; crop_size: 44x28; mean_value: 90; ignore_label: 9; seed: 3"),
    "everything": ("many", "TRAIN", f"batch_size: 4; crop_size: 20x24; mean_value: 104.5 117 123; scale: 0.017; {ALL}"),
    "one at a time": ("many", "TRAIN", "batch_size: 1; mirror: true; shuffle: true; seed: 8; threads: 1; prefetch: 2"),
    "quarter maps": ("quarter", "TRAIN", f"batch_size: 2; crop_size: 16x24; {ALL}"),
    "encoded, JSON": ("encoded", "TRAIN", '{"batch_size": 2, "crop_size": [9, 11], "random_rotation": 90, "seed": 1}'),
}  # fmt: skip
REAL = """
import os, sys, numpy, caffe
caffe.set_mode_cpu()
for name, phase in zip(sys.argv[2::2], sys.argv[3::2]):
    net = caffe.Net(name + '.prototxt', caffe.TRAIN if phase == 'TRAIN' else caffe.TEST)
    data, labels, shapes = [], [], []
    for _ in range(int(sys.argv[1])):
        net.forward()
        for blob, values in ((net.blobs['data'], data), (net.blobs['label'], labels)):
            values.append(blob.data.ravel().copy())
            shapes.append(blob.data.shape)
    numpy.savez(name + '.npz', data=numpy.concatenate(data), labels=numpy.concatenate(labels), shapes=shapes)
assert not {'torch', 'pycaffe_ext.proto.caffe_pb2'} & set(sys.modules)
children = open('/proc/self/task/%d/children' % os.getpid()).read().split()
assert len(children) == len(sys.argv[2::2]), children  # one reads ahead for each layer; Caffe frees no Python layer
"""


def write(folder: Path, name: str, images: list[bytes], maps: list[bytes]) -> None:
    for kind, values in (("images", images), ("maps", maps)):
        with writing_lmdb(folder / f"{name}_{kind}") as writer:
            for number, value in enumerate(values):
                writer.put(b"%08d" % number, value)


def text(source: str, settings: str) -> str:
    """The net; without the databases' names where the settings are JSON."""
    names = {"source": f"{source}_images", "label_source": f"{source}_maps"}
    if settings.startswith("{"):
        settings = "{" + "".join(f'"{key}": "{value}", ' for key, value in names.items()) + settings[1:]
    else:
        settings = "".join(f"{key}: {value}; " for key, value in names.items()) + settings
    return (
        'layer { name: "data" type: "Python" top: "data" top: "label" python_param {'
        f" module: 'pycaffe_ext.layers' layer: 'PairedData' param_str: '{settings}' }} }}"
    )


@pytest.fixture(scope="module")
def truth() -> Iterator[Callable[[str], tuple[RealFolder, Any]]]:
    random = np.random.default_rng(0)
    with real_caffe.folder() as real:
        shutil.copytree(PACKAGE, real.path / "pycaffe_ext", ignore=shutil.ignore_patterns("__pycache__", "engine"))
        for name, sizes, divisor in (
            ("same", [(30, 36)] * 5, 1),
            ("many", [(30 + n, 41 - 3 * n) for n in range(5)], 1),
            ("quarter", [(32, 44), (40, 28), (64, 36)], 4),
            ("encoded", [(21, 17), (19, 23), (18, 25)], 1),
        ):
            images = [cv2.blur(random.integers(0, 256, (*size, 3), np.uint8), (3, 3)) for size in sizes]
            maps = [random.integers(0, 6, (h // divisor, w // divisor), np.uint8) for h, w in sizes]
            made = [encoded_datum(encode(i, "jpg"), 0) if name == "encoded" else raw_datum(i, 0) for i in images]
            kept = [encoded_datum(encode(m, "png"), 0) if name == "encoded" else raw_datum(m, 0) for m in maps]
            write(real.path, name, made, kept)
        arguments = []
        for name, (source, phase, settings) in CASES.items():
            (real.path / f"{name}.prototxt").write_text(text(source, settings))
            arguments += [name, phase]
        real.python(REAL, str(BATCHES), *arguments)
        yield lambda name: (real, np.load(real.path / f"{name}.npz"))


@pytest.mark.parametrize("name", CASES)
def test_batches(truth: Callable[[str], tuple[RealFolder, Any]], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    real, expected = truth(name)
    monkeypatch.chdir(real.path)
    net = caffe.Net(f"{name}.prototxt", caffe.TRAIN if CASES[name][1] == "TRAIN" else caffe.TEST)
    assert isinstance(net.layers[0], PairedData)
    data, labels, shapes = [], [], []
    for _ in range(BATCHES):
        net.forward()
        for blob, values in ((net.blobs["data"], data), (net.blobs["label"], labels)):
            values.append(blob.data.ravel().copy())
            shapes.append(blob.data.shape)
    assert shapes == [tuple(shape) for shape in expected["shapes"]]
    assert np.array_equal(np.concatenate(labels), expected["labels"])
    assert np.concatenate(data).tobytes() == expected["data"].tobytes()


def test_the_caffe_command_trains_from_it(truth: Callable[[str], tuple[RealFolder, Any]]) -> None:
    real, _ = truth("quarter maps")
    net = text("quarter", "batch_size: 2; crop_size: 16x24; mirror: true; random_rotation: 9; shuffle: true; seed: 2")
    net += """
        layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param {
                num_output: 6 kernel_size: 4 stride: 4 weight_filler { type: "gaussian" std: 0.0001 } } }
        layer { name: "loss" type: "SoftmaxWithLoss" bottom: "conv" bottom: "label" top: "loss"
                loss_param { ignore_label: 255 } }"""
    (real.path / "train.prototxt").write_text(net)
    (real.path / "solver.prototxt").write_text(
        'net: "train.prototxt" base_lr: 1e-6 lr_policy: "fixed" max_iter: 6 display: 1 solver_mode: CPU'
        " snapshot_after_train: false random_seed: 1"
    )
    environment = {"PYTHONPATH": real.inside, "GLOG_minloglevel": "0", "GLOG_logtostderr": "1"}
    log = real.run("caffe", "train", "-solver", "solver.prototxt", env=environment).stderr
    losses = [float(line.split()[-1]) for line in log.splitlines() if "Iteration" in line and "loss =" in line]
    assert len(losses) == 7
    assert losses[0] == pytest.approx(np.log(6), abs=0.1)
    assert np.isfinite(losses).all()
