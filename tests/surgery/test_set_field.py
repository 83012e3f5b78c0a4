"""Fields by path: set, added, taken out."""

from __future__ import annotations

import pytest
from surgery.small_net import lines, net, table, weights

from pycaffe_ext.errors import CaffeError, NetError, OptionError, UnknownNameError
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.text import Document

SET = {
    "a value": ("conv.convolution_param.kernel_size=5", ["-    kernel_size: 3", "+    kernel_size: 5"]),
    "a missing field": ("conv.convolution_param.stride=2", ["+    stride: 2"]),
    "a missing message": ("conv.param.lr_mult=0", ["+  param {", "+    lr_mult: 0", "+  }"]),
    "several values": (
        "conv.convolution_param.kernel_size=3,5",
        ["-    kernel_size: 3", "+    kernel_size: 3 kernel_size: 5"],
    ),
    "a message": (
        "conv.convolution_param.weight_filler={ type: 'msra' }",
        ["+    weight_filler { type: 'msra' }"],
    ),
    "a string without quotes": ("relu.type=ELU", ['-  type: "ReLU"', '+  type: "ELU"']),
    "a glob": (
        "p*.phase=TEST",
        [
            "+  phase: TEST",
            '-layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }',
            '+layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" phase: TEST }',
        ],
    ),
    "of the net": (".force_backward=true", ["+force_backward: true"]),
    "of the net, deeper": (".state.level=3", ["+state { level: 3 }"]),
    "what it is": ("conv.convolution_param.kernel_size=3", []),
}


@pytest.mark.parametrize("case", SET)
def test_set(case: str) -> None:
    value, expected = SET[case]
    assert lines(net(), perform(net(), [Request("--set", value)])) == expected


PARAMS = 'layer { name: "a.b" param { lr_mult: 1 } param { lr_mult: 2 name: "x" } fork_param { size: 3 } }'


@pytest.mark.parametrize(
    ("flag", "value", "before", "after"),
    [
        ("--set", "a.b.param.lr_mult=0", "lr_mult: 1 } param { lr_mult: 2", "lr_mult: 0 } param { lr_mult: 0"),
        ("--set", "a.b.param[1].lr_mult=7", "lr_mult: 2", "lr_mult: 7"),
        ("--set", "a.b.param[1].name=y", '"x"', '"y"'),
        ("--set", "a.b.fork_param.size=9", "size: 3", "size: 9"),
        ("--set", "a.b.param[2].lr_mult=7", ' name: "x" }', ' name: "x" } param { lr_mult: 7 }'),
        ("--unset", "a.b.param[0]", " param { lr_mult: 1 }", ""),
        ("--unset", "a.b.param", ' param { lr_mult: 1 } param { lr_mult: 2 name: "x" }', ""),
        ("--unset", "a.b.param.name", ' name: "x"', ""),
    ],
)
def test_repeated_fields_names_with_dots_and_forks(flag: str, value: str, before: str, after: str) -> None:
    assert before in PARAMS
    assert perform(Document(PARAMS), [Request(flag, value)]).text == PARAMS.replace(before, after)


def test_weights_that_do_not_fit_any_more_go() -> None:
    loaded = weights()
    perform(net(), [Request("--set", "conv.convolution_param.stride=2")], loaded)
    assert table(loaded) == {"conv": "kept", "fc": "dropped"}


@pytest.mark.parametrize(
    ("flag", "value", "error", "message"),
    [
        ("--set", "cnv.phase=TEST", UnknownNameError, "no layer 'cnv'; did you mean 'conv'"),
        ("--set", "conv.convolution_parm.stride=2", UnknownNameError, "LayerParameter: no field 'convolution_parm'"),
        ("--set", "conv.convolution_param.strid=2", UnknownNameError, "no field 'strid'; did you mean 'stride'"),
        ("--set", "pool.pooling_param.pool=AVG", OptionError, "pool takes one of MAX, AVE, STOCHASTIC, not 'AVG'"),
        ("--set", "conv.convolution_param.num_output=-1", OptionError, "takes a number from 0 to 4294967295"),
        ("--set", "conv.convolution_param.num_output=1.5", OptionError, "takes a whole number, not '1.5'"),
        ("--set", "conv.convolution_param.bias_term=no", OptionError, "bias_term takes true or false, not 'no'"),
        ("--set", "conv.loss_weight=x", OptionError, "loss_weight takes a number, not 'x'"),
        ("--set", "conv.name.x=1", NetError, "name holds a value and no fields"),
        ("--set", "conv.param[1].lr_mult=1", NetError, "has 0 param, so none can be number 1"),
        ("--set", "conv.phase", OptionError, "--set takes PATTERN.PATH=VALUE"),
        ("--set", "conv.a b=1", OptionError, "'a b' is no path of fields"),
        ("--unset", "conv.phase", UnknownNameError, "no field 'conv.phase'"),
    ],
)
def test_what_cannot_be_done(flag: str, value: str, error: type[CaffeError], message: str) -> None:
    with pytest.raises(error, match=message):
        perform(net(), [Request(flag, value)])
