"""Layers inserted, taken out, of another type; what is connected to them, and weights."""

from __future__ import annotations

import logging

import pytest
from surgery.small_net import lines, net, table, weights

from pycaffe_ext.errors import CaffeError, NetError, OptionError, PrototxtError, UnknownNameError
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.text import Document

INSERTED = {
    "in place": (
        [Request("--insert-after", "conv=BatchNorm:bn")],
        ['+layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }'],
    ),
    "not in place": (
        [Request("--insert-after", "pool=LRN")],
        [
            '-layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc" inner_product_param { num_output: 5 } }',
            '+layer { name: "pool_lrn" type: "LRN" bottom: "pool" top: "pool_lrn" }',
            '+layer { name: "fc" type: "InnerProduct" bottom: "pool_lrn" top: "fc"'
            " inner_product_param { num_output: 5 } }",
        ],
    ),
    "layers in place behind go along": (
        [Request("--insert-after", "conv=LRN:n")],
        [
            '+layer { name: "n" type: "LRN" bottom: "conv" top: "n" }',
            *(
                '-  bottom: "conv"',
                '-  top: "conv"',
                '+  bottom: "n"',
                '+  top: "n"',
                '-  bottom: "conv"',
                '+  bottom: "n"',
            ),
        ],
    ),
    "with fields and a top": (
        [
            Request("--insert-after", "conv=Dropout:n"),
            Request("--with", 'top: "d" dropout_param { dropout_ratio: 0.2 }'),
        ],
        [
            '+layer { name: "n" type: "Dropout" bottom: "conv" top: "d" dropout_param { dropout_ratio: 0.2 } }',
            *(
                '-  bottom: "conv"',
                '-  top: "conv"',
                '+  bottom: "d"',
                '+  top: "d"',
                '-  bottom: "conv"',
                '+  bottom: "d"',
            ),
        ],
    ),
    "before": (
        [Request("--insert-before", "pool=Power:half"), Request("--with", "power_param { scale: 0.5 }")],
        [
            '+layer { name: "half" type: "Power" bottom: "conv" top: "half" power_param { scale: 0.5 } }',
            *('-  bottom: "conv"', '+  bottom: "half"'),
        ],
    ),
    "before one in place": (
        [Request("--insert-before", "relu=Power:p")],
        [
            '+layer { name: "p" type: "Power" bottom: "conv" top: "p" }',
            *(
                '-  bottom: "conv"',
                '-  top: "conv"',
                '+  bottom: "p"',
                '+  top: "p"',
                '-  bottom: "conv"',
                '+  bottom: "p"',
            ),
        ],
    ),
}


@pytest.mark.parametrize("case", INSERTED)
def test_insert(case: str) -> None:
    requests, expected = INSERTED[case]
    assert lines(net(), perform(net(), requests)) == expected


def test_insert_into_v1() -> None:
    layers = ["layers { name: 'a' type: CONVOLUTION bottom: 'd' top: 'a' }", "layers { name: 'b' bottom: 'a' }"]
    text = "\n".join(layers)
    added = "layers { name: 'a_tanh' type: TANH bottom: 'a' top: 'a' }\n"
    assert perform(Document(text), [Request("--insert-after", "a=TanH")]).text == text.replace("\n", "\n" + added)


def test_insert_drops_weights_that_do_not_fit_any_more() -> None:
    loaded = weights()
    perform(
        net(),
        [Request("--insert-after", "pool=Pooling:p"), Request("--with", "pooling_param { kernel_size: 2 }")],
        loaded,
    )
    assert table(loaded) == {"conv": "kept", "fc": "dropped"}


REMOVED = {
    "in place": (
        "relu",
        ["-layer {", '-  name: "relu"', '-  type: "ReLU"', '-  bottom: "conv"', '-  top: "conv"', "-}"],
    ),
    "an output": ("prob", ['-layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }']),
}


@pytest.mark.parametrize("case", REMOVED)
def test_remove(case: str) -> None:
    name, expected = REMOVED[case]
    assert sorted(lines(net(), perform(net(), [Request("--remove", name)]))) == sorted(expected)


