"""Snapshots between real Caffe and us, where shapes are odd: blobs without axes, shapes of four numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import real_caffe
from difference import largest_difference
from real_caffe import RealFolder, needs_real_caffe

import pycaffe_ext
from pycaffe_ext.errors import CaffeError
from pycaffe_ext.proto.caffe_pb2 import NetParameter, SolverState
from pycaffe_ext.proto.files import read_binary, write_binary

NET = """
layer { name: "d" type: "DummyData" top: "x" top: "y" dummy_data_param { shape { dim: [3, 4] } shape { dim: [3, 2] }
  data_filler { value: 0.7 } data_filler { value: -0.4 } } }
layer { name: "scale" type: "Scale" bottom: "x" top: "s" scale_param { num_axes: 0 bias_term: true } }
layer { name: "ip" type: "InnerProduct" bottom: "s" top: "ip" inner_product_param { num_output: 2
  weight_filler { value: 0.3 } bias_filler { value: 0.1 } } }
layer { name: "slope" type: "PReLU" bottom: "ip" top: "p" prelu_param { channel_shared: true } }
layer { name: "bias" type: "Bias" bottom: "p" top: "b" bias_param { num_axes: 0 filler { value: 0.25 } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "b" bottom: "y" top: "loss" }
"""
SOLVER = 'net: "net.prototxt" base_lr: 0.05 lr_policy: "fixed" momentum: 0.9 snapshot_diff: true max_iter: '
FORMATS = {"BINARYPROTO": "", "HDF5": ".h5"}


def _solver(real: RealFolder, prefix: str, last: int, form: str) -> Path:
    path = real.path / f"{prefix}.prototxt"
    path.write_text(f'{SOLVER} {last} snapshot_prefix: "{prefix}" snapshot_format: {form}')
    return path


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Iterator[RealFolder]:
    with real_caffe.folder() as found:
        monkeypatch.chdir(found.path)
        (found.path / "net.prototxt").write_text(NET)
        yield found


def _parameters(weights: str) -> dict[str, np.ndarray]:
    net = pycaffe_ext.Net("net.prototxt", pycaffe_ext.TRAIN, weights=weights)
    return {f"{name}/{i}": blob.data.copy() for name, blobs in net.params.items() for i, blob in enumerate(blobs)}


@needs_real_caffe
@pytest.mark.parametrize("form", FORMATS)
def test_training_goes_on_from_real_caffes_snapshot(real: RealFolder, form: str) -> None:
    end = FORMATS[form]
    real.run("caffe", "train", f"-solver={_solver(real, 'a', 2, form).name}")
    resumed = _solver(real, "b", 4, form)
    pycaffe_ext.get_solver(resumed.name).solve(f"a_iter_2.solverstate{end}")
    ours = _parameters(f"b_iter_4.caffemodel{end}")
    real.run("caffe", "train", f"-solver={resumed.name}", f"-snapshot=a_iter_2.solverstate{end}")
    theirs = _parameters(f"b_iter_4.caffemodel{end}")
    assert theirs["slope/0"].shape == ()
    for name, expected in theirs.items():
        assert largest_difference(ours[name], expected) < 1e-5, name


def _zero(message: Any) -> None:
    """Makes all numbers of a net's or state's blobs 0, so that the rest can be compared."""
    for blob in getattr(message, "history", None) or [blob for layer in message.layer for blob in layer.blobs]:
        blob.data[:], blob.diff[:] = [0] * len(blob.data), [0] * len(blob.diff)


@needs_real_caffe
def test_snapshots_are_real_caffes_but_for_the_last_bits_of_numbers(real: RealFolder) -> None:
    solver = _solver(real, "s", 3, "BINARYPROTO")
    files = {"s_iter_3.caffemodel": NetParameter, "s_iter_3.solverstate": SolverState}
    found = []
    for train in (lambda: real.run("caffe", "train", "-solver=s.prototxt"), pycaffe_ext.get_solver(solver.name).solve):
        train()
        found.append({name: read_binary(name, kind()) for name, kind in files.items()})
    for name in files:
        real_message, our_message = (messages[name] for messages in found)
        for message in (real_message, our_message):
            _zero(message)
        assert our_message.SerializeToString(deterministic=True) == real_message.SerializeToString(deterministic=True)


@needs_real_caffe
def test_a_state_whose_shapes_have_four_numbers(real: RealFolder) -> None:
    real.run("caffe", "train", f"-solver={_solver(real, 'a', 2, 'BINARYPROTO').name}")
    state = read_binary("a_iter_2.solverstate", SolverState())
    for blob in state.history:
        shape = list(blob.shape.dim)
        blob.ClearField("shape")
        blob.num, blob.channels, blob.height, blob.width = [1] * (4 - len(shape)) + shape
    write_binary("old.solverstate", state)
    resumed = _solver(real, "b", 4, "BINARYPROTO")
    pycaffe_ext.get_solver(resumed.name).solve("old.solverstate")
    ours = _parameters("b_iter_4.caffemodel")
    real.run("caffe", "train", f"-solver={resumed.name}", "-snapshot=old.solverstate")
    for name, expected in _parameters("b_iter_4.caffemodel").items():
        assert largest_difference(ours[name], expected) < 1e-5, name


@needs_real_caffe
def test_what_real_caffe_does_not_go_on_from(real: RealFolder) -> None:
    real.run("caffe", "train", f"-solver={_solver(real, 'a', 2, 'BINARYPROTO').name}")
    for change in (
        lambda state: setattr(state, "learned_net", ""),
        lambda state: state.history.pop(),
        lambda state: state.history[2].data.pop(),
    ):
        state = read_binary("a_iter_2.solverstate", SolverState())
        change(state)
        write_binary("wrong.solverstate", state)
        assert real.run("caffe", "train", "-solver=a.prototxt", "-snapshot=wrong.solverstate", check=False).returncode
        with pytest.raises(CaffeError):
            pycaffe_ext.get_solver("a.prototxt").restore("wrong.solverstate")
