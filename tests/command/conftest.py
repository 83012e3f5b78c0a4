"""A small training on an LMDB, for tests of the commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import lmdb
import numpy as np
import pytest

from pycaffe_ext import glog
from pycaffe_ext.proto import caffe_pb2

NET = """\
name: "Small"
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN }
  transform_param { scale: 0.00390625 } data_param { source: "images" batch_size: 8 backend: LMDB } }
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TEST }
  transform_param { scale: 0.00390625 } data_param { source: "images" batch_size: 10 backend: LMDB } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" param { lr_mult: 1 } param { lr_mult: 2 }
  convolution_param { num_output: 5 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "ip1" type: "InnerProduct" bottom: "pool1" top: "ip1"
  inner_product_param { num_output: 12 weight_filler { type: "xavier" } } }
layer { name: "relu1" type: "ReLU" bottom: "ip1" top: "ip1" }
layer { name: "ip2" type: "InnerProduct" bottom: "ip1" top: "ip2"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "accuracy" type: "Accuracy" bottom: "ip2" bottom: "label" top: "accuracy" include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip2" bottom: "label" top: "loss" loss_weight: 0.5 }
"""

SOLVER = """\
net: "net.prototxt"
test_iter: 4
test_interval: 20
base_lr: 0.1
momentum: 0.9
weight_decay: 0.0005
lr_policy: "multistep"
gamma: 0.1
stepvalue: 15
stepvalue: 30
display: 5
max_iter: 40
snapshot: 20
snapshot_prefix: "small"
solver_mode: CPU
test_compute_loss: true
"""


def _write(folder: Path) -> None:
    """Puts net.prototxt, solver.prototxt and the LMDB `images` (40 of 1 x 12 x 12, 4 classes) into a folder."""
    (folder / "net.prototxt").write_text(NET)
    (folder / "solver.prototxt").write_text(SOLVER)
    random = np.random.default_rng(0)
    patterns = random.integers(0, 200, (4, 12, 12))
    with lmdb.open(str(folder / "images"), map_size=1 << 24) as database, database.begin(write=True) as writing:
        for i in range(40):
            pixels = (patterns[i % 4] + random.integers(0, 56, (12, 12))).astype(np.uint8)
            datum = caffe_pb2.Datum(channels=1, height=12, width=12, label=i % 4, data=pixels.tobytes())
            writing.put(f"{i:08d}".encode(), datum.SerializeToString())


@pytest.fixture
def write_job() -> Callable[[Path], None]:
    """Puts the small training into a folder."""
    return _write


@pytest.fixture
def job_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a new one that holds the small training."""
    _write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def _whole_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every line is logged, on standard error alone, whatever the test before has asked for."""
    monkeypatch.delenv("GLOG_minloglevel", raising=False)
    yield
    glog.close()
