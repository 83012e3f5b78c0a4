"""Our log of a job against what real Caffe's `caffe train` prints for the same solver, weights and database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import lmdb
import numpy as np
import pytest
import real_caffe
from real_caffe import RealFolder, needs_real_caffe

import pycaffe_ext
from pycaffe_ext import jobs
from pycaffe_ext.proto import caffe_pb2

pytestmark = needs_real_caffe

NET = """
name: "Small"
layer { name: "data" type: "Data" top: "data" top: "label"
  data_param { source: "db" backend: LMDB batch_size: 4 } transform_param { scale: 0.02 mean_value: 128 } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 6 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" loss_weight: 0.5 }
"""

SOLVER = """
net: "net.prototxt" base_lr: 0.05 momentum: 0.9 lr_policy: "multistep" gamma: 0.3 stepvalue: 3 stepvalue: 5
snapshot_prefix: "%s" solver_mode: CPU weights: "start.caffemodel" %s
"""

VARIANTS = {
    "plain": "test_iter: 3 test_interval: 3 display: 1 max_iter: 9 snapshot: 4",
    "smoothed": "test_iter: 3 test_interval: 2 display: 2 max_iter: 8 average_loss: 3 iter_size: 2 snapshot: 8",
    "no first test": "test_iter: 2 test_interval: 4 test_initialization: false test_compute_loss: true display: 3"
    " max_iter: 7 snapshot_after_train: false",
    "two test nets": "test_iter: 2 test_iter: 1 test_interval: 5 display: 4 max_iter: 5",
}

Line = tuple[str, float]  # what a line says, and its number


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[RealFolder]:
    with real_caffe.folder() as real:
        monkeypatch.chdir(real.path)
        write_database(real.path / "db")
        (real.path / "net.prototxt").write_text(NET)
        pycaffe_ext.set_random_seed(3)
        pycaffe_ext.Net("net.prototxt", pycaffe_ext.TRAIN).save("start.caffemodel")
        yield real


def write_database(path: Path) -> None:
    random = np.random.default_rng(0)
    with lmdb.open(str(path), map_size=1 << 20) as env, env.begin(write=True) as transaction:
        for i in range(26):
            pixels = random.integers(0, 256, (1, 6, 5), dtype=np.uint8)
            datum = caffe_pb2.Datum(channels=1, height=6, width=5, label=i % 3, data=pixels.tobytes())
            transaction.put(f"{i:08d}".encode(), datum.SerializeToString())


PATTERNS = {  # of the lines that real Caffe prints
    "train {}": r"Iteration (\d+)(?: \(.*\))?, loss = (\S+)$",
    "train output {}": r"Train net output #\d+: (\S+) = (\S+)",
    "lr {}": r"Iteration (\d+), lr = (\S+)$",
    "testing {}": r"Iteration (\d+), Testing net \(#(\d+)\)$",
    "test loss{}": r"Test loss:( )(\S+)$",
    "test output {}": r"Test net output #\d+: (\S+) = (\S+)",
    "snapshot {}": r"Snapshotting to binary proto file (\S+_iter_(\d+)\.caffemodel)$",
}


def real_lines(log: str) -> list[Line]:
    found = [
        (kind.format(match[1]).strip(), float(match[2]))
        for line in log.splitlines()
        for kind, pattern in PATTERNS.items()
        if (match := re.search(pattern, line))
    ]
    assert found, log
    return found


def our_lines(events: list[jobs.Event]) -> list[Line]:
    lines: list[Line] = []
    for event in events:
        if isinstance(event, jobs.Stepped) and event.displayed:
            lines.append((f"train {event.iteration}", event.smoothed_loss))
            lines += [(f"train output {output.name}", output.value) for output in event.outputs]
            lines.append((f"lr {event.iteration}", event.rate))
        elif isinstance(event, jobs.Testing):
            lines.append((f"testing {event.iteration}", event.net))
        elif isinstance(event, jobs.Tested):
            if event.loss is not None:
                lines.append(("test loss", event.loss))
            lines += [(f"test output {output.name}", output.value) for output in event.outputs]
        elif isinstance(event, jobs.Snapshotted):
            lines.append((f"snapshot {event.weights}", event.iteration))
        elif isinstance(event, jobs.LastPass):
            lines.append((f"train {event.iteration}", event.smoothed_loss))
    return lines


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
def test_same_lines(folder: RealFolder, settings: str) -> None:
    (folder.path / "solver.prototxt").write_text(SOLVER % ("small", settings))
    log = folder.run("caffe", "train", "-solver", "solver.prototxt", env={"GLOG_minloglevel": "0"}).stderr
    events: list[jobs.Event] = []
    jobs.train("solver.prototxt", listeners=[events.append])
    ours, real = our_lines(events), real_lines(log)
    assert [text for text, _ in ours] == [text for text, _ in real]
    assert [number for _, number in ours] == pytest.approx([number for _, number in real], rel=1e-5, abs=1e-5)
