"""The state that LSTM and RNN carry from one forward pass to the next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import real_caffe
from real_caffe import needs_real_caffe

import pycaffe_ext

# Python that 3.9 can read too; run with real Caffe as `caffe`, and here with ours.
BATCHES = '''
def outputs(caffe, np, kind, batches):
    """What a net gives for batches of these sizes, one after the other."""
    with open(kind + ".prototxt", "w") as file:
        file.write("""
            layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 4 } } }
            layer { name: "cont" type: "Input" top: "cont" input_param { shape { dim: 2 dim: 3 } } }
            layer { name: "r" type: "%s" bottom: "x" bottom: "cont" top: "y" recurrent_param { num_output: 2 } }
        """ % kind)
    net = caffe.Net(kind + ".prototxt", caffe.TEST)
    for i, blob in enumerate(net.params["r"]):
        blob.data.flat[:] = np.sin(np.arange(blob.count) + i)
    found = []
    for seed, size in enumerate(batches):
        net.blobs["x"].reshape(2, size, 4)
        net.blobs["cont"].reshape(2, size)
        net.blobs["x"].data.flat[:] = np.cos(np.arange(8 * size) * (seed + 1))
        net.blobs["cont"].data[...] = 1
        net.forward()
        found.append(net.blobs["y"].data.tolist())
    return found
'''
SIZES = (3, 3, 2, 3, 1, 2, 5, 4, 5)
space: dict[str, Any] = {}
exec(BATCHES, space)


@needs_real_caffe
@pytest.mark.parametrize("kind", ["LSTM", "RNN"])
def test_batches_of_changing_size_go_on_as_in_real_caffe(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = f"\nimport caffe, json, numpy\nprint(json.dumps(outputs(caffe, numpy, '{kind}', {SIZES})))"
    with real_caffe.folder() as real:
        theirs = json.loads(real.python(BATCHES + call).stdout)
    monkeypatch.chdir(tmp_path)
    for our, other in zip(space["outputs"](pycaffe_ext, np, kind, SIZES), theirs, strict=True):
        assert np.allclose(our, other, rtol=0, atol=2e-5)


@pytest.mark.parametrize("kind", ["LSTM", "RNN"])
def test_two_passes_are_one_long_sequence(kind: str, tmp_path: Path) -> None:
    def net_of(steps: int) -> Any:
        (tmp_path / "net.prototxt").write_text(f"""
            layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: {steps} dim: 3 dim: 5 }} }} }}
            layer {{ name: "cont" type: "Input" top: "cont" input_param {{ shape {{ dim: {steps} dim: 3 }} }} }}
            layer {{ name: "r" type: "{kind}" bottom: "x" bottom: "cont" top: "y"
                     recurrent_param {{ num_output: 4 weight_filler {{ type: "constant" value: 0.3 }} }} }}""")
        net = pycaffe_ext.Net(tmp_path / "net.prototxt", pycaffe_ext.TEST)
        net.blobs["cont"].data[...] = 1
        return net

    def output(net: Any, x: np.ndarray) -> np.ndarray:
        net.blobs["x"].data[...] = x
        return net.forward()["y"].copy()

    x = np.random.default_rng(0).normal(size=(6, 3, 5)).astype(np.float32)
    whole, half = net_of(6), net_of(3)
    first, second = output(half, x[:3]), output(half, x[3:])
    assert np.allclose(np.concatenate([first, second]), output(whole, x), atol=1e-6)
    half.layer_dict["r"].reset()
    assert np.array_equal(output(half, x[:3]), first)
