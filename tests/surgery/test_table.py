from __future__ import annotations

import pytest

from pycaffe_ext.surgery import learning_rows, learning_table
from pycaffe_ext.text import Document

NET = """\
layer { name: "data" type: "ImageData" top: "data" top: "label" transform_param { crop_size: 9 } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" param { lr_mult: 0 } param { lr_mult: 0 }
  convolution_param { num_output: 8 kernel_size: 3 } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
layer { name: "resize" type: "Interp" bottom: "label" top: "small" }
layer { name: "fc" type: "InnerProduct" bottom: "conv" top: "fc" param { lr_mult: 10 } param { lr_mult: 20 }
  inner_product_param { num_output: 1000 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "small" top: "loss" }
"""


def test_table() -> None:
    assert learning_table(Document(NET)) == (
        "layer  type          lr_mult     parameters\n"
        "conv   Convolution   frozen             224\n"
        "bn     BatchNorm     statistics          17\n"
        "scale  Scale         1                   16\n"
        "fc     InnerProduct  10, 20         393,000\n"
        "\n"
        "2 of 4 layers learn: 393,016 of 393,257 parameters"
    )


def test_what_is_not_known_is_said() -> None:
    text = learning_table(Document(NET.replace("crop_size: 9", "")))
    assert [line.split()[-1] for line in text.splitlines()[1:5]] == ["?"] * 4
    assert "0 of 0 parameters (and those of 4 layers whose size is not known)" in text
    assert "?: not known: below a layer type of a fork, or data of unknown shape" in text
    broken = learning_table(Document(NET.replace("kernel_size: 3", "kernel_size: 30")))
    assert "?: not known: layer 'conv': bottom (1, 3, 9, 9) is too small for kernel (30, 30)" in broken


def test_below_a_fork_layer_sizes_are_not_known() -> None:
    text = NET.replace('type: "BatchNorm"', 'type: "BN"')
    assert [row.sizes for row in learning_rows(Document(text))[0]] == [(216, 8), None, None, None]


def test_frozen_statistics() -> None:
    bn = 'layer { name: "bn" type: "BatchNorm" batch_norm_param { use_global_stats: true } }'
    assert learning_rows(Document(bn))[0][0].rates == (0, 0, 0)


def test_shared_parameters_count_once() -> None:
    twin = 'layer { name: "%s" type: "InnerProduct" bottom: "data" top: "%s" param { name: "w" } param { name: "b" }'
    text = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 5 } } }' + "".join(
        twin % (name, name) + " inner_product_param { num_output: 4 } }" for name in ("a", "b")
    )
    assert learning_table(Document(text)).endswith("2 of 2 layers learn: 24 of 24 parameters")


@pytest.mark.parametrize("text", ["", 'net: "train_val.prototxt"', 'layer { name: "a" type: "ReLU" }'])
def test_nothing_to_learn(text: str) -> None:
    assert learning_table(Document(text)) == "no layer has parameters"


def test_v1_net_for_one_phase() -> None:
    text = (
        "layers { name: 'd' type: DATA top: 'd' top: 'l' transform_param { crop_size: 3 } include { phase: TEST } }"
        "layers { name: 'ip' type: INNER_PRODUCT bottom: 'd' top: 'ip' blobs_lr: 0 param: 'shared'"
        " inner_product_param { num_output: 2 } }"
    )
    row = learning_rows(Document(text))[0][0]
    assert (row.type, row.rates, row.sizes, row.owners) == ("InnerProduct", (0, 1), (54, 2), ("shared", "ip[1]"))


def test_a_net_without_its_data_layer() -> None:
    branch = (
        'layer { name: "p" type: "Parameter" top: "p" parameter_param { shape { dim: 2 dim: 3 } } }'
        'layer { name: "a" type: "InnerProduct" bottom: "features" top: "a" inner_product_param { num_output: 4 } }'
        'layer { name: "b" type: "InnerProduct" bottom: "p" top: "b" inner_product_param { num_output: 4 } }'
    )
    assert [row.sizes for row in learning_rows(Document(branch))[0]] == [(6,), None, (12, 4)]
