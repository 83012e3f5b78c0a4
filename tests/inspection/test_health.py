"""A net's health, against sums done by hand on a run beside it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from doctor.examine import conv, data, fc, images, layer, loss
from tool import tool

import pycaffe_ext as caffe
from pycaffe_ext.datasets.writer import writing_lmdb
from pycaffe_ext.inspection.health.advice import leap, odd_images, remarks
from pycaffe_ext.inspection.health.health import Health, Histogram, LayerHealth, Pass
from pycaffe_ext.inspection.health.runs import watch_net, watch_solver
from pycaffe_ext.model.load import read_solver
from pycaffe_ext.proto.caffe_pb2 import Datum

NET = (
    conv("conv1", "data", 4, "param { lr_mult: 2 }", kernel=3)
    + layer("relu1", "ReLU", "conv1", "conv1")
    + conv("conv2", "conv1", 5, "param { lr_mult: 0 } param { lr_mult: 0 }")
    + layer("relu2", "ReLU", "conv2", "relu2")
    + fc("fc", "relu2", 6)
    + loss("fc")
)


@pytest.fixture
def solver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A solver over seven images in batches of three; unit 2 of conv1 is dead in start.caffemodel."""
    monkeypatch.chdir(tmp_path)
    return write(tmp_path, images(tmp_path / "db", [0, 1, 2, 3, 4, 5, 0]))


def write(folder: Path, source: Path, net: str = NET, rate: float = 0.01) -> Path:
    (folder / "net.prototxt").write_text(data(str(source), transform="scale: 0.01") + net)
    (folder / "solver.prototxt").write_text(
        f'net: "{folder}/net.prototxt" base_lr: {rate} momentum: 0.9 weight_decay: 0.01 lr_policy: "fixed"\n'
        f'random_seed: 3 iter_size: 2 max_iter: 9 weights: "{folder}/start.caffemodel" snapshot: 1 test_iter: 1\n'
        "test_interval: 1"
    )
    caffe.set_random_seed(5)
    net = caffe.Net(str(folder / "net.prototxt"), caffe.TRAIN)
    if "conv1" in net.params:
        net.params["conv1"][1].data[2] = -1e4
    net.save(str(folder / "start.caffemodel"))
    return folder / "solver.prototxt"


def test_a_solvers_steps(solver: Path) -> None:
    health = watch_solver(read_solver(solver), 3)
    by_hand = caffe.get_solver(str(solver))
    gradients: dict[str, list[np.ndarray]] = {}
    updates: dict[str, list[float]] = {}
    active, shares, flows = np.zeros(4, int), [], []

    def look(index: int) -> None:
        if by_hand.net.layers[index].name == "relu1":
            top = by_hand.net.blobs["conv1"].data
            active[...] += (top > 0).any(axis=(2, 3)).sum(axis=0)
            shares.append((top > 0).mean())

    def look_back(index: int) -> None:
        if by_hand.net.layers[index].name == "fc":
            flows.append(np.linalg.norm(by_hand.net.blobs["fc"].diff.astype(float)))

    def keep() -> None:
        for name in ("conv1", "fc"):
            gradients.setdefault(name, []).append(by_hand.net.params[name][0].diff.copy() / 2)

    by_hand.net.after_forward(look)
    by_hand.net.before_backward(look_back)
    by_hand.add_callback(lambda: None, keep)
    by_hand.param.ClearField("test_iter")
    by_hand.param.ClearField("snapshot")
    for _ in range(3):
        before = {name: by_hand.net.params[name][0].data.astype(float) for name in ("conv1", "fc")}
        by_hand.step(1)
        for name, old in before.items():
            change = np.linalg.norm(old - by_hand.net.params[name][0].data)
            updates.setdefault(name, []).append(change / np.linalg.norm(old))

    conv1, conv2, last = health.layers
    assert [(one.name, one.rate, one.size) for one in health.layers] == [
        ("conv1", 2, 108),
        ("conv2", 0, 20),
        ("fc", 1, 1260),
    ]
    for found in (conv1, last):
        assert found.gradients == pytest.approx([np.sqrt((g**2).mean()) for g in gradients[found.name]], rel=1e-5)
        assert found.updates == pytest.approx(updates[found.name], rel=1e-3)
    assert last.flows == pytest.approx(flows, rel=1e-5)
    assert last.flow == pytest.approx(np.median(flows), rel=1e-5)
    assert (conv2.gradients, conv2.updates) == ([], [])
    weights = by_hand.net.params["fc"][0].data
    assert last.weights.rms == pytest.approx(np.sqrt((weights**2).mean()), rel=1e-5)
    assert last.weights.counts.sum() == weights.size and last.weights.limit == pytest.approx(abs(weights).max())
    unit = health.units[0]
    assert (unit.blob, unit.layer, unit.images) == ("conv1", "relu1", 18)
    assert unit.active.tolist() == active.tolist()
    assert 2 in unit.dead and 0 < len(unit.dead) < 4 and unit.dead == np.flatnonzero(active == 0).tolist()
    assert unit.share == pytest.approx(np.mean(shares))
    assert len(health.passes) == 6 and health.broken is None
    assert not [path for path in solver.parent.iterdir() if "iter" in path.name]


