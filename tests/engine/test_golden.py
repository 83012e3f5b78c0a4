"""Every layer type against real Caffe's own numbers: forward, bottom diffs, parameter diffs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import real_caffe
from difference import largest_difference
from golden import take
from golden.table import BESIDE_REAL_CAFFE
from real_caffe import needs_real_caffe

import pycaffe_ext as caffe
from pycaffe_ext.engine.heads import Memory

TOLERANCE = 2e-5
RETAKEN_TOLERANCE = 1e-5  # another processor's BLAS adds in another order

GOLDEN = {kind: take.load(take.HERE / f"{kind}.npz") for kind in take.all_types()}
CASES = [pytest.param(kind, name, id=f"{kind}-{name}") for kind, cases in GOLDEN.items() for name in cases]


@pytest.mark.parametrize("layout", ["as given", "channels last"])
@pytest.mark.parametrize(("kind", "name"), CASES)
def test_equals_real_caffe(kind: str, name: str, layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also with all blobs in the layout that convolutions pass on to whatever layer comes next."""
    if layout == "channels last":
        always = property(lambda memory: True, lambda memory, value: None)
        monkeypatch.setattr(Memory, "prefers_channels_last", always, raising=False)
    case, given, real = GOLDEN[kind][name]

    def give(key: str, shape: tuple[int, ...]) -> np.ndarray:
        assert given[key].shape == tuple(shape), key
        return given[key]

    ours = take.run_case(caffe, tmp_path, case, give)
    assert set(ours) == set(real)
    assert all(array.dtype == np.float32 for array in ours.values())
    wrong = [
        f"{key}: differs by {difference:.2g} of its largest value (shape {ours[key].shape}, real {real[key].shape})"
        for key in real
        if not (difference := largest_difference(ours[key], real[key])) <= TOLERANCE
    ]
    assert not wrong, f"{case['net']}\n" + "\n".join(wrong)


def test_every_type_of_the_engine_has_golden_cases() -> None:
    assert set(caffe.layer_type_list()) == set(GOLDEN) | set(BESIDE_REAL_CAFFE)


@pytest.mark.parametrize(("kind", "file"), BESIDE_REAL_CAFFE.items())
def test_the_other_types_are_held_against_real_caffe_elsewhere(kind: str, file: str) -> None:
    assert f'"{kind}"' in (Path(__file__).parents[1] / file).read_text()


@needs_real_caffe
def test_every_type_of_real_caffe_has_golden_cases() -> None:
    with real_caffe.folder() as real:
        types = real.python("import caffe; print(*caffe.layer_type_list())").stdout.split()
    assert set(types) == set(GOLDEN) | set(BESIDE_REAL_CAFFE)


@needs_real_caffe
def test_golden_files_are_what_real_caffe_says_now(tmp_path: Path) -> None:
    take.take_all(take.all_types(), tmp_path)
    wrong = []
    for kind, cases in GOLDEN.items():
        now = take.load(tmp_path / f"{kind}.npz")
        assert list(now) == list(cases), kind
        for name, (case, given, real) in cases.items():
            now_case, now_given, now_real = now[name]
            assert now_case == case, f"{kind} {name}"
            assert now_given.keys() == given.keys(), f"{kind} {name}"
            assert now_real.keys() == real.keys(), f"{kind} {name}"
            wrong += [f"{kind} {name} {key}" for key in given if not np.array_equal(now_given[key], given[key])]
            wrong += [
                f"{kind} {name} {key}"
                for key in real
                if not largest_difference(now_real[key], real[key]) <= RETAKEN_TOLERANCE
            ]
    assert not wrong, "take them again: python tests/golden/take.py\n" + "\n".join(wrong)
