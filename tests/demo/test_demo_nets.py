"""The nets of the demo fit each other, its data and its commands, and are the same nets in real Caffe."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import coins.draw
import cv2
import emblems.draw
import faces.draw
import lmdb
import numpy as np
import pytest
import real_caffe
from coins import play
from real_caffe import needs_real_caffe

import pycaffe_ext as caffe
from pycaffe_ext.model.load import read_net, read_solver
from pycaffe_ext.model.upgrade import needs_upgrade
from pycaffe_ext.proto.caffe_pb2 import NetParameter
from pycaffe_ext.proto.files import read_text

PROJECT = Path(__file__).parents[2]
NETS = PROJECT / "prototxt"
DATA = {"coins": coins.draw, "emblems": emblems.draw, "faces": faces.draw}
EACH_NET = pytest.mark.parametrize("name", DATA)


@EACH_NET
def test_files_are_of_current_form_and_fit_each_other(name: str) -> None:
    train_val, deploy = (
        read_text(NETS / name / f"{file}.prototxt", NetParameter()) for file in ("train_val", "deploy")
    )
    assert needs_upgrade(train_val) == needs_upgrade(deploy) == []
    assert [layer for layer in train_val.layer if layer.param] == [layer for layer in deploy.layer if layer.param]
    solver = read_solver(NETS / name / "solver.prototxt")
    assert solver.net == f"prototxt/{name}/train_val.prototxt"
    assert solver.snapshot_prefix == f"prototxt/{name}/{name}"


def test_surgery_makes_the_coins_net_of_the_emblems_net(tmp_path: Path) -> None:
    made = tmp_path / "train_val.prototxt"
    tool = [sys.executable, str(PROJECT / "tools/surgery.py"), str(NETS / "emblems/train_val.prototxt")]
    subprocess.run([*tool, *play.NEW_LAST_LAYER.split(), "-o", str(made)], check=True, capture_output=True)
    made.write_text(made.read_text().replace("demo/emblems", "demo/coins").replace("mirror: true", "mirror: false"))
    assert read_net(made) == read_net(NETS / "coins/train_val.prototxt")


def data_layers(name: str) -> list[Any]:
    return [layer for layer in read_net(NETS / name / "train_val.prototxt").layer if layer.type == "Data"]


@EACH_NET
def test_a_test_sees_each_held_out_picture_once(name: str) -> None:
    batch = next(layer.data_param.batch_size for layer in data_layers(name) if "/test_" in layer.data_param.source)
    assert read_solver(NETS / name / "solver.prototxt").test_iter[0] * batch == DATA[name].COUNTS["test"]


@pytest.mark.parametrize(("name", "script"), [("emblems", "coins/play.py"), ("faces", "faces/play.py")])
def test_the_demo_looks_for_the_weights_that_the_solver_writes(name: str, script: str) -> None:
    last = read_solver(NETS / name / "solver.prototxt").max_iter
    assert f"{name}_iter_{last}.caffemodel" in (PROJECT / "data" / script).read_text()


def picture(module: ModuleType) -> np.ndarray:
    content = next(iter(module.draw(1, 0, 0).values()))
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR).transpose(2, 0, 1)


def make_databases(folder: Path, name: str) -> None:
    """The databases that a net reads, two entries each."""
    image = picture(DATA[name])
    label = np.zeros((1, image.shape[1] // 4, image.shape[2] // 4), np.uint8)
    for layer in data_layers(name):
        path = folder / layer.data_param.source
        path.mkdir(parents=True)
        datum = caffe.io.array_to_datum(label if layer.data_param.source.endswith("labels_lmdb") else image, 0)
        with lmdb.open(str(path), map_size=1 << 24) as database, database.begin(write=True) as transaction:
            for key in (b"0", b"1"):
                transaction.put(key, datum.SerializeToString())


@EACH_NET
def test_the_nets_take_what_is_drawn(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_databases(tmp_path, name)
    monkeypatch.chdir(tmp_path)
    for phase in (caffe.TRAIN, caffe.TEST):
        net = caffe.Net(str(NETS / name / "train_val.prototxt"), phase)
        assert np.isfinite(net.forward()["loss"])
    shape = caffe.Net(str(NETS / name / "deploy.prototxt"), caffe.TEST).blobs["data"].data.shape
    assert shape == (1, *net.blobs["data"].data.shape[1:])


@needs_real_caffe
@EACH_NET
def test_real_caffe_has_the_same_net(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shape of each blob that a solver builds, and the probabilities for one picture."""
    code = f"""
import caffe, json, numpy
solver = caffe.get_solver('prototxt/{name}/solver.prototxt')
for net in (solver.net, solver.test_nets[0]):
    print(json.dumps({{blob: list(net.blobs[blob].shape) for blob in net.blobs}}))
deploy = caffe.Net('prototxt/{name}/deploy.prototxt', 'weights.caffemodel', caffe.TEST)
numpy.save('prob.npy', deploy.forward(data=numpy.load('data.npy'))['prob'])
"""
    with real_caffe.folder() as real:
        monkeypatch.chdir(real.path)
        shutil.copytree(NETS / name, real.path / "prototxt" / name)
        make_databases(real.path, name)
        deploy = caffe.Net(f"prototxt/{name}/deploy.prototxt", caffe.TEST)
        deploy.save("weights.caffemodel")
        shape = deploy.blobs["data"].data.shape
        pixels = picture(DATA[name])[None, :, : shape[2], : shape[3]].astype(np.float32)
        np.save("data.npy", (pixels - 110) / 64)
        printed = real.python(code).stdout.splitlines()
        ours = deploy.forward(data=np.load("data.npy"))["prob"]
        theirs = np.load("prob.npy")
        for line, phase in zip(printed, (caffe.TRAIN, caffe.TEST), strict=True):
            net = caffe.Net(f"prototxt/{name}/train_val.prototxt", phase)
            assert json.loads(line) == {blob: list(found.data.shape) for blob, found in net.blobs.items()}
    assert np.abs(ours - theirs).max() <= 2e-5 * np.abs(theirs).max()
    assert np.ptp(theirs) > 1e-4