def test_a_nets_own_data_leaves_its_weights(solver: Path) -> None:
    net = caffe.Net(str(solver.parent / "net.prototxt"), caffe.TRAIN, weights=str(solver.parent / "start.caffemodel"))
    before = net.params["fc"][0].data.copy()
    health = watch_net(net, 2)
    assert np.array_equal(net.params["fc"][0].data, before)
    gradient = net.params["fc"][0].diff
    assert health.layers[2].gradients[1] == pytest.approx(np.sqrt((gradient**2).mean()), rel=1e-5)
    assert health.layers[2].gradient is not None and health.layers[2].gradient.counts.sum() == gradient.size
    assert health.layers[2].updates == []


def damaged(folder: Path, value: float) -> Path:
    """Seven images of floats, of which that of key 00000004 has one number like this."""
    random = np.random.default_rng(0)
    with writing_lmdb(folder / "bad") as writer:
        for number in range(7):
            pixels = random.uniform(0, 200, 3 * 8 * 9)
            pixels[17] = value if number == 4 else pixels[17]
            datum = Datum(channels=3, height=8, width=9, label=number % 6, float_data=pixels)
            writer.put(f"{number:08d}".encode(), datum.SerializeToString())
    return folder / "bad"


def test_nan_in_the_data(solver: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(solver.parent, damaged(solver.parent, float("nan")))
    assert tool("probe", monkeypatch)("health", path, "--batches", 9) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "first in the pass forward of batch 1 (counted from 0), made by layer 'data' in its top 'data'" in said
    assert f"It is in image 1 (00000004) of {solver.parent / 'bad'}" in said
    found = json.loads((solver.parent / "health_out/health.json").read_text())
    assert found["broken"] | {"what": 0} == {"stage": "forward", "layer": "data", "what": 0, "batch": 1, "images": [1]}


def test_an_image_that_makes_the_update_too_large(
    solver: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(solver.parent, damaged(solver.parent, 1e25))
    assert tool("probe", monkeypatch)("health", path, "--batches", 9) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "made by layer 'conv" in said or "made by layer 'fc'" in said or "made by layer 'loss'" in said
    assert f"The input of image 1 (00000004) of {solver.parent / 'bad'} in batch 1 is more than ten times" in said


def test_the_first_layer_that_overflows(tmp_path: Path) -> None:
    """A chain whose values leave float32 in its third layer: the second is the last of finite values."""
    chain = "".join(
        layer(f"power{i}", "Power", f"p{i}" if i else "data", f"p{i + 1}", "power_param { scale: 1e18 }")
        for i in range(4)
    )
    write(tmp_path, images(tmp_path / "db", [0, 1, 2]), chain + fc("fc", "p4", 6) + loss("fc"))
    health = watch_net(caffe.Net(str(tmp_path / "net.prototxt"), caffe.TRAIN), 2)
    assert health.broken is not None
    assert (health.broken.stage, health.broken.layer, health.broken.batch) == ("forward", "power2", 0)
    assert [name for name, _ in health.broken.largest] == ["data", "power0", "power1", "power2"]
    assert health.broken.images == (0, 1, 2)


def test_gradients_that_vanish(tmp_path: Path) -> None:
    chain = ""
    for i in range(8):
        chain += fc(f"fc{i}", f"s{i - 1}" if i else "data", 7) + layer(f"sigmoid{i}", "Sigmoid", f"fc{i}", f"s{i}")
    write(tmp_path, images(tmp_path / "db", [0, 1, 2]), chain + fc("last", "s7", 6) + loss("last"))
    health = watch_net(caffe.Net(str(tmp_path / "net.prototxt"), caffe.TRAIN), 2)
    (found,) = remarks(health)
    assert found.startswith("gradients vanish on their way down: ") and "at 'fc0' as at 'last'" in found


def test_remarks() -> None:
    def one(name: str, flow: float, update: float) -> LayerHealth:
        return LayerHealth(name, "Convolution", 3, 1, Histogram.of(np.ones(3)), None, [0.0], [flow], [update])

    said = remarks(Health([one("a", 1e5, 0.5), one("b", 1, 1e-7)], [], []))
    assert [text.split(":")[0] for text in said] == [
        "gradients explode on their way down",
        "each update is more than a tenth of the weights in 'a'",
        "each update is less than 0.00001 of the weights in 'b'",
        "no gradient reaches 'a', 'b'",
    ]


def test_leaps_and_odd_images() -> None:
    passes = [Pass(1.0, norm, ()) for norm in (1.0, 3.0, 2.0, None, 500.0, 9.0)]
    assert leap(passes) == (4, 250)
    assert leap(passes[:4]) is None
    inputs = [(1.0, 2.0), (25.0, 2.0, float("nan")), (3.0,)]
    assert odd_images([Pass(None, None, one) for one in inputs]) == [(1, [0, 2])]
    assert odd_images([Pass(None, None, ())]) == []


def test_histograms_count_everything_once() -> None:
    found = Histogram.of(np.array([-2.0, 0.5, 2.0, np.nan, np.inf]), bins=4)
    assert (found.limit, found.counts.tolist(), found.broken) == (2, [1, 0, 1, 1], 2)
    assert found.rms == pytest.approx(np.sqrt((4 + 0.25 + 4) / 3))


def test_bad_options(solver: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool("probe", monkeypatch)("health", solver, "--batches", 0) == 2
    assert "at least 1 of steps is needed, not 0" in capsys.readouterr().err
    (solver.parent / "blind.prototxt").write_text(data(str(solver.parent / "db")) + conv("conv1", "data", 4))
    assert tool("probe", monkeypatch)("health", solver.parent / "blind.prototxt") == 2
    assert "has no loss: there is nothing to learn from" in capsys.readouterr().err