def test_remove_joins_bottom_and_top() -> None:
    loaded = weights()
    after = perform(net(), [Request("--remove", "p*")], loaded)
    assert '"pool"' not in after.text and '"prob"' not in after.text
    assert 'name: "fc" type: "InnerProduct" bottom: "conv"' in after.text and "# act" in after.text
    assert table(loaded) == {"conv": "kept", "fc": "dropped"}


def test_remove_layers_between_which_others_work_in_place() -> None:
    """Those stay, in place on what the first one took."""
    before = Document(
        'layer { name: "a" type: "Input" top: "a" }\n'
        'layer { name: "b1" type: "Convolution" bottom: "a" top: "b1" }\n'
        'layer { name: "relu1" type: "ReLU" bottom: "b1" top: "b1" }\n'
        'layer { name: "b2" type: "Convolution" bottom: "b1" top: "b2" }\n'
        'layer { name: "relu2" type: "ReLU" bottom: "b2" top: "b2" }\n'
        'layer { name: "c" type: "Convolution" bottom: "b2" top: "c" }\n'
    )
    assert perform(before, [Request("--remove", "b*")]).text == (
        'layer { name: "a" type: "Input" top: "a" }\n'
        'layer { name: "relu1" type: "ReLU" bottom: "a" top: "a" }\n'
        'layer { name: "relu2" type: "ReLU" bottom: "a" top: "a" }\n'
        'layer { name: "c" type: "Convolution" bottom: "a" top: "c" }\n'
    )


def test_remove_a_layer_with_weights() -> None:
    text = (
        net()
        .text.replace('"Pooling"', '"Convolution"')
        .replace("pooling_param {", "convolution_param { num_output: 4 pad: 0")
    )
    loaded = weights()
    loaded.add("pool", [[[[[0.0] * 2] * 2] * 4] * 4, [0.0] * 4])
    perform(Document(text), [Request("--remove", "pool")], loaded)
    assert "pool" not in loaded and "conv" in loaded


def test_replace_type(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        after = perform(net(), [Request("--replace-type", "pool=LRN"), Request("--replace-type", "relu=Softmx")])
    assert lines(net(), after) == ['-  type: "ReLU"', '+  type: "Softmx"', '-  type: "Pooling"', '+  type: "LRN"']
    assert "pooling_param means nothing to LRN; --unset pool.pooling_param" in caplog.text
    assert "no layer type 'Softmx'; did you mean 'Softmax'" in caplog.text and "a fork may have it" in caplog.text
    v1 = "layers { name: 'a' type: RELU bottom: 'x' top: 'x' }"
    assert perform(Document(v1), [Request("--replace-type", "a=TanH")]).text == v1.replace("RELU", "TANH")


def test_replace_type_drops_weights_without_a_use() -> None:
    loaded = weights()
    perform(net(), [Request("--replace-type", "fc=Flatten")], loaded)
    assert table(loaded) == {"conv": "kept", "fc": "dropped"}


@pytest.mark.parametrize(
    ("requests", "error", "message"),
    [
        ([Request("--insert-after", "cnv=ReLU")], UnknownNameError, "no layer 'cnv'; did you mean 'conv'"),
        ([Request("--insert-after", "conv=ReLU:fc")], OptionError, "there is a layer 'fc' already"),
        ([Request("--insert-before", "data=ReLU")], NetError, "takes no blob that a layer before it could make"),
        ([Request("--with", "x: 1")], OptionError, "--with says something to the --insert-after"),
        ([Request("--insert-after", "conv=ReLU"), Request("--with", "type: 'x'")], PrototxtError, "leave it out"),
        ([Request("--insert-after", "conv=ReLU"), Request("--with", "nofile")], OptionError, "or a file, not 'nofile'"),
        ([Request("--remove", "x*")], UnknownNameError, r"no layer 'x\*'"),
        ([Request("--remove", "data")], NetError, "has 0 bottoms and 1 tops"),
        ([Request("--replace-type", "conv")], OptionError, "--replace-type takes LAYER=TYPE"),
    ],
)
def test_what_cannot_be_done(requests: list[Request], error: type[CaffeError], message: str) -> None:
    with pytest.raises(error, match=message):
        perform(net(), requests)
