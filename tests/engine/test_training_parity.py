"""Training side by side with real Caffe: the same database, the same weights, the same steps."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lmdb
import numpy as np
import pytest
import real_caffe
from difference import largest_difference
from real_caffe import RealFolder, needs_real_caffe

import pycaffe_ext
from pycaffe_ext.proto import caffe_pb2
from pycaffe_ext.proto.blobs import blob_to_array
from pycaffe_ext.proto.files import read_binary

pytestmark = needs_real_caffe

TOLERANCE = 2e-3  # of each parameter's largest value
STEPS = 25
ITEMS, CLASSES = 40, 5
SNAPSHOT = 10  # after whole epochs: a solver that resumes begins the database anew

NET = """
layer {
  name: "data" type: "Data" top: "data" top: "label"
  data_param { source: "db" backend: LMDB batch_size: %d }
  transform_param { scale: 0.01 mean_value: 120 mean_value: 130 mean_value: 110 }
}
layer {
  name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  convolution_param {
    num_output: 8 kernel_size: 3 pad: 1
    weight_filler { type: "gaussian" std: 0.3 } bias_filler { type: "constant" value: 0.1 }
  }
}
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer {
  name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { pool: MAX kernel_size: 3 stride: 2 }
}
layer { name: "norm1" type: "LRN" bottom: "pool1" top: "norm1" lrn_param { local_size: 3 alpha: 0.5 } }
layer {
  name: "conv2" type: "Convolution" bottom: "norm1" top: "conv2"
  convolution_param {
    num_output: 12 kernel_size: 3 stride: 2 group: 2 bias_term: false weight_filler { type: "msra" }
  }
}
layer { name: "bn2" type: "BatchNorm" bottom: "conv2" top: "conv2" batch_norm_param { moving_average_fraction: 0.9 } }
layer { name: "scale2" type: "Scale" bottom: "conv2" top: "conv2" scale_param { bias_term: true } }
layer { name: "relu2" type: "ReLU" bottom: "conv2" top: "conv2" relu_param { negative_slope: 0.1 } }
layer { name: "pool2" type: "Pooling" bottom: "conv2" top: "pool2" pooling_param { pool: AVE kernel_size: 2 } }
layer {
  name: "ip" type: "InnerProduct" bottom: "pool2" top: "ip"
  param { lr_mult: 10 } param { lr_mult: 20 decay_mult: 0 }
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } bias_filler { type: "constant" value: 0.2 } }
}
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""

SOLVER = """
net: "net.prototxt" base_lr: 0.02 momentum: 0.9 weight_decay: 0.005 max_iter: 1000
lr_policy: "step" stepsize: 8 gamma: 0.5 snapshot_prefix: "%s" solver_mode: CPU %s
"""

VARIANTS = {  # batch size, further solver settings
    "plain": (8, ""),
    "iter_size": (4, "iter_size: 2"),
    "clipped_l1": (8, 'clip_gradients: 0.5 regularization_type: "L1"'),
}


def run_solver(caffe: Any, solver_file: str, start: str, steps: str) -> None:
    """Trains from a caffemodel, or goes on from a solverstate; snapshots at the end."""
    solver = caffe.SGDSolver(solver_file)
    if start.endswith(".solverstate"):
        solver.restore(start)
    else:
        solver.net.copy_from(start)
    solver.step(int(steps))
    solver.snapshot()


