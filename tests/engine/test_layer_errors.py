"""What real Caffe refuses, or reads beyond memory for, is one clear error here: layer, reason, both shapes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pycaffe_ext as caffe
from pycaffe_ext.errors import CaffeError, DataError, NetError, ShapeError

WRONG_NETS = [
    # type, fields, shapes of the bottoms, tops, error, message
    ("AbsVal", "", [(2, 3)], ["bottom0"], NetError, "cannot work in place"),
    ("Reshape", "reshape_param { shape { dim: 6 } }", [(2, 3)], ["bottom0"], NetError, "cannot work in place"),
    ("Flatten", "", [(2, 3)], ["bottom0"], NetError, "cannot work in place"),
    ("BatchNorm", "", [(5,)], ["top"], ShapeError, r"at least 2 axes .* got \(5,\)"),
    ("PReLU", "", [(5,)], ["top"], ShapeError, r"at least 2 axes .* got \(5,\)"),
    ("Exp", "exp_param { base: 0 }", [(2, 3)], ["top"], NetError, "base must be above 0, or -1 for e; got 0"),
    ("Log", "log_param { base: -2 }", [(2, 3)], ["top"], NetError, "base must be above 0, or -1 for e; got -2"),
    ("Log", "log_param { base: 1 }", [(2, 3)], ["top"], NetError, "no logarithm to base 1"),
    ("InfogainLoss", "", [(2, 3), (2,)], ["top"], NetError, "source"),
    ("InfogainLoss", "loss_param { normalize: true }", [(2, 3), (2,), (3, 3)], ["top"], NetError, "normalization"),
    ("InfogainLoss", "", [(2, 3), (2,), (3, 2)], ["top"], ShapeError, r"3 x 3, got \(3, 2\)"),
    ("SPP", "spp_param { pyramid_height: 3 }", [(1, 1, 3, 2)], ["top"], ShapeError, "4 x 4 windows; lower pyramid"),
    ("SPP", "spp_param { pyramid_height: 4000000000 }", [(1, 1, 9, 9)], ["top"], ShapeError, "lower pyramid_height"),
    ("LSTM", "recurrent_param { num_output: 2 }", [(4, 3), (4, 3)], ["top"], ShapeError, r"got \(4, 3\) and \(4, 3\)"),
    ("RNN", "recurrent_param { num_output: 2 }", [(4, 3, 5), (4, 3), (3,)], ["top"], ShapeError, r"got \(3,\)"),
    (
        "RNN",
        "recurrent_param { num_output: 2 expose_hidden: true }",
        [(4, 3, 5), (4, 3), (3, 2)],
        ["top", "hidden"],
        ShapeError,
        r"must be \(1, 3, 2\), got \(3, 2\)",
    ),
    (
        "ContrastiveLoss",
        "",
        [(6, 4), (6, 4), (3,)],
        ["top"],
        ShapeError,
        r"a label N, got \(6, 4\), \(6, 4\) and \(3,\)",
    ),
    ("Flatten", "flatten_param { axis: 2 end_axis: 0 }", [(2, 3, 4)], ["top"], ShapeError, "axis 2 comes after"),
]

WRONG_NUMBERS = [
    # type, fields, shapes, the last bottom's numbers, error
    ("Embed", "embed_param { num_output: 2 input_dim: 6 }", [(3,)], [0, 6, 1], "index 6 is outside 0..5"),
    ("Embed", "embed_param { num_output: 2 input_dim: 6 }", [(3,)], [0, -1, 1], "index -1 is outside 0..5"),
    ("BatchReindex", "", [(4, 2), (2,)], [0, 4], "index 4 is outside 0..3"),
    ("BatchReindex", "", [(4, 2), (2,)], [0, -0.5], "outside 0..3"),
    ("HingeLoss", "", [(2, 3), (2,)], [0, 3], "label 3 is outside 0..2"),
    ("MultinomialLogisticLoss", "", [(2, 3), (2,)], [-1, 0], "label -1 is outside 0..2"),
    ("InfogainLoss", "", [(2, 3), (2,), (3, 3)], None, "label 7 is outside 0..2"),
    ("Accuracy", "", [(2, 3), (2,)], [float("nan"), 0], "is outside 0..2"),
]


def net_of(folder: Path, kind: str, fields: str, shapes: list[tuple[int, ...]], tops: list[str]) -> Any:
    text = ""
    for i, shape in enumerate(shapes):
        dims = "".join(f" dim: {size}" for size in shape)
        text += f'layer {{ name: "in{i}" type: "Input" top: "bottom{i}" input_param {{ shape {{{dims} }} }} }}\n'
    joints = "".join(f' bottom: "bottom{i}"' for i in range(len(shapes))) + "".join(f' top: "{top}"' for top in tops)
    (folder / "net.prototxt").write_text(f'{text}layer {{ name: "tested" type: "{kind}"{joints} {fields} }}\n')
    return caffe.Net(folder / "net.prototxt", caffe.TRAIN)


@pytest.mark.parametrize(("kind", "fields", "shapes", "tops", "error", "message"), WRONG_NETS)
def test_wrong_nets(
    kind: str, fields: str, shapes: Any, tops: list[str], error: type[CaffeError], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message) as caught:
        net_of(tmp_path, kind, fields, shapes, tops)
    assert str(caught.value).startswith("layer 'tested': ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("kind", "fields", "shapes", "numbers", "message"), WRONG_NUMBERS)
def test_numbers_that_are_no_index(
    kind: str, fields: str, shapes: Any, numbers: list[float] | None, message: str, tmp_path: Path
) -> None:
    net = net_of(tmp_path, kind, fields, shapes, ["top"])
    if numbers is None:
        net.blobs["bottom1"].data[...] = 7
    else:
        net.blobs[f"bottom{len(shapes) - 1}"].data[...] = numbers
    with pytest.raises(DataError, match=message) as caught:
        net.forward()
    assert str(caught.value).startswith("layer 'tested': ")


def test_matrix_of_another_size_names_its_file(tmp_path: Path) -> None:
    matrix = caffe.proto.caffe_pb2.BlobProto(data=[1.0] * 20)
    matrix.shape.dim.extend([4, 5])
    (tmp_path / "H.binaryproto").write_bytes(matrix.SerializeToString())
    fields = f'infogain_loss_param {{ source: "{tmp_path}/H.binaryproto" }}'
    with pytest.raises(ShapeError, match=r"must be 3 x 3, got \(4, 5\) from .*H.binaryproto"):
        net_of(tmp_path, "InfogainLoss", fields, [(2, 3), (2,)], ["top"])


def test_labels_that_learn_are_refused_backward(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text("""
        layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
        layer { name: "scores" type: "InnerProduct" bottom: "x" top: "scores" inner_product_param { num_output: 3 } }
        layer { name: "target" type: "InnerProduct" bottom: "x" top: "target" inner_product_param { num_output: 3 } }
        layer { name: "loss" type: "SigmoidCrossEntropyLoss" bottom: "scores" bottom: "target" top: "loss" }""")
    net = caffe.Net(tmp_path / "net.prototxt", caffe.TRAIN)
    assert np.isfinite(net.forward()["loss"])
    with pytest.raises(NetError, match="layer 'loss': SigmoidCrossEntropyLoss has no gradient for bottom 1"):
        net.backward()
