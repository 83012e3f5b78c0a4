from __future__ import annotations

import pytest
from surgery.operations.proving import NEAR, Operated, conv, data, layer

from pycaffe_ext.errors import CaffeError
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.text import Document

HEAD = data(2, 6, 7, 5)
NET = HEAD + conv("conv", "data", 9, 3, "group: 3 pad: 1") + layer("relu", "ReLU", "conv", "conv")
PIECES = ["conv_slice: Slice", "conv_1: Convolution", "conv_2: Convolution", "conv_3: Convolution"]


@pytest.mark.parametrize("more", ["group: 3 pad: 1", "group: 2 bias_term: false stride: 2", "group: 6"])
@pytest.mark.parametrize("flag", ["--merge-groups", "--split-groups"])
def test_nets_compute_the_same(flag: str, more: str) -> None:
    done = Operated(HEAD + conv("conv", "data", 18, 3, more), f"{flag} conv")
    assert "group" not in done.after.text
    result = done.difference()
    assert [row.after for row in result.rows] == ["conv"]
    assert result.largest < NEAR


def test_merged_weights_are_zero_between_groups() -> None:
    done = Operated(NET, "--merge-groups conv")
    weight, old = done.weights.blobs("conv")[0], done.weights_before.blobs("conv")[0]
    assert weight.shape == (9, 6, 3, 3)
    for group in range(3):
        rows = weight[3 * group : 3 * group + 3]
        assert (rows[:, 2 * group : 2 * group + 2] == old[3 * group : 3 * group + 3]).all()
        rows[:, 2 * group : 2 * group + 2] = 0
    assert not weight.any()


def test_split_layers_have_what_the_layer_had() -> None:
    text = NET.replace("convolution_param {", "param { lr_mult: 3 } # as it was\nconvolution_param {")
    done = Operated(text, "--split-groups conv")
    assert done.types == [*PIECES, "conv_concat: Concat", "relu: ReLU"]
    assert done.after.text.count("lr_mult: 3") == 3 and done.after.text.count("# as it was") == 1
    assert done.weights.names == ["data", "conv_1", "conv_2", "conv_3", "relu"]
    assert done.weights.shapes("conv_2") == [(3, 2, 3, 3), (3,)]


def test_text_alone() -> None:
    assert perform(Document(NET), [Request("--merge-groups", "conv")]).text == NET.replace("group: 3 ", "")


@pytest.mark.parametrize(
    ("text", "flag", "message"),
    [
        (HEAD + conv("conv", "data", 4), "--merge-groups", "is no Convolution with groups; --merge-groups has nothing"),
        (
            NET + layer("conv_2", "ReLU", "conv", "x"),
            "--split-groups",
            "cannot be split: the net has a 'conv_2' already",
        ),
        (NET.replace("convolution_param", 'param { name: "w" } convolution_param'), "--split-groups", "shares its"),
    ],
)
def test_what_it_refuses(text: str, flag: str, message: str) -> None:
    with pytest.raises(CaffeError, match=message):
        perform(Document(text, "net"), [Request(flag, "conv")])
