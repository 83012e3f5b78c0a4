"""Python layers: called as pycaffe calls them, and loaded only where the user allows it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import real_caffe
from real_caffe import needs_real_caffe

import pycaffe_ext as caffe
from pycaffe_ext.engine import python_layers
from pycaffe_ext.errors import NetError, UnknownNameError

CALLS = Path(__file__).with_name("python_layer_calls.py")
AS_CAFFE = (
    "import sys, runpy, pycaffe_ext; sys.modules['caffe'] = pycaffe_ext; runpy.run_path(sys.argv[1], None, '__main__')"
)


class Doubling(caffe.Layer):  # type: ignore[misc]
    def setup(self, bottom: Any, top: Any) -> None:
        self.factor = 2

    def reshape(self, bottom: Any, top: Any) -> None:
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom: Any, top: Any) -> None:
        top[0].data[...] = self.factor * bottom[0].data


def net_of(folder: Path, layer: str = "Doubling", module: str = __name__) -> Any:
    (folder / "net.prototxt").write_text(f"""
        force_backward: true
        layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 2 dim: 3 }} }} }}
        layer {{ name: "script" type: "Python" bottom: "x" top: "y"
                 python_param {{ module: "{module}" layer: "{layer}" }} }}""")
    return caffe.Net(folder / "net.prototxt", caffe.TEST)


def calls_and_numbers(output: str) -> tuple[list[Any], list[Any]]:
    found = json.loads(output)
    return found["calls"], found["numbers"]


@needs_real_caffe
def test_layers_are_called_as_in_real_caffe(tmp_path: Path) -> None:
    with real_caffe.folder() as real:
        real_calls, real_numbers = calls_and_numbers(real.python(CALLS).stdout)
    done = subprocess.run(
        [sys.executable, "-c", AS_CAFFE, str(CALLS)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    calls, numbers = calls_and_numbers(done.stdout)
    assert calls == real_calls
    assert_close(numbers, real_numbers)


def assert_close(ours: Any, real: Any) -> None:
    """Numbers at the leaves of lists and dictionaries."""
    if isinstance(real, dict):
        assert ours.keys() == real.keys()
        for key in real:
            assert_close(ours[key], real[key])
    elif isinstance(real, list):
        assert len(ours) == len(real)
        for our, other in zip(ours, real, strict=True):
            assert_close(our, other)
    else:
        assert ours == pytest.approx(real, rel=1e-5, abs=1e-6)


def test_layer_of_the_net_is_the_script_s_object(tmp_path: Path) -> None:
    net = net_of(tmp_path)
    net.blobs["x"].data[...] = 1
    assert net.layers[1].factor == 2
    net.layers[1].factor = 5
    assert np.array_equal(net.forward()["y"], np.full((2, 3), 5))
    with pytest.raises(AttributeError, match="nothing"):
        _ = net.layers[1].nothing


def test_missing_backward_is_named(tmp_path: Path) -> None:
    net = net_of(tmp_path)
    net.forward()
    with pytest.raises(NetError, match="layer 'script': class Doubling defines no method backward"):
        net.backward()


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module that nobody has imported yet."""
    (tmp_path / "a_strangers_layers.py").write_text(
        "import pycaffe_ext as caffe\n"
        "class Sum(caffe.Layer):\n"
        "    def setup(self, bottom, top): pass\n"
        "    def reshape(self, bottom, top): top[0].reshape()\n"
        "    def forward(self, bottom, top): top[0].data[...] = bottom[0].data.sum()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(python_layers._State, "allowed", False)
    monkeypatch.delitem(sys.modules, "a_strangers_layers", raising=False)
    return "a_strangers_layers"


def test_code_that_only_the_net_names_does_not_run(tmp_path: Path, stranger: str) -> None:
    with pytest.raises(NetError, match="layer 'script': would run code of Python module 'a_strangers_layers'"):
        net_of(tmp_path, "Sum", stranger)
    assert stranger not in sys.modules


def test_it_runs_when_allowed_by_a_call(tmp_path: Path, stranger: str) -> None:
    caffe.allow_python_layers()
    net = net_of(tmp_path, "Sum", stranger)
    net.blobs["x"].data[...] = 1
    assert net.forward()["y"] == 6


def test_it_runs_when_allowed_by_the_environment(
    tmp_path: Path, stranger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYCAFFE_EXT_ALLOW_PYTHON_LAYERS", "1")
    assert net_of(tmp_path, "Sum", stranger).layers[1].type == "Python"


def test_module_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_layers._State, "allowed", True)
    with pytest.raises(NetError, match="layer 'script': cannot import 'not_there'"):
        net_of(tmp_path, "Sum", "not_there")


@pytest.mark.parametrize("module", ["", ".relative", "a/b", "a..b"])
def test_odd_module_names_are_refused(tmp_path: Path, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_layers._State, "allowed", True)
    with pytest.raises(NetError, match="is no name of a Python module"):
        net_of(tmp_path, "Sum", module)


def test_only_classes_derived_from_layer_are_made(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'Doubling'"):
        net_of(tmp_path, "Doublin")
    with pytest.raises(UnknownNameError, match="'system'"):
        net_of(tmp_path, "system", "os")
    with pytest.raises(UnknownNameError, match="'Layer'"):
        net_of(tmp_path, "Layer", "pycaffe_ext.engine.python_layers")


def test_the_layer_of_a_net_is_the_scripts_object(tmp_path: Path) -> None:
    net = net_of(tmp_path, "Doubling")
    found = net.layers[1]
    assert isinstance(found, Doubling)
    assert all(isinstance(layer, caffe.Layer) for layer in net.layers)
    assert not isinstance(net.layers[0], Doubling)
