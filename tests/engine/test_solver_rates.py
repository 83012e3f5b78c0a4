"""The rate of each step against real Caffe's, to the last bit but one; solvers that it takes and that it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import real_caffe
from real_caffe import needs_real_caffe

import pycaffe_ext
from pycaffe_ext.errors import CaffeError

# A gradient of 1, so that the update is the rate
NET = """
layer { name: "x" type: "DummyData" top: "x" dummy_data_param { shape { dim: [1, 1] } data_filler { value: 1 } } }
layer { name: "w" type: "InnerProduct" bottom: "x" top: "w" inner_product_param { num_output: 1 bias_term: false } }
layer { name: "l" type: "Reduction" bottom: "w" top: "l" loss_weight: 1 }
"""
POLICIES = {
    "fixed": 'base_lr: 0.1 lr_policy: "fixed"',
    "step": 'base_lr: 0.37 lr_policy: "step" gamma: 0.77 stepsize: 3',
    "exp": 'base_lr: 0.0123 lr_policy: "exp" gamma: 0.971',
    "inv": 'base_lr: 0.80503 lr_policy: "inv" gamma: 0.112 power: 2.15973',
    "multistep": 'base_lr: 0.3 lr_policy: "multistep" gamma: 0.3 stepvalue: [2, 2, 20]',
    "poly, to its end": 'base_lr: 0.1348 lr_policy: "poly" power: 1.14168 max_iter: 61',
    "poly, of many": 'base_lr: 0.02 lr_policy: "poly" power: 0.9 max_iter: 100000',
    "sigmoid": 'base_lr: 0.132 lr_policy: "sigmoid" gamma: 0.89 stepsize: 41',
    "sigmoid, far off": 'base_lr: 0.132 lr_policy: "sigmoid" gamma: 3 stepsize: 60',
    "no rate": 'lr_policy: "fixed"',
}
STEPS = 60
RUN = f"""
import json, sys
def rates(caffe, text):
    with open("solver.prototxt", "w") as file:
        file.write('net: "net.prototxt" snapshot_prefix: "x" ' + text)
    solver = caffe.SGDSolver("solver.prototxt")
    found = []
    for _ in range({STEPS}):
        solver.step(1)
        found.append(float(solver.net.params["w"][0].diff[0, 0]))
    return found
if __name__ == "__main__":
    import caffe
    print(json.dumps([rates(caffe, text) for text in json.load(open("policies.json"))]))
"""


@needs_real_caffe
def test_rates_are_real_caffes(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = dict[str, object]()
    exec(compile(RUN, "rates", "exec"), ours)
    with real_caffe.folder() as real:
        monkeypatch.chdir(real.path)
        Path("net.prototxt").write_text(NET)
        Path("policies.json").write_text(json.dumps(list(POLICIES.values())))
        every = json.loads(real.python(RUN).stdout)
        for (name, text), expected in zip(POLICIES.items(), every, strict=True):
            found = ours["rates"](pycaffe_ext, text)  # type: ignore[operator]
            np.testing.assert_allclose(found, expected, rtol=1.3e-7, err_msg=name)


TAKEN = {  # fields, whether real Caffe trains with them
    'lr_policy: "fixed" max_iter: 2': True,
    "max_iter: 0 test_iter: 1 test_interval: 1": True,
    "max_iter: 2": False,
    'lr_policy: "stepp" max_iter: 0': True,
    'lr_policy: "poly" max_iter: 0': True,
    'lr_policy: "step" gamma: 0.5 max_iter: 0': True,
    'lr_policy: "step" gamma: 0.5 max_iter: 1': False,
    'lr_policy: "inv" gamma: -0.5 power: 2 max_iter: 1': False,
    'lr_policy: "fixed" display: -1 snapshot: -1 max_iter: 2': True,
    'lr_policy: "fixed" test_iter: 0 test_interval: 1 max_iter: 1 test_compute_loss: true': True,
    'lr_policy: "fixed" test_iter: 1 test_interval: -1 max_iter: 1': False,
}


def _take_snapshots(folder: Path) -> set[str]:
    """The names of the snapshots there, which go."""
    found = list(folder.glob("s_iter*"))
    for path in found:
        path.unlink()
    return {path.name for path in found}


@needs_real_caffe
def test_solvers_are_taken_and_refused_as_by_real_caffe(monkeypatch: pytest.MonkeyPatch) -> None:
    with real_caffe.folder() as real:
        monkeypatch.chdir(real.path)
        Path("net.prototxt").write_text(NET)
        for text, is_taken in TAKEN.items():
            Path("s.prototxt").write_text(f'net: "net.prototxt" snapshot_prefix: "s" base_lr: 0.1 {text}')
            done = real.run("caffe", "train", "-solver=s.prototxt", check=False)
            assert (done.returncode == 0) == is_taken, text
            files = _take_snapshots(real.path)
            if is_taken:
                pycaffe_ext.get_solver("s.prototxt").solve()
                assert _take_snapshots(real.path) == files, text
            else:
                with pytest.raises(CaffeError):
                    pycaffe_ext.get_solver("s.prototxt").solve()
