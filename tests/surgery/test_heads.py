"""Heads: replaced, some classes kept, classes in another order; weights too."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from surgery.small_net import lines, net, table, weights

from pycaffe_ext.errors import CaffeError, FileError, NetError, OptionError
from pycaffe_ext.surgery import Request, perform
from pycaffe_ext.text import Document

HEAD = 'layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc" inner_product_param { num_output: 5 } }'


def test_replace_head() -> None:
    loaded = weights()
    after = perform(net(), [Request("--replace-head", "fc=coins,3")], loaded)
    filler = 'num_output: 3 weight_filler { type: "xavier" }'
    assert lines(net(), after) == [
        f"-{HEAD}",
        '-layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }',
        "+" + HEAD.replace('"fc"', '"coins"').replace("num_output: 5", filler),
        '+layer { name: "prob" type: "Softmax" bottom: "coins" top: "prob" }',
    ]
    assert table(loaded) == {"conv": "kept", "fc>": "dropped"} or table(loaded) == {"conv": "kept", "fc": "dropped"}
    assert "fc" not in loaded and "coins" not in loaded


def test_a_filler_that_is_there_stays() -> None:
    fields = "num_output: 9 weight_filler { std: 1 }"
    text = f'layer {{ name: "a" type: "InnerProduct" top: "b" inner_product_param {{ {fields} }} }}'
    after = perform(Document(text), [Request("--replace-head", "a=c,2")])
    assert after.text == text.replace('"a"', '"c"').replace("9", "2")


def test_number_from_class_names(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("left\nright\n\n")
    after = perform(net(), [Request("--replace-head", "fc=coins"), Request("--class-names", str(names))])
    assert "num_output: 2" in after.text
    with pytest.raises(OptionError, match="says 3 outputs for 'coins', --class-names has 2 names"):
        perform(net(), [Request("--replace-head", "fc=coins,3"), Request("--class-names", str(names))])
    names.write_text("left\n\nright\n")
    with pytest.raises(FileError, match="line 2 is empty; one class name per line"):
        perform(net(), [Request("--replace-head", "fc=coins"), Request("--class-names", str(names))])


def test_keep_classes() -> None:
    loaded, old = weights(), weights().blobs("fc")
    after = perform(net(), [Request("--keep-classes", "fc=4,0-1")], loaded)
    assert lines(net(), after) == [f"-{HEAD}", "+" + HEAD.replace("5", "3")]
    new = loaded.blobs("fc")
    assert (new[0] == old[0][[4, 0, 1]]).all() and (new[1] == old[1][[4, 0, 1]]).all()


def test_permute_classes() -> None:
    loaded, old = weights(), weights().blobs("fc")
    assert perform(net(), [Request("--permute-classes", "fc=1,0,4,3,2")], loaded).text == net().text
    assert (loaded.blobs("fc")[0] == old[0][[1, 0, 4, 3, 2]]).all()
    with pytest.raises(OptionError, match="changes weights alone: give --weights IN --save-weights OUT"):
        perform(net(), [Request("--permute-classes", "fc=1,0,4,3,2")])


def test_transposed_weights_and_a_convolution() -> None:
    text = net().text.replace("num_output: 5", "num_output: 5 transpose: true")
    loaded = weights()
    loaded.set_blobs("fc", [loaded.blobs("fc")[0].T, loaded.blobs("fc")[1]])
    perform(Document(text), [Request("--keep-classes", "fc=3,1")], loaded)
    assert (loaded.blobs("fc")[0] == weights().blobs("fc")[0].T[:, [3, 1]]).all()
    conv = "\n".join(net().text.splitlines()[:11])
    loaded = weights()
    perform(Document(conv), [Request("--keep-classes", "conv=2")], loaded)
    assert (loaded.blobs("conv")[0] == weights().blobs("conv")[0][[2]]).all()


def test_what_has_to_follow_is_said(caplog: pytest.LogCaptureFixture) -> None:
    behind = (
        'layer { name: "loss" type: "InfogainLoss" bottom: "fc" bottom: "label" top: "loss" }'
        'layer { name: "top5" type: "Accuracy" bottom: "fc" bottom: "label" top: "top5" accuracy_param { top_k: 5 } }'
    )
    with caplog.at_level(logging.WARNING):
        perform(Document(net().text + behind), [Request("--keep-classes", "fc=0,2")], weights())
    assert "layer 'loss' (InfogainLoss): its labels and the infogain matrix have to follow" in caplog.text
    assert "layer 'top5': top_k 5 is more than 2 outputs" in caplog.text


@pytest.mark.parametrize(
    ("flag", "value", "error", "message"),
    [
        ("--replace-head", "fc=coins", OptionError, r"takes LAYER=NEW,N \(or LAYER=NEW with --class-names FILE\)"),
        ("--replace-head", "fc=coins,0", OptionError, "takes LAYER=NEW,N"),
        ("--replace-head", "fc=fc,2", OptionError, "the new name must differ from 'fc'"),
        ("--replace-head", "pool=x,2", NetError, "Pooling has no num_output"),
        ("--keep-classes", "fc=5", OptionError, "'fc' has classes 0 to 4, no class 5"),
        ("--keep-classes", "fc=1,1", OptionError, "a class of 'fc' is given twice"),
        ("--keep-classes", "fc=3-1", OptionError, "takes LAYER=0,3,5-9, not 'fc=3-1'"),
        ("--keep-classes", "conv=1", NetError, "is no head: 'fc' with parameters takes its outputs; use --prune"),
        ("--permute-classes", "fc=0,1,2,3", OptionError, "'fc' has 5 classes; give each of 0 to 4 once"),
    ],
)
def test_what_cannot_be_done(flag: str, value: str, error: type[CaffeError], message: str) -> None:
    loaded = weights()
    with pytest.raises(error, match=message):
        perform(net(), [Request(flag, value)], loaded)
    assert loaded.to_bytes() == weights().to_bytes()
