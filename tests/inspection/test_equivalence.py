"""Nets that compute the same are found so, and those that do not are not."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

import pycaffe_ext
from pycaffe_ext.errors import CaffeError, NetError
from pycaffe_ext.inspection.equivalence import compare

DATA = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 dim: 5 dim: 4 } } }\n'
FC = 'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 6 } }\n'
PROB = 'layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }\n'
NET = DATA + FC + PROB


def weights(factor: float = 1.0) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.prototxt"
        path.write_text(NET)
        net = pycaffe_ext.Net(path, pycaffe_ext.TEST)
        net.params["fc"][0].data[...] = np.random.default_rng(0).normal(size=(6, 60))
        net.params["fc"][0].data[2, 7] *= factor
        net.save(Path(folder) / "w.caffemodel")
        return (Path(folder) / "w.caffemodel").read_bytes()


def test_the_same_net() -> None:
    result = compare(NET, weights(), NET, weights())
    assert result.largest == 0
    assert [(row.before, row.shape) for row in result.rows] == [("fc", (2, 6))]


def test_one_number_that_differs_shows_in_what_the_softmax_takes() -> None:
    assert compare(NET, weights(), NET, weights(1.01)).largest > 1e-4
    taken_twice = NET + 'layer { name: "relu" type: "ReLU" bottom: "fc" top: "relu" }\n'
    rows = compare(taken_twice, weights(), taken_twice, weights(1.01)).rows
    assert [row.before for row in rows] == ["fc", "relu"]


def test_a_path_does_for_weights(tmp_path: Path) -> None:
    (tmp_path / "w.caffemodel").write_bytes(weights())
    assert compare(NET, tmp_path / "w.caffemodel", NET, weights()).largest == 0


def test_what_the_weights_lack_is_drawn_alike() -> None:
    scale = 'layer { name: "scale" type: "Scale" bottom: "fc" top: "out" scale_param { bias_term: true } }\n'
    renamed = (DATA + FC + scale).replace('"scale"', '"other"')
    assert compare(DATA + FC + scale, weights(), DATA + FC + scale, weights()).largest == 0
    with pytest.raises(NetError, match="layer 'other': has no weights after the operation"):
        compare(DATA + FC + scale, weights(), renamed, weights())


def test_outputs_with_new_names_go_together_by_their_order() -> None:
    relu = NET.replace("Softmax", "ReLU")
    result = compare(relu, weights(), relu.replace('"prob"', '"probability"'), weights())
    assert result.largest == 0 and result.rows[0][:2] == ("prob", "probability")
    with pytest.raises(NetError, match="the outputs do not go together: prob before, fc, p2 after"):
        compare(NET, weights(), DATA + FC + FC.replace('"fc"', '"p2"').replace("6 }", "6 }"), weights())


def test_given_inputs_are_compared_at_their_own_size() -> None:
    """Where random inputs see no difference: both nets are the same but for numbers above 1000."""
    clip = 'layer { name: "clip" type: "Clip" bottom: "data" top: "clip" clip_param { min: -1e9 max: 1000 } }\n'
    before, after = DATA + clip, DATA + clip.replace("1000", "2000")
    assert compare(before, None, after, None).largest == 0
    image = np.full((1, 3, 7, 2), 1500.0)
    assert compare(before, None, after, None, [{"data": image}]).largest == pytest.approx(0.5)
    with pytest.raises(CaffeError, match="inputs image are given to a net whose inputs are data"):
        compare(before, None, after, None, [{"image": image}])


def test_numbers_that_are_no_numbers_are_as_far_as_can_be() -> None:
    log = DATA + 'layer { name: "log" type: "Log" bottom: "data" top: "log" }\n'
    assert compare(log, None, log, None).largest == float("inf")


def test_feed_and_meet() -> None:
    double = DATA + 'layer { name: "p" type: "Power" bottom: "data" top: "p" power_param { scale: 2 } }\n'
    triple = double.replace("2 } }\n", "6 } }\n")
    found = compare(
        double, None, triple, None,
        feed=lambda inputs: {"data": inputs["data"] * 2}, meet=lambda name, array: array / 6 if name == "p" else array,
    )  # fmt: skip
    assert found.largest < 1e-6


def test_shapes_that_differ_are_named() -> None:
    flat = 'layer { name: "f" type: "Flatten" bottom: "data" top: "f" }\n'
    pool = 'layer { name: "f" type: "Pooling" bottom: "data" top: "f" pooling_param { kernel_size: 2 } }\n'
    assert compare(DATA + flat, None, DATA + flat.replace("Flatten", "ReLU"), None).largest > 0.1
    with pytest.raises(NetError, match=r"output 'f' has shape \(2, 60\) before, 'f' \(2, 3, 4, 3\) after"):
        compare(DATA + flat, None, DATA + pool, None)
