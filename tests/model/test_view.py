from __future__ import annotations

from pathlib import Path

import pytest

from pycaffe_ext.errors import UnknownNameError
from pycaffe_ext.model.upgrade import upgrade_net
from pycaffe_ext.model.view import NetView
from pycaffe_ext.proto.caffe_pb2 import LayerParameter, NetParameter, V1LayerParameter
from pycaffe_ext.text import Document

FILES = Path(__file__).parent.parent / "text" / "files"


def view(text: str) -> NetView:
    return NetView(Document(text, "net.prototxt"))


def test_layers_of_today() -> None:
    net = view(
        'input: "im" layer { name: "a" type: "Slice" bottom: "im" top: "x" top: "y" param { lr_mult: 3 } param { } }'
        'layer [{ name: "b" type: "Fork" bottom: "x" fork_param { on: true off: 0 n: 7 } }, { name: "c" }]'
    )
    a, b, c = net.layers
    assert (a.index, a.name, a.type, a.bottom_names, a.top_names) == (0, "a", "Slice", ["im"], ["x", "y"])
    assert [rate and rate.text for rate in a.rates] == ["3", None]
    assert (b.type, c.name, c.type, c.rates) == ("Fork", "c", "", [])
    assert b.is_true("fork_param", "on") and not b.is_true("fork_param", "off") and b.is_true("other_param", "x", True)
    number = b.scalar_in("fork_param", "n")
    assert number is not None and number.text == "7"
    assert net.blobs == ["im", "x", "y"]


def test_v1_layers() -> None:
    conv, ip = NetView(Document.read(FILES / "v1.prototxt")).layers[1:3]
    assert (conv.name, conv.type, conv.is_v1, conv.is_v0) == ("conv1", "Convolution", True, False)
    assert [rate and rate.text for rate in conv.rates] == ["1", "2"]
    assert conv.params == []
    assert (ip.type, ip.rates) == ("InnerProduct", [])


def test_v0_layers() -> None:
    fc, drop = NetView(Document.read(FILES / "v0.prototxt")).layers
    assert (fc.name, fc.type, fc.bottom_names, fc.top_names) == ("fc8", "InnerProduct", ["fc7"], ["fc8"])
    assert [rate and rate.text for rate in fc.rates] == ["1.", "2."]
    number = fc.scalar_in("inner_product_param", "num_output")
    assert fc.is_v0 and number is not None and number.text == "1000"
    assert drop.type == "Dropout"


def test_fork_layers_need_no_schema() -> None:
    data, conv, _, bn = NetView(Document.read(FILES / "fork.prototxt")).layers
    assert (data.type, conv.type, bn.type) == ("AnnotatedData", "DepthwiseConvolution", "BN")
    assert not conv.is_true("convolution_param", "bias_term", default=True)


@pytest.mark.parametrize("written", [name for name in V1LayerParameter.LayerType.keys() if name != "NONE"])  # noqa: SIM118
def test_v1_types_are_those_of_the_upgrade(written: str) -> None:
    net = NetParameter()
    net.layers.add(name="x", type=V1LayerParameter.LayerType.Value(written))
    upgraded: LayerParameter = upgrade_net(net).layer[0]
    assert view(f'layers {{ name: "x" type: {written} }}').layers[0].type == upgraded.type


def test_names_and_patterns() -> None:
    net = view("".join(f'layer {{ name: "{name}" }}' for name in ("data", "data", "conv1", "conv2/3x3", "a[0]")))
    assert [layer.index for layer in net.named("data")] == [0, 1]
    assert [layer.name for layer in net.matching("conv*")] == ["conv1", "conv2/3x3"]
    assert [layer.name for layer in net.matching("a[0]")] == ["a[0]"]
    assert [layer.name for layer in net.matching("[ac]*1")] == ["conv1"]
    with pytest.raises(UnknownNameError, match=r"net\.prototxt: no layer 'Conv1'; did you mean 'conv1'"):
        net.matching("Conv1")
    with pytest.raises(UnknownNameError, match=r"no layer 'conv\*'"):
        net.named("conv*")


def test_error_names_file_line_and_layer() -> None:
    error = view('\n  layer { name: "a" }').layers[0].error("is wrong")
    assert str(error) == "net.prototxt:2:9: layer 'a': is wrong"
    assert error.layer == "a"


def test_a_solver_has_no_layers() -> None:
    assert view('net: "train_val.prototxt" base_lr: 0.01').layers == []
