"""The memory estimate, against what the engine holds, and against the GPU's size."""

from __future__ import annotations

from math import prod
from pathlib import Path

import pytest
from doctor.examine import ROOT, conv, data, fc, findings, given, images, layer, loss, report

from pycaffe_ext.doctor import Case, Severity
from pycaffe_ext.doctor.memory_estimate import estimate
from pycaffe_ext.doctor.solver_file import SolverFile
from pycaffe_ext.text import Document

VIEWS = ("Split", "Reshape", "Flatten")
NET = (
    conv("conv1", "data", 4, kernel=3)
    + layer("relu1", "ReLU", "conv1", "conv1")
    + layer("pool1", "Pooling", "conv1", "pool1", "pooling_param { kernel_size: 2 stride: 2 }")
    + conv("conv2", "pool1", 5, "param { lr_mult: 0 }")
    + layer("sum", "Eltwise", "conv2 conv2", "sum")
    + fc("fc", "sum", 6)
    + loss("fc")
)


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_parts_as_the_engine_has_them(tmp_path: Path, kind: str) -> None:
    """After one step: tops, parameters, diffs and history that the engine's solver holds."""
    import pycaffe_ext as caffe

    source = str(images(tmp_path / "db", [0, 1, 2, 3, 4, 5]))
    (tmp_path / "net.prototxt").write_text(data(source) + NET)
    (tmp_path / "solver.prototxt").write_text(
        f'net: "{tmp_path / "net.prototxt"}" base_lr: 0 lr_policy: "fixed" type: "{kind}" max_iter: 1\n'
        f"test_iter: 1 test_interval: 9 test_initialization: false snapshot_after_train: false"
    )
    solver = caffe.get_solver(str(tmp_path / "solver.prototxt"))
    solver.step(1)
    case = Case(Document.read(tmp_path / "net.prototxt"), solver=SolverFile(tmp_path / "solver.prototxt"))
    found = estimate(case)
    assert found is not None and (found.purpose, found.batch_size) == ("to train", 3)
    blobs = {
        name: blob
        for place, one in enumerate(solver.net.layers)
        if one.type not in VIEWS
        for name, blob in (
            (name, solver.net.blobs[name]) for name in solver.net.top_names[solver.net._layer_names[place]]
        )
    }
    assert found.parts["blobs"] == found.parts["test net"] == 4 * sum(blob.data.size for blob in blobs.values())
    params = [blob for one in solver.net.layers for blob in one.blobs]
    assert found.parts["parameters"] == 4 * sum(blob.data.size for blob in params)
    learned = [blob for one, frozen in zip(params, [0, 0, 1, 0, 0, 0], strict=True) if not frozen for blob in [one]]
    history = {"SGD": 1, "Adam": 2}[kind]
    assert found.parts["their diffs and history"] == 4 * (1 + history) * sum(blob.data.size for blob in learned)
    places = prod(solver.net.blobs["conv1"].data.shape[2:])
    assert found.parts["im2col"] == 2 * 4 * 3 * 9 * places  # of conv1 alone, in both nets


def test_diffs_begin_where_something_learns(tmp_path: Path) -> None:
    frozen = "param { lr_mult: 0 } param { lr_mult: 0 }"
    body = given("data 2 3 8 9", "label 2") + conv("one", "data", 4, frozen) + fc("two", "one", 5) + loss("two")
    found = estimate(Case(Document(body, "net.prototxt")))
    assert found is not None and found.parts["their diffs"] == 4 * (2 * 5 + 1)


def test_a_known_net() -> None:
    """CaffeNet's 60,965,224 parameters; 227 x 227 images."""
    found = estimate(Case(Document.read(ROOT / "prototxt/caffenet/deploy.prototxt")))
    assert found is not None and found.purpose == "to predict"
    assert found.parts["parameters"] == 4 * 60_965_224


def test_against_the_gpu(tmp_path: Path) -> None:
    net = data(str(images(tmp_path / "db", [0, 1, 2, 3, 4, 5]))) + NET
    whole = estimate(Case(Document(net, str(tmp_path / "net.prototxt"))))
    assert whole is not None
    assert not findings(tmp_path, "memory", net, gpu_memory=2.0 * whole.total)
    (tight,) = findings(tmp_path, "memory", net, gpu_memory=1.05 * whole.total)
    (over,) = findings(tmp_path, "memory", net, gpu_memory=0.99 * whole.total)
    assert (tight.severity, over.severity) == (Severity.WARNING, Severity.ERROR)
    assert "A batch_size of 2 fits; iter_size: 2" in over.remedy
    (none,) = findings(tmp_path, "memory", net, gpu_memory=0.01 * whole.total)
    assert "test net" in none.remedy
    assert "memory" in report(tmp_path, net).not_checked