class Trainer:
    """Both engines over one folder: database, net, initial weights."""

    def __init__(self, real: RealFolder, batch_size: int, settings: str) -> None:
        self.real = real
        write_database(real.path / "db")
        (real.path / "net.prototxt").write_text(NET % batch_size)
        self._settings = settings
        pycaffe_ext.set_random_seed(1)
        pycaffe_ext.Net("net.prototxt", pycaffe_ext.TRAIN).save("start.caffemodel")

    def train(self, engine: str, start: str, steps: int, *, name: str = "") -> str:
        """Returns the prefix of the snapshot that `engine` leaves, `steps` after `start`."""
        prefix = name or engine
        (self.real.path / f"{prefix}.prototxt").write_text(SOLVER % (prefix, self._settings))
        arguments = (f"{prefix}.prototxt", start, str(steps))
        if engine == "real":
            code = f"from typing import Any\nimport sys, caffe\n{inspect.getsource(run_solver)}"
            one_thread = {"OPENBLAS_NUM_THREADS": "1"}
            self.real.python(f"{code}\nrun_solver(caffe, *sys.argv[1:])", *arguments, env=one_thread)
        else:
            run_solver(pycaffe_ext, *arguments)
        before = int(start.split("_iter_")[1].split(".")[0]) if "_iter_" in start else 0
        return f"{prefix}_iter_{before + steps}"


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[RealFolder]:
    with real_caffe.folder() as real:
        monkeypatch.chdir(real.path)
        yield real


def write_database(path: Path) -> None:
    """Images whose colours and stripes follow from their class, with noise."""
    random = np.random.RandomState(0)
    with lmdb.open(str(path), map_size=1 << 20) as env, env.begin(write=True) as transaction:
        for i in range(ITEMS):
            label = i * 3 % CLASSES
            image = random.normal(120, 40, (3, 13, 11))
            image[label % 3, :, label::3] += 40
            pixels = image.clip(0, 255).astype(np.uint8)
            datum = caffe_pb2.Datum(channels=3, height=13, width=11, label=label, data=pixels.tobytes())
            transaction.put(f"{i:08d}".encode(), datum.SerializeToString())


def parameters(caffemodel: str) -> dict[str, np.ndarray]:
    net = read_binary(caffemodel, caffe_pb2.NetParameter())
    return {f"{layer.name}[{i}]": blob_to_array(blob) for layer in net.layer for i, blob in enumerate(layer.blobs)}


def assert_same_parameters(ours: str, real: str) -> None:
    a, b = parameters(f"{ours}.caffemodel"), parameters(f"{real}.caffemodel")
    assert a.keys() == b.keys()
    differences = {name: largest_difference(a[name], b[name]) for name in b}
    assert max(differences.values()) <= TOLERANCE, differences


@pytest.mark.parametrize(("batch_size", "settings"), VARIANTS.values(), ids=VARIANTS)
def test_25_steps(folder: RealFolder, batch_size: int, settings: str) -> None:
    trainer = Trainer(folder, batch_size, settings)
    real = trainer.train("real", "start.caffemodel", STEPS)
    ours = trainer.train("ours", "start.caffemodel", STEPS)
    moved = largest_difference(parameters("start.caffemodel")["conv1[0]"], parameters(f"{real}.caffemodel")["conv1[0]"])
    assert moved > 20 * TOLERANCE  # a solver that does nothing must not pass
    assert_same_parameters(ours, real)
    states = [read_binary(f"{prefix}.solverstate", caffe_pb2.SolverState()) for prefix in (ours, real)]
    assert states[0].iter == states[1].iter == STEPS
    assert states[0].current_step == states[1].current_step == STEPS // 8
    histories = [[blob_to_array(blob) for blob in state.history] for state in states]
    assert all(largest_difference(a, b) <= TOLERANCE for a, b in zip(*histories, strict=True) if b.any())


@pytest.mark.parametrize("first", ["real", "ours"])
@pytest.mark.parametrize("then", ["real", "ours"])
def test_a_snapshot_is_continued_by_either_engine(folder: RealFolder, first: str, then: str) -> None:
    trainer = Trainer(folder, *VARIANTS["plain"])
    straight = trainer.train("real", "start.caffemodel", STEPS, name="straight")
    snapshot = trainer.train(first, "start.caffemodel", SNAPSHOT, name="first")
    resumed = trainer.train(then, f"{snapshot}.solverstate", STEPS - SNAPSHOT, name="then")
    assert_same_parameters(resumed, straight)
