"""decay_mult, BatchNorm held, and learning rates by depth."""

from __future__ import annotations

import pytest

from pycaffe_ext.errors import CaffeError, NetError, OptionError
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.text import Document

CASES = {
    "decay, blocks there": (
        Request("--decay-mult", "a=0.5,0"),
        'layer { name: "a" type: "InnerProduct" param { } param { lr_mult: 2 decay_mult: 1 } }',
        'layer { name: "a" type: "InnerProduct" param { decay_mult: 0.5 } param { lr_mult: 2 decay_mult: 0 } }',
    ),
    "decay, no blocks": (
        Request("--decay-mult", "a=0"),
        'layer { name: "a" type: "InnerProduct" }',
        'layer { name: "a" type: "InnerProduct" param { decay_mult: 0 } param { decay_mult: 0 } }',
    ),
    "decay, V1": (
        Request("--decay-mult", "a=1,0"),
        "layers { name: 'a' type: CONVOLUTION blobs_lr: 1 blobs_lr: 2 }",
        "layers { name: 'a' type: CONVOLUTION blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0 }",
    ),
    "decay as it is": (
        Request("--decay-mult", "a=1"),
        *('layer { name: "a" type: "PReLU" param { lr_mult: 3 } }',) * 2,
    ),
    "bn": (
        Request("--bn-freeze"),
        'layer { name: "a" type: "BatchNorm" } layer { type: "Scale" }',
        'layer { name: "a" type: "BatchNorm" batch_norm_param { use_global_stats: true } } layer { type: "Scale" }',
    ),
    "bn by pattern, false": (
        Request("--bn-freeze", "a*"),
        'layer { name: "a1" type: "BatchNorm" batch_norm_param { use_global_stats: false } } layer { name: "b" }',
        'layer { name: "a1" type: "BatchNorm" batch_norm_param { use_global_stats: true } } layer { name: "b" }',
    ),
    "bn frozen already": (
        Request("--bn-freeze", "a"),
        *('layer { name: "a" type: "BatchNorm" batch_norm_param { use_global_stats: true } }',) * 2,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_changes(case: str) -> None:
    request, before, after = CASES[case]
    assert perform(Document(before), [request]).text == after


def layer(name: str, kind: str, bottom: str, top: str, more: str = "") -> str:
    bottoms = "".join(f'bottom: "{one}" ' for one in bottom.split())
    return f'layer {{ name: "{name}" type: "{kind}" {bottoms}top: "{top}" {more}}}\n'


NET = (
    layer("a", "Convolution", "data", "a", "param { lr_mult: 1 } param { lr_mult: 2 } ")
    + layer("bn", "BatchNorm", "a", "a")
    + layer("scale", "Scale", "a", "a", "param { lr_mult: 1 } ")
    + layer("short", "Convolution", "a", "short", "param { lr_mult: 1 } ")
    + layer("b", "Convolution", "a", "b", "param { lr_mult: 1 } ")
    + layer("frozen", "Convolution", "b", "c", "param { lr_mult: 0 } param { lr_mult: 0 } ")
    + layer("sum", "Eltwise", "c short", "sum")
    + layer("fc", "InnerProduct", "sum", "fc", "param { lr_mult: 10 } param { lr_mult: 20 } ")
    + layer("loss", "SoftmaxWithLoss", "fc label", "loss")
)


def test_rates_fall_with_the_longest_way_to_the_output() -> None:
    after = perform(Document(NET), [Request("--lr-decay-by-depth", "0.5")])
    found = {
        one.text_of("name"): [param.text_of("lr_mult") for param in one.messages("param")]
        for one in after.root.messages("layer")
    }
    assert found == {
        "a": ["0.25", "0.5"],  # b and fc come behind it; the frozen one is no step
        "bn": [],
        "scale": ["0.25"],
        "short": ["0.5", "0.5"],
        "b": ["0.5", "0.5"],
        "frozen": ["0", "0"],
        "sum": [],
        "fc": ["10", "20"],
        "loss": [],
    }
    assert perform(Document(NET), [Request("--lr-decay-by-depth", "1")]).text == NET


@pytest.mark.parametrize(
    ("request_", "error", "message"),
    [
        (Request("--decay-mult", "a=x"), OptionError, "--decay-mult takes one or two numbers behind the =, not 'x'"),
        (Request("--decay-mult", "sum=1"), NetError, "no layer in 'sum' has parameters"),
        (Request("--bn-freeze", "a"), NetError, "no layer in 'a' is a BatchNorm; this one is a Convolution"),
        (Request("--lr-decay-by-depth", "0"), OptionError, "takes a number above 0, such as 0.8, not '0'"),
        (Request("--lr-decay-by-depth", "nan"), OptionError, "takes a number above 0"),
    ],
)
def test_what_cannot_be_done(request_: Request, error: type[CaffeError], message: str) -> None:
    with pytest.raises(error, match=message):
        perform(Document(NET, "net"), [request_])
