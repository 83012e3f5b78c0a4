"""Calls that scripts make now and then, against real pycaffe: the same arrays, and errors that one `except` catches."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from real_caffe import needs_real_caffe

import pycaffe_ext as caffe
from pycaffe_ext.errors import NetError

NET = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }'


@needs_real_caffe
def test_calls_give_what_pycaffe_gives(both_sides: Callable) -> None:
    real, ours = both_sides("api_calls")
    errors = [name for name, found in real.items() if str(found).startswith("error: ")]
    assert len(errors) > 10
    for name in errors:
        kinds = str(ours[name]).split()
        assert kinds[:1] == ["error:"] and set(str(real[name]).split()) <= set(kinds), name
    for name in real.keys() - errors:
        found, expected = ours[name], real[name]
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype), name
        if expected.dtype.kind == "f":
            assert np.abs(found - expected).max(initial=0) <= 1e-5 * np.abs(expected).max(initial=0), name
        else:
            assert np.array_equal(found, expected), name


@pytest.fixture
def net(tmp_path: Path) -> caffe.Net:
    (tmp_path / "net.prototxt").write_text(NET)
    return caffe.Net(tmp_path / "net.prototxt", caffe.TEST)


@pytest.mark.parametrize(("first", "last"), [(-1, 0), (0, 1), (0, 99)])
def test_layers_that_are_not_there_do_not_run(net: caffe.Net, first: int, last: int) -> None:
    for run in (net._forward, lambda first, last: net._backward(last, first)):
        with pytest.raises(NetError, match=f"no layers {first} to {last}: they are numbered from 0 to 0"):
            run(first, last)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_net_is_not_copied(net: caffe.Net, duplicate: Callable) -> None:
    with pytest.raises(NetError, match="cannot be copied or pickled; build it again"):
        duplicate(net)
