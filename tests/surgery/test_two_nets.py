"""Prefixes, shared parameters, a net cut in two, two nets in one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from surgery.small_net import lines, net, table, weights

from pycaffe_ext.engine.net import Net
from pycaffe_ext.errors import CaffeError, NetError, OptionError, UnknownNameError
from pycaffe_ext.model.view import NetView
from pycaffe_ext.surgery import Request, Weights, perform
from pycaffe_ext.surgery.schema import read_net
from pycaffe_ext.text import Document


def summary(document: Document) -> list[str]:
    """name: Type bottoms -> tops, of each layer."""
    layers = NetView(document).layers
    return [" ".join((f"{one.name}: {one.type}", *one.bottom_names, "->", *one.top_names)) for one in layers]


def run(document: Document, loaded: Weights, folder: Path, **inputs: np.ndarray) -> dict[str, np.ndarray]:
    """All blobs of the net, on these inputs."""
    document.write(folder / "net.prototxt")
    loaded.write(folder / "net.caffemodel")
    made = Net(str(folder / "net.prototxt"), str(folder / "net.caffemodel"), 1)
    for name, array in inputs.items():
        made.blobs[name].data[...] = array
    made.forward()
    return {name: blob.data.copy() for name, blob in made.blobs.items()}


def small_weights() -> Weights:
    """Weights whose outputs are no extremes."""
    found, random = weights(), np.random.default_rng(3)
    for name in found.names:
        found.set_blobs(name, [random.standard_normal(shape) / 9 for shape in found.shapes(name)])
    return found


IMAGE = np.random.default_rng(1).standard_normal((2, 3, 7, 9)).astype(np.float32)


def test_prefix() -> None:
    loaded = weights()
    text = 'input: "d" layer { name: "a" bottom: "d" top: "a" param { name: "w" } }'
    after = perform(Document(text), [Request("--prefix", "x_")])
    assert after.text == 'input: "x_d" layer { name: "x_a" bottom: "x_d" top: "x_a" param { name: "x_w" } }'
    v1 = "layers { name: 'a' top: 'a' param: 'w' }"
    assert perform(Document(v1), [Request("--prefix", "x_")]).text == "layers { name: 'x_a' top: 'x_a' param: 'x_w' }"
    perform(net(), [Request("--prefix", "x_")], loaded)
    assert table(loaded) == {"conv>x_conv": "renamed", "fc>x_fc": "renamed"}


TWINS = "".join(
    f'layer {{ name: "{name}" type: "InnerProduct" top: "{name}" %sinner_product_param {{ num_output: 3 }} }}\n'
    for name in "ab"
)


def test_share() -> None:
    shared = 'param { name: "a_w" } param { name: "a_b" } '
    assert perform(Document(TWINS % ("", "")), [Request("--share", "a,b")]).text == TWINS % (shared, shared)
    before = TWINS % ('param { name: "v" } ', "param { lr_mult: 2 } ")
    after = TWINS % (
        'param { name: "v" } param { name: "a_b" } ',
        'param { name: "v" lr_mult: 2 } param { name: "a_b" } ',
    )
    assert perform(Document(before), [Request("--share", "a,b")]).text == after
    assert perform(Document(after), [Request("--share", "a,b")]).text == after
    loaded = Weights(file="w")
    loaded.add("a", [np.ones((3, 4)), np.ones(3)])
    loaded.add("b", [np.zeros((3, 4)), np.zeros(3)])
    perform(Document(after), [Request("--share", "a,b")], loaded)
    assert loaded.blobs("b")[0].min() == 1


def test_two_parts_compute_what_the_whole_did(tmp_path: Path) -> None:
    loaded = small_weights()
    whole = run(net(), loaded, tmp_path, data=IMAGE)
    first = perform(net(), [Request("--up-to", "pool")])
    second = perform(net(), [Request("--from", "pool")])
    assert summary(first) == summary(net())[:4]
    assert summary(second) == ["pool: Input -> pool", "fc: InnerProduct pool -> fc", "prob: Softmax fc -> prob"]
    assert "# act" in first.text and "# act" in second.text
    middle = run(first, loaded, tmp_path, data=IMAGE)["pool"]
    assert (middle == whole["pool"]).all()
    assert np.abs(run(second, loaded, tmp_path, pool=middle)["prob"] - whole["prob"]).max() < 1e-6


def test_parts_of_a_training_net_keep_the_labels() -> None:
    data = 'layer { name: "data" type: "Data" top: "data" top: "label" transform_param { crop_size: 8 } }\n'
    loss = 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }\n'
    text = data + net().text.partition("\n")[2].replace(net().text.splitlines()[-1] + "\n", loss)
    assert summary(perform(Document(text), [Request("--from", "conv")])) == [
        "conv: Input -> conv",
        "data: Data -> data label",
        "pool: Pooling conv -> pool",
        "fc: InnerProduct pool -> fc",
        "loss: SoftmaxWithLoss fc label -> loss",
    ]


def test_join(tmp_path: Path) -> None:
    other = perform(net(), [Request("--rename", "conv=c"), Request("--set", "pool.pooling_param.kernel_size=3")])
    other.write(tmp_path / "other.prototxt")
    theirs, loaded = small_weights(), small_weights()
    theirs.rename("conv", "c")
    theirs.drop("fc")
    theirs.write(tmp_path / "other.caffemodel")
    requests = [
        Request("--join", str(tmp_path / "other.prototxt")),
        Request("--join-weights", str(tmp_path / "other.caffemodel")),
        Request("--join-prefix", "b_"),
    ]
    text = net().text.replace("kernel_size: 2 }", "kernel_size: 3 }")
    after = perform(Document(text), requests, weights_of := _without_fc(loaded))
    assert summary(after)[4:] == [
        "b_c: Convolution data -> b_c",
        "b_relu: ReLU b_c -> b_c",
        "b_pool: Pooling b_c -> b_pool",
        "b_concat: Concat pool b_pool -> b_concat",
        "fc: InnerProduct b_concat -> fc",
        "prob: Softmax fc -> prob",
    ]
    assert table(weights_of) == {"conv": "kept", ">b_c": "new"}
    joined = run(perform(after, [Request("--up-to", "b_concat")]), weights_of, tmp_path, data=IMAGE)
    alone = run(perform(Document(text), [Request("--up-to", "pool")]), weights_of, tmp_path, data=IMAGE)
    assert (joined["b_concat"][:, :4] == alone["pool"]).all()
    assert (joined["b_concat"][:, 4:] == alone["pool"]).all()  # the same numbers under other names


def _without_fc(found: Weights) -> Weights:
    found.drop("fc")
    return Weights.from_bytes(found.to_bytes(), "w")


@pytest.mark.parametrize(
    ("flag", "value", "error", "message"),
    [
        ("--prefix", "", OptionError, "--prefix takes some text"),
        ("--share", "conv", OptionError, "--share takes two or more layers"),
        ("--share", "conv,fc", NetError, r"InnerProduct cannot share the parameters of 'conv' \(Convolution\)"),
        ("--share", "relu,pool", NetError, "ReLU has no parameters to share"),
        ("--up-to", "pol", UnknownNameError, "no blob made by a layer 'pol'; did you mean 'pool'"),
        ("--from", "prob", UnknownNameError, "no blob that layers take 'prob'"),
        ("--join-prefix", "x", OptionError, "--join takes one other net"),
    ],
)
def test_what_cannot_be_done(flag: str, value: str, error: type[CaffeError], message: str) -> None:
    with pytest.raises(error, match=message):
        perform(net(), [Request(flag, value)])
    assert lines(net(), net()) == []


def test_an_input_that_the_rest_needs_stays_or_comes_again() -> None:
    text = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 2 } } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 3 } }
layer { name: "scale" type: "Scale" bottom: "data" top: "data" }
layer { name: "sum" type: "Eltwise" bottom: "fc" bottom: "data" top: "sum" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "sum" bottom: "label" }
"""
    found = read_net(perform(Document(text), [Request("--from", "fc")]))
    assert [(layer.name, list(layer.top)) for layer in found.layer] == [
        ("fc", ["fc"]),
        ("data", ["data"]),
        ("label", ["label"]),
        ("sum", ["sum"]),
        ("loss", []),
    ]
    assert [list(layer.input_param.shape[0].dim) for layer in found.layer[:3]] == [[2, 3], [2, 3], [2]]
