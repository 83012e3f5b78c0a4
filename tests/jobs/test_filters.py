"""--renormalise-filters: what it changes, what it leaves, the same on both engines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from jobs import toy
from jobs.test_real_caffe_engine import REAL, parameters
from real_caffe import needs_real_caffe
from tool import tool

from pycaffe_ext import jobs
from pycaffe_ext.engine.solver import get_solver
from pycaffe_ext.errors import CaffeError
from pycaffe_ext.jobs.filters import limits_for, parse_limits
from pycaffe_ext.jobs.plan import LayerPlan, NetPlan

LIMIT = 0.2


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rms(weights: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(weights.reshape(len(weights), -1), dtype=float).mean(axis=1))


def train(limits: dict[str, float] | None, out: str, iterations: int, **options: object) -> list[np.ndarray]:
    """conv's weights and biases, ip's weights and biases."""
    result = jobs.train(
        "solver.prototxt",
        weights="start.caffemodel",
        out=out,
        iterations=iterations,
        filter_limits=limits,
        **options,  # type: ignore[arg-type]
    )
    return parameters(result.files[0])


def start(folder: Path, **settings: object) -> np.ndarray:
    """Writes net, solver and weights, in which filters 0 to 2 are below the limit and 3 to 5 above it."""
    solver = get_solver(toy.write(folder, momentum=0.9, **settings))
    weights = solver.net.params["conv"][0].data
    weights *= (np.array([0.05, 0.1, 0.15, 0.25, 0.5, 1]) / rms(weights))[:, None, None, None]
    solver.net.save("start.caffemodel")
    return np.array(weights)


def test_one_step(folder: Path) -> None:
    before = start(folder)
    free, limited = train(None, "free", 1), train({"": LIMIT}, "limited", 1)
    sizes = rms(free[0])
    assert (sizes[3:] > LIMIT).all() and (sizes[:3] < LIMIT).all()
    assert not np.array_equal(free[0], before)
    np.testing.assert_array_equal(limited[0][:3], free[0][:3])  # small filters are as without
    expected = free[0][3:] * (LIMIT / sizes[3:])[:, None, None, None]
    np.testing.assert_allclose(limited[0][3:], expected, rtol=1e-6)
    for mine, theirs in zip(limited[1:], free[1:], strict=True):
        np.testing.assert_array_equal(mine, theirs)  # biases, and other layers


def test_after_each_step_no_filter_is_larger(folder: Path) -> None:
    start(folder)
    seen = []

    def look(event: jobs.Event) -> None:
        if isinstance(event, jobs.Snapshotted):
            seen.append(rms(parameters(event.weights)[0]))

    train({"conv": LIMIT}, "out", 8, listeners=[look])
    assert len(seen) == 2
    assert all((sizes <= LIMIT * (1 + 1e-6)).all() and np.isclose(sizes[3:], LIMIT).all() for sizes in seen)


def test_frozen_filters_stay(folder: Path) -> None:
    before = start(folder, conv_rate=0)
    with pytest.raises(CaffeError, match="no convolution learns whose filters could be renormalised"):
        train({"": LIMIT}, "out", 1)
    np.testing.assert_array_equal(train(None, "out", 1)[0], before)


def test_the_command(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    start(folder)
    train, options = tool("train", monkeypatch), ("solver.prototxt", "--weights", "start.caffemodel", "--quiet")
    assert train(*options, "--iterations", 1, "--renormalise-filters", f"conv={LIMIT}") == 0
    assert rms(parameters("toy_iter_1.caffemodel")[0])[3:] == pytest.approx([LIMIT] * 3)
    assert train(*options, "--renormalise-filters", "ip=0.1", "--dry-run") == 2
    assert "layer 'ip': is InnerProduct" in capsys.readouterr().err


@needs_real_caffe
def test_real_caffe_does_the_same(folder: Path) -> None:
    start(folder)
    ours, real = train({"": LIMIT}, "ours", 8), train({"": LIMIT}, "real", 8, **REAL)
    assert rms(real[0]).max() == pytest.approx(LIMIT)
    for mine, theirs in zip(ours, real, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


def net() -> NetPlan:
    layers = [
        LayerPlan("data", "Data", ((2, 3, 4, 5),), (), ()),
        LayerPlan("conv1", "Convolution", (), ((6, 3, 2, 2), (6,)), (0, 0)),
        LayerPlan("conv2", "Convolution", (), ((7, 6, 1, 1), (7,)), (1, 2)),
        LayerPlan("conv3", "Convolution", (), ((8, 7, 1, 1),), (1,)),
        LayerPlan("fc", "InnerProduct", (), ((9, 8),), (1,)),
    ]
    return NetPlan("net", 2, tuple(layers), {})


def test_which_layers() -> None:
    assert limits_for(net(), parse_limits(["0.1"])) == {"conv2": 0.1, "conv3": 0.1}
    assert limits_for(net(), parse_limits(["0.1", "conv3=2"])) == {"conv2": 0.1, "conv3": 2}
    assert limits_for(net(), parse_limits(["conv2=.5"])) == {"conv2": 0.5}
    assert limits_for(net(), {}) == {}


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["conv4=0.1"], "no layer 'conv4'; did you mean 'conv3' or 'conv2' or 'conv1'"),
        (["fc=0.1"], "layer 'fc': is InnerProduct; the filters of Convolution layers can be renormalised"),
        (["conv1=0.1"], "layer 'conv1': is frozen"),
        (["conv2=x"], "takes a number above 0, or LAYER=NUMBER, not 'conv2=x'"),
        (["-1"], "takes a number above 0"),
        (["nan"], "takes a number above 0"),
        (["0.1", "0.2"], "names all layers twice"),
    ],
)
def test_bad_options(texts: list[str], said: str) -> None:
    with pytest.raises(CaffeError) as error:
        limits_for(net(), parse_limits(texts))
    assert said in str(error.value)
